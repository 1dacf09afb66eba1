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

// One issued command.
struct CommandRecord {
  Cycle cycle = 0;
  int command = 0;            // index in the spec
  std::uint32_t bank = 0;     // through the channel; the first bank of the rank for PREA and REF
  std::uint32_t row = 0;      // of ACT, RD and WR
  std::uint32_t column = 0;   // of RD and WR, in bursts
  std::uint64_t request = 0;  // the number of the burst on whose behalf; ~0 for refreshes
  bool operator==(const CommandRecord&) const = default;
};

inline constexpr std::uint64_t kNoRequest = ~std::uint64_t{0};

// Hears of every command in the order of issue; in one cycle the column command comes first.
class CommandSink {
 public:
  virtual ~CommandSink() = default;
  virtual void command(const CommandRecord& record) = 0;
};

}  // namespace orrery::memory::dram
