// SPDX-License-Identifier: Apache-2.0
#include "tests/memory/random_programs.h"

#include <algorithm>

namespace orrery::memory::dram::test {

std::vector<std::filesystem::path> pim_files() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(
           std::filesystem::path(ORRERY_SOURCE_DIR) / "configs" / "pim")) {
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

PimProgram random_program(const Spec& spec, base::Random& random) {
  PimProgram program;
  const std::int64_t length = random.integer(1, 12);
  while (static_cast<std::int64_t>(program.steps.size()) < length) {
    const auto index = random.integer(0, static_cast<std::int64_t>(spec.commands.size()) - 1);
    const Command& command = spec.commands[static_cast<std::size_t>(index)];
    const bool works =
        command.kind == CommandKind::kPimCompute || command.kind == CommandKind::kPimMove ||
        command.kind == CommandKind::kPimHeader || command.kind == CommandKind::kPimControl;
    if (!works) {
      continue;
    }
    PimStep step;
    step.command = static_cast<int>(index);
    step.bank = static_cast<std::uint32_t>(random.integer(0, spec.banks() - 1));
    step.row = static_cast<std::uint32_t>(random.integer(0, 2));
    step.column = static_cast<std::uint32_t>(random.integer(0, spec.columns - 1));
    step.count = static_cast<std::uint32_t>(random.integer(1, command.most_count));
    step.results = static_cast<std::uint32_t>(random.integer(1, 4));
    step.row_step = static_cast<std::uint32_t>(random.integer(0, 1));
    program.steps.push_back(step);
  }
  // A program ends with a command that is sent.
  while (!program.steps.empty() &&
         spec.commands[static_cast<std::size_t>(program.steps.back().command)].kind ==
             CommandKind::kPimHeader) {
    program.steps.pop_back();
  }
  program.repetitions = static_cast<std::uint32_t>(random.integer(1, 3));
  const std::int64_t once = random.integer(0, 2);
  for (std::int64_t i = 0; i < std::min(once, std::ssize(program.steps) - 1); ++i) {
    program.steps[static_cast<std::size_t>(i)].once = true;
  }
  return program;
}

}  // namespace orrery::memory::dram::test
