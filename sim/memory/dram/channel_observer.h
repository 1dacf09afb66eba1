// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "memory/dram/channel_map.h"

namespace orrery::memory::dram {

inline constexpr std::uint64_t kNoRequest = ~std::uint64_t{0};

// One issued command.
struct CommandRecord {
  Cycle cycle = 0;
  int command = 0;            // index in the spec
  std::uint32_t bank = 0;     // through the channel; the lowest bank of a rank or a set of banks
  std::uint32_t row = 0;      // of ACT and the column commands
  std::uint32_t column = 0;   // of the column commands, in bursts
  std::uint64_t request = 0;  // the number of the burst on whose behalf, or kNoRequest
  std::uint32_t count = 1;    // repetitions of a composite command
  bool operator==(const CommandRecord&) const = default;
};

// One burst that entered.
struct ArrivalRecord {
  Cycle cycle = 0;
  std::uint64_t number = 0;  // in order of arrival
  bool is_write = false;
  bool forwarded = false;  // a read that takes no place: a queued write holds its data
  BankAddress address;
};

// Hears of everything that happens in a channel, in its order: the events of one cycle in the order
// of the steps of docs/components/memory_controller.md, the column command before the row command.
class ChannelObserver {
 public:
  virtual ~ChannelObserver() = default;
  virtual void arrival(const ArrivalRecord& /*record*/) {}
  // From this cycle's commands on these requests compete. Not called for the reads of the start.
  virtual void direction(Cycle /*cycle*/, bool /*writing*/) {}
  // From this cycle's commands on these banks must refresh; called when the mask changes.
  virtual void blocked(Cycle /*cycle*/, std::uint64_t /*banks*/) {}
  virtual void command(const CommandRecord& /*record*/) {}
};

}  // namespace orrery::memory::dram
