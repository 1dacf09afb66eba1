// SPDX-License-Identifier: Apache-2.0
#include "memory/trace/trace_run.h"

#include <algorithm>
#include <memory>

#include "memory/trace/channel_feed.h"
#include "memory/trace/column_command.h"

namespace orrery::memory::trace {

namespace {

// A channel runs when this many bursts wait for it, and until half of them do.
constexpr std::size_t kLongestLine = 4096;

class Run {
 public:
  Run(const dram::Spec& spec, const TraceOptions& options, const std::vector<TraceOutput*>& outputs)
      : spec_(spec),
        map_(static_cast<int>(options.channels), options.interleave),
        access_(static_cast<std::uint64_t>(spec.access_bytes)),
        bursts_((static_cast<std::uint64_t>(options.bytes_of_request(spec)) - 1) / access_ + 1) {
    for (int channel = 0; channel < options.channels; ++channel) {
      observers_.push_back(std::make_unique<ObserverList>());
      for (TraceOutput* output : outputs) {
        observers_.back()->add(output->observe(channel));
      }
      feeds_.push_back(std::make_unique<ChannelFeed>(spec, options.controller, *observers_.back()));
    }
  }

  void offer(const TraceRequest& request) {
    if (request.is_pim) {
      ChannelFeed& feed = *feeds_[request.channel];
      feed.offer(request.step, request.cycle);
      if (feed.programs() >= kLongestLine) {
        feed.drain_programs_to(kLongestLine / 2);
      }
      return;
    }
    const std::uint64_t first = request.address / access_;
    for (std::uint64_t burst = first; burst < first + bursts_; ++burst) {
      const ChannelAddress where = map_.locate(burst * access_);
      ChannelFeed& feed = *feeds_[static_cast<std::size_t>(where.channel)];
      feed.offer(where.local, request.is_write, request.cycle);
      if (feed.waiting() >= kLongestLine) {
        feed.drain_to(kLongestLine / 2, request.cycle);
      }
    }
  }

  void finish(TraceResult& result) {
    for (const auto& feed : feeds_) {
      feed->finish();
      result.cycles = std::max(result.cycles, feed->end());
    }
    for (const auto& feed : feeds_) {
      feed->close(result.cycles);
      result.channels.push_back({feed->end(), feed->statistics(), feed->latencies()});
    }
    for (const ChannelResult& channel : result.channels) {
      add(channel, result);
    }
    add_energy(result);
  }

 private:
  // A standard that does not say what something costs still gives the times.
  void add_energy(TraceResult& result) const {
    try {
      dram::Energy sum;
      for (const ChannelResult& channel : result.channels) {
        sum.add(dram::energy(channel.statistics, spec_));
      }
      result.energy = sum;
    } catch (const base::UserError& error) {
      result.no_energy = error.diagnostics();
    }
  }

  void add(const ChannelResult& channel, TraceResult& result) const {
    const dram::ChannelStatistics& part = channel.statistics;
    base::require_invariant(channel.latencies.count() == part.total.read_bursts &&
                                channel.latencies.sum() == part.total.read_latency_sum,
                            "the latencies of single reads add up to those of the channel");
    dram::ChannelStatistics& total = result.total;
    total.cycles = result.cycles;
    total.access_bytes = part.access_bytes;
    total.total.add(part.total);
    total.commands.resize(part.commands.size(), 0);
    for (std::size_t i = 0; i < part.commands.size(); ++i) {
      total.commands[i] += part.commands[i];
    }
    total.repetitions.resize(part.repetitions.size(), 0);
    for (std::size_t i = 0; i < part.repetitions.size(); ++i) {
      total.repetitions[i] += part.repetitions[i];
    }
    total.pim_busy += part.pim_busy;
    total.ranks.insert(total.ranks.end(), part.ranks.begin(), part.ranks.end());
    total.data_bus_busy += part.data_bus_busy;
    result.latencies.add(channel.latencies);
  }

  const dram::Spec& spec_;
  const AddressMap map_;
  const std::uint64_t access_;
  const std::uint64_t bursts_;  // of a request
  std::vector<std::unique_ptr<ObserverList>> observers_;
  std::vector<std::unique_ptr<ChannelFeed>> feeds_;
};

}  // namespace

std::uint64_t TraceResult::column_bytes() const {
  return (total.total.read_bursts + total.total.write_bursts - total.total.forwarded) *
         total.access_bytes;
}

TraceResult run_trace(const dram::Spec& spec, const TraceOptions& options, TraceReader& reader,
                      const std::vector<TraceOutput*>& outputs,
                      const std::function<bool()>& interrupted) {
  constexpr std::uint64_t kRequestsBetweenQuestions = 4096;
  options.check(spec);
  TraceResult result;
  {
    Run run(spec, options, outputs);
    TraceRequest request;
    std::uint64_t count = 0;
    while (reader.next(request)) {
      run.offer(request);
      if (++count % kRequestsBetweenQuestions == 0 && interrupted && interrupted()) {
        result.interrupted = true;
        break;
      }
    }
    run.finish(result);
    for (TraceOutput* output : outputs) {
      output->finish(result.cycles);
    }
  }
  result.pacing = reader.pacing();
  result.reads = reader.reads();
  result.writes = reader.writes();
  result.pim_commands = reader.pim_commands();
  return result;
}

}  // namespace orrery::memory::trace
