// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "memory/dram/channel_observer.h"

namespace orrery::memory::dram::test {

// What an observer was told in one call.
struct Event {
  enum class Kind : std::uint8_t { kArrival, kDirection, kBlocked, kCommand };
  Kind kind = Kind::kCommand;
  Cycle cycle = 0;
  ArrivalRecord arrival;
  bool writing = false;
  std::uint64_t blocked = 0;
  CommandRecord command;

  // The line of the log of docs/components/memory_controller.md, for channel 0.
  [[nodiscard]] std::string text(const Spec& spec) const;
};

// Keeps everything it is told, in order.
class EventLog : public ChannelObserver {
 public:
  void arrival(const ArrivalRecord& record) override;
  void direction(Cycle cycle, bool writing) override;
  void blocked(Cycle cycle, std::uint64_t banks) override;
  void command(const CommandRecord& record) override;

  [[nodiscard]] const std::vector<Event>& events() const { return events_; }
  [[nodiscard]] std::vector<CommandRecord> commands() const;

 private:
  std::vector<Event> events_;
};

}  // namespace orrery::memory::dram::test
