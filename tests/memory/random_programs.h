// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include "base/random.h"
#include "memory/dram/pim_program.h"

namespace orrery::memory::dram::test {

// The shipped memories with PIM commands, sorted.
[[nodiscard]] std::vector<std::filesystem::path> pim_files();

// Steps of any PIM commands on rows 0 to 4, so that programs and requests meet; now and then none.
[[nodiscard]] PimProgram random_program(const Spec& spec, base::Random& random);

}  // namespace orrery::memory::dram::test
