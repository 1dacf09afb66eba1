// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "memory/checker/log_event.h"
#include "memory/dram/channel_observer.h"

namespace orrery::memory::checker {

// Turns what one channel reports into log events: hand it to the channel as its observer and a
// LogWriter or a LogChecker to it as the sink.
class ChannelRecorder : public dram::ChannelObserver {
 public:
  // The sink must outlive the recorder.
  ChannelRecorder(std::uint32_t channel, EventSink& sink) : channel_(channel), sink_(sink) {}

  void arrival(const dram::ArrivalRecord& record) override;
  void direction(Cycle cycle, bool writing) override;
  void blocked(Cycle cycle, std::uint64_t banks) override;
  void command(const dram::CommandRecord& record) override;

 private:
  [[nodiscard]] LogEvent at(Cycle cycle, EventKind kind) const;

  std::uint32_t channel_;
  EventSink& sink_;
};

}  // namespace orrery::memory::checker
