// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "memory/specification/spec.h"

namespace orrery::memory::dram {

// The rows of a Spec for one whose delay counts from the last cycle of the earlier command to the
// last of the later one: between first cycles it is delay + (earlier length - 1) - (later length -
// 1), one row for each pair of lengths. Where commands are counted, they share one row and the
// longest of them speaks for all. None where there are no commands.
[[nodiscard]] std::vector<Constraint> between_first_cycles(const Constraint& row,
                                                           const std::vector<Command>& commands);

}  // namespace orrery::memory::dram
