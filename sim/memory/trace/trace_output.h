// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "memory/dram/channel_observer.h"

namespace orrery::memory::trace {

using base::Cycle;

// Something that is written while a trace runs: a log, a timeline, a VCD. The channels run one
// after another, some thousand cycles at a time, so what it hears is in order only within a
// channel.
class TraceOutput {
 public:
  virtual ~TraceOutput() = default;
  // Called once for each channel, before the run.
  [[nodiscard]] virtual std::unique_ptr<dram::ChannelObserver> observe(int channel) = 0;
  // Called once, after the run, which ended with this cycle; the observers still live.
  virtual void finish(Cycle end) = 0;
};

}  // namespace orrery::memory::trace
