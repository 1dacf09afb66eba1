// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "memory/specification/spec.h"

namespace orrery::memory::checker::test {

// Names of the standards in configs/dram, sorted, without their ending.
[[nodiscard]] std::vector<std::string> shipped_standards();
[[nodiscard]] dram::SpecDescription describe(const std::string& standard);

// The standard in its seed-th density, counted round, and with every second round also with the
// commands that a policy can ask for and the standard lacks.
[[nodiscard]] dram::Spec variant(const std::string& standard, std::uint64_t seed);

// The standard, with two nodes at each level at which a sibling constraint counts, so that all of
// them can bind.
[[nodiscard]] dram::Spec with_siblings(const std::string& standard);

}  // namespace orrery::memory::checker::test
