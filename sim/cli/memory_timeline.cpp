// SPDX-License-Identifier: Apache-2.0
#include "cli/memory_timeline.h"

#include <fmt/format.h>

#include "memory/trace/bank_states.h"
#include "memory/trace/column_command.h"

namespace orrery::cli {

using base::Cycle;
using memory::dram::CommandRecord;
using memory::trace::BankChange;
using memory::trace::BankState;
using memory::trace::BankStates;

// Tracks of a channel: the banks from 1 on, then the data buses.
class MemoryTimeline::Channel : public BankStates {
 public:
  Channel(const memory::dram::Spec& spec, int channel, report::TraceEventWriter& writer)
      : BankStates(spec),
        writer_(writer),
        clock_(spec.clock()),
        process_(channel + 1),
        banks_(static_cast<std::size_t>(spec.banks())),
        banks_of_bus_(static_cast<unsigned>(spec.banks() / spec.data_buses())) {
    writer_.name_process(process_, fmt::format("channel {}", channel));
    for (unsigned bank = 0; bank < banks_.size(); ++bank) {
      banks_[bank] = {0, bank, BankState::kClosed, -1};
      writer_.name_track(process_, bank + 1, memory::trace::bank_name(spec, bank, "."));
    }
    for (int bus = 0; bus < spec.data_buses(); ++bus) {
      writer_.name_track(
          process_, bus_track(static_cast<unsigned>(bus)),
          spec.data_buses() == 1 ? std::string("data bus") : fmt::format("data bus {}", bus));
    }
  }

  void command(const CommandRecord& record) override {
    BankStates::command(record);
    if (memory::trace::is_column_command(spec(), record.command)) {
      const bool write = memory::trace::is_write_command(spec(), record.command);
      const Cycle start = record.cycle + (write ? spec().write_latency : spec().read_latency);
      writer_.span(process_, bus_track(record.bank / banks_of_bus_),
                   write ? R"("write")" : R"("read")", clock_.edge(start),
                   clock_.edge(start + spec().burst_cycles));
    }
  }

  // Ends the spans that are still open.
  void finish_spans(Cycle end) {
    finish(end);
    for (const BankChange& open : banks_) {
      write_span(open, end);
    }
  }

 private:
  [[nodiscard]] std::size_t bus_track(unsigned bus) const { return banks_.size() + 1 + bus; }

  void bank_changed(const BankChange& change) override {
    BankChange& current = banks_[change.bank];
    write_span(current, change.cycle);
    current = change;
  }

  void write_span(const BankChange& state, Cycle end) {
    if (state.state == BankState::kClosed || end <= state.cycle) {
      return;
    }
    const std::string name = state.state == BankState::kOpen
                                 ? fmt::format("row {}", state.row)
                                 : memory::trace::bank_state_name(state.state);
    writer_.span(process_, state.bank + 1, report::TraceEventWriter::quoted(name),
                 clock_.edge(state.cycle), clock_.edge(end));
  }

  report::TraceEventWriter& writer_;
  const base::ClockDomain clock_;
  const int process_;
  std::vector<BankChange> banks_;  // the state that each is in, and since when
  const unsigned banks_of_bus_;
};

MemoryTimeline::MemoryTimeline(const memory::dram::Spec& spec, std::ostream& out)
    : spec_(spec), writer_(out) {}

MemoryTimeline::~MemoryTimeline() = default;

std::unique_ptr<memory::dram::ChannelObserver> MemoryTimeline::observe(int channel) {
  auto observer = std::make_unique<Channel>(spec_, channel, writer_);
  channels_.push_back(observer.get());
  return observer;
}

void MemoryTimeline::finish(Cycle end) {
  for (Channel* channel : channels_) {
    channel->finish_spans(end);
  }
  writer_.close();
}

}  // namespace orrery::cli
