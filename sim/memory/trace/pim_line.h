// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "memory/dram/pim_program.h"

namespace orrery::memory::trace {

using base::Cycle;

// The PIM command of a line of a trace: `pim COMMAND [channel=N] [bank=N] [row=N] [column=N]
// [count=N] [results=N] [cycle=N]`, keys in any order, each once, 0 (count: 1) where absent.
struct PimLine {
  dram::PimStep step;
  std::uint32_t channel = 0;
  Cycle cycle = 0;
};

// Takes a mistake: the column from 1, what is wrong, what was expected, the nearest known name.
using ComplainAt = std::function<void(std::size_t column, const std::string& message,
                                      const std::string& expected, const std::string& suggestion)>;

// Whether the line is one of a PIM command.
[[nodiscard]] bool is_pim_line(std::string_view line);

// Reads such a line. Its values are meaningful when nothing was complained about.
[[nodiscard]] PimLine parse_pim_line(std::string_view line, const dram::Spec& spec,
                                     std::int64_t channels, Cycle last_cycle,
                                     const ComplainAt& complain);

}  // namespace orrery::memory::trace
