// SPDX-License-Identifier: Apache-2.0
#include "tests/memory_checker/standards.h"

#include <algorithm>
#include <filesystem>

#include "memory/specification/spec_schema.h"
#include "tests/memory/reference/variant_specs.h"

namespace orrery::memory::checker::test {

namespace {

std::filesystem::path folder() {
  return std::filesystem::path(ORRERY_SOURCE_DIR) / "configs" / "dram";
}

}  // namespace

std::vector<std::string> shipped_standards() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder())) {
    if (entry.path().extension() == ".yaml") {
      names.push_back(entry.path().stem().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

dram::SpecDescription describe(const std::string& standard) {
  return dram::load_description(folder() / (standard + ".yaml"));
}

dram::Spec variant(const std::string& standard, std::uint64_t seed) {
  dram::SpecDescription description = describe(standard);
  const std::size_t densities = std::max<std::size_t>(description.densities.size(), 1);
  if (!description.densities.empty()) {
    description.density = description.densities[seed % densities].first;
  }
  return seed / densities % 2 == 0 ? dram::Spec::from(description)
                                   : dram::test::with_all_commands(description);
}

dram::Spec with_siblings(const std::string& standard) {
  dram::SpecDescription description = describe(standard);
  for (const dram::ConstraintDescription& row : description.constraints) {
    for (dram::LevelDescription& level : description.levels) {
      if (row.sibling && level.name.text == row.scope.text) {
        level.count = std::max<std::int64_t>(level.count, 2);
      }
    }
  }
  return dram::Spec::from(description);
}

}  // namespace orrery::memory::checker::test
