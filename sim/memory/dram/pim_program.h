// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "memory/specification/spec.h"

namespace orrery::memory::dram {

// One command of a program with its operands and what each repetition of the program adds to them.
struct PimStep : CommandStep {
  std::uint32_t count = 1;    // of a composite command
  std::uint32_t results = 0;  // of a header: result reads that it announces
  std::uint32_t row_step = 0;
  std::uint32_t column_step = 0;
  bool once = false;  // in the first repetition only
};

// What a channel is asked to do in its banks: the steps one after the other, all of them
// `repetitions` times; those of `once`, which stand before all others, the first time only. The
// channel itself opens and closes the rows that they need. It runs one program to its end before
// the next, whoever sent them.
struct PimProgram {
  std::vector<PimStep> steps;
  std::uint32_t repetitions = 1;
  std::uint32_t initiator = 0;
  std::uint32_t layer = 0;
  std::uint64_t ticket = 0;  // handed back with the completion
};

}  // namespace orrery::memory::dram
