// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <ostream>

#include "memory/checker/log_writer.h"
#include "memory/trace/trace_output.h"

namespace orrery::memory::trace {

// The command log of docs/components/memory_controller.md. Lines of one channel stand in order; the
// channels take turns every few thousand cycles.
class LogOutput : public TraceOutput {
 public:
  // The spec and the stream must outlive the output. Writes the header at once.
  LogOutput(const dram::Spec& spec, const dram::ControllerConfig& controller, std::ostream& out)
      : writer_(out, spec, controller) {}

  [[nodiscard]] std::unique_ptr<dram::ChannelObserver> observe(int channel) override;
  void finish(Cycle /*end*/) override {}

 private:
  checker::LogWriter writer_;
};

}  // namespace orrery::memory::trace
