// SPDX-License-Identifier: Apache-2.0
// The example of docs/command_stream.md that computes in a memory.
#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "command/text_form.h"
#include "functional/executor.h"
#include "tests/functional/trial.h"

namespace orrery::testing {
namespace {

// The second of the page's streams.
std::string example() {
  std::ifstream file(std::string(ORRERY_SOURCE_DIR) + "/docs/command_stream.md");
  std::ostringstream page;
  page << file.rdbuf();
  const std::string text = page.str();
  const std::string line = "\norrery-stream 1\n";
  const std::size_t begin = text.find(line, text.find(line) + 1) + 1;
  return text.substr(begin, text.find("```", begin) - begin);
}

std::unique_ptr<command::Source> read() {
  return command::read_text(std::make_unique<std::istringstream>(example()), "example");
}

TEST(TheExampleInBanks, MultipliesTheMatrixByTheVector) {
  functional::Memory memory({2048}, 64, {});
  const command::Space tier{command::SpaceKind::kTier, 0};
  std::vector<double> vector;
  for (int k = 0; k < 16; ++k) {
    vector.push_back(k + 1);
  }
  memory.write_tensor(tier, 1024, numeric::ElementType::kFp16, 16, vector);
  std::vector<double> expected;
  for (int m = 0; m < 8; ++m) {
    // Row m of the matrix in bank m % 4, row m / 4: element k is m * 100 + k.
    std::vector<double> row;
    expected.push_back(0.0);
    for (int k = 0; k < 16; ++k) {
      row.push_back(m * 100 + k);
      expected.back() += row.back() * vector[static_cast<std::size_t>(k)];
    }
    memory.write_tensor(tier, m % 4 * 64 + m / 4 * 256, numeric::ElementType::kFp16, 16, row);
  }
  const auto stream = read();
  functional::Executor(memory).run(*stream);
  EXPECT_EQ(memory.read_tensor(tier, 1056, numeric::ElementType::kFp16, 8, 8), expected);
}

TEST(TheExampleInBanks, IsWrittenAsItStandsThereWithoutItsComments) {
  std::istringstream lines(example());
  std::string expected;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.front() != '#') {
      expected += line + "\n";
    }
  }
  std::ostringstream out;
  command::write_text(*read(), out);
  EXPECT_EQ(out.str(), expected);
}

}  // namespace
}  // namespace orrery::testing
