// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <ostream>
#include <vector>

#include "memory/trace/bank_states.h"
#include "memory/trace/merged_lines.h"
#include "memory/trace/trace_output.h"

namespace orrery::memory::trace {

// A value change dump (IEEE 1364, four-state) of every bank's state and open row, for waveform
// viewers. Scopes: channelN, then one a bank; `state` is the number of BankState, `row` is x while
// no row is open. Times are those of the clock's edges in femtoseconds, exact.
class VcdOutput : public TraceOutput {
 public:
  // The spec and the stream must outlive the output. Writes the header at once.
  VcdOutput(const dram::Spec& spec, int channels, std::ostream& out);
  ~VcdOutput() override;

  [[nodiscard]] std::unique_ptr<dram::ChannelObserver> observe(int channel) override;
  void finish(Cycle end) override;

 private:
  class Channel;

  void write_header();
  void write_time(Cycle cycle);
  // The identifier of a variable: printable characters, as few as the number needs.
  [[nodiscard]] static std::string identifier(std::size_t variable);

  const dram::Spec& spec_;
  const base::ClockDomain clock_;
  const int channel_count_;
  const unsigned row_bits_;
  std::ostream& out_;
  MergedLines lines_;
  Cycle time_ = -1;
  std::vector<Channel*> channels_;  // owned by the run
};

}  // namespace orrery::memory::trace
