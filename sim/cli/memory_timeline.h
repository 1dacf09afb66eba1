// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <ostream>
#include <vector>

#include "memory/specification/spec.h"
#include "memory/trace/trace_output.h"
#include "report/trace_event_writer.h"

namespace orrery::cli {

// A timeline of a trace run in Chrome's trace event format: for each channel a track for every bank
// (open rows, refreshes, power-down) and one for every data bus (the data of RD and WR).
class MemoryTimeline : public memory::trace::TraceOutput {
 public:
  // The spec and the stream must outlive the timeline.
  MemoryTimeline(const memory::dram::Spec& spec, std::ostream& out);
  ~MemoryTimeline() override;

  [[nodiscard]] std::unique_ptr<memory::dram::ChannelObserver> observe(int channel) override;
  void finish(base::Cycle end) override;

 private:
  class Channel;

  const memory::dram::Spec& spec_;
  report::TraceEventWriter writer_;
  std::vector<Channel*> channels_;  // owned by the run
};

}  // namespace orrery::cli
