// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace orrery::memory::checker {

using base::Cycle;

enum class EventKind : std::uint8_t { kArrive, kForward, kDirection, kBlocked, kCommand };

inline constexpr std::uint64_t kNoNumber = ~std::uint64_t{0};

// One line of a command log (docs/components/memory_controller.md, "The log").
struct LogEvent {
  Cycle cycle = 0;
  std::uint32_t channel = 0;
  EventKind kind = EventKind::kCommand;
  bool is_write = false;             // kArrive: of a write; kDirection: writes compete from now on
  int command = 0;                   // kCommand: index in the spec
  std::uint32_t bank = 0;            // within the channel, outermost level first
  std::uint32_t row = 0;             // of bursts, ACT and the column commands
  std::uint32_t column = 0;          // of bursts and the column commands, in bursts
  std::uint64_t number = kNoNumber;  // of the burst; kNoNumber: the command is on behalf of none
  std::uint32_t count = 1;           // repetitions of a composite command
  std::uint64_t banks = 0;           // kBlocked: bit b stands for bank b
  bool operator==(const LogEvent&) const = default;
};

// Takes the events of one or more channels. Those of one channel come in the order in which they
// happened; the channels may be interleaved in any way.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void event(const LogEvent& event) = 0;
};

}  // namespace orrery::memory::checker
