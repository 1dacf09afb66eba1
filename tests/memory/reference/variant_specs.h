// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "memory/specification/spec_schema.h"

namespace orrery::memory::dram::test {

// A standard with every command that a policy can ask for: what the description lacks of per-bank
// refresh, power-down and self-refresh is added, with the rows of dram.md 3.1 and 3.2 that
// the standards have in common and small round delays. The description's commands keep the names
// ACT, PRE, PREA, RD, RDA, WR, WRA and REF.
// across: the level over which the added per-bank refresh acts, empty for single banks.
[[nodiscard]] Spec with_all_commands(const SpecDescription& description,
                                     const std::string& across = {});

struct NamedSpec {
  std::string name;
  std::function<Spec()> make;
};

// What GoogleTest prints for it.
inline std::ostream& operator<<(std::ostream& out, const NamedSpec& spec) {
  return out << spec.name;
}

// All standards of configs/dram, by name, and variants of them that make more of the table bind.
[[nodiscard]] std::vector<NamedSpec> specs_under_test();

}  // namespace orrery::memory::dram::test
