// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "memory/address/slice_cursor.h"

namespace orrery::memory::dram {

using base::Cycle;

// The part of one transfer that falls on one channel.
struct Slice {
  SliceCursor cursor;
  bool is_write = false;
  std::uint32_t initiator = 0;
  std::uint32_t layer = 0;
  std::uint64_t ticket = 0;  // handed back with the completion
};

// Hears of finished slices. The calls come while the channel is advanced, in the order of its
// decisions; `cycle` may lie beyond the cycle advanced to, never before the cycle advanced from.
class CompletionSink {
 public:
  virtual ~CompletionSink() = default;
  // cycle: the end of the last data of a read, the cycle in which the last burst of a write was
  // taken into the write window.
  virtual void slice_done(std::uint64_t ticket, std::uint32_t initiator, Cycle cycle) = 0;
};

}  // namespace orrery::memory::dram
