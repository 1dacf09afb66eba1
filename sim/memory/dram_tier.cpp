// SPDX-License-Identifier: Apache-2.0
#include "memory/dram_tier.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"

namespace orrery::memory {

using base::Cycle;

// One channel as a process: decides when it must be advanced, and turns cycles into time.
class DramTier::ChannelProcess : public sc_core::sc_module, public dram::CompletionSink {
 public:
  SC_HAS_PROCESS(ChannelProcess);
  ChannelProcess(const sc_core::sc_module_name& name, DramTier& tier, const dram::Spec& spec,
                 const dram::ChannelConfig& config)
      : sc_core::sc_module(name), tier_(tier), channel_(spec, config, *this) {
    SC_METHOD(wake);
    sensitive << wake_event_;
    dont_initialize();
  }

  void submit(dram::Slice slice) {
    const Cycle arrival = tier_.clock_.cycle_at_or_after(now() + tier_.config_.request_latency);
    // The bursts of the first row enter one a cycle.
    const auto bursts = static_cast<Cycle>(slice.cursor.remaining_at_least());
    const Cycle last = arrival + bursts - (slice.is_write ? 1 : 0);
    channel_.submit(std::move(slice), arrival);
    schedule(last);
  }

  void submit(dram::PimProgram program) {
    const Cycle arrival = tier_.clock_.cycle_at_or_after(now() + tier_.config_.request_latency);
    channel_.submit_pim(std::move(program), arrival);
    schedule(arrival);
  }

  void slice_done(std::uint64_t key, std::uint32_t /*initiator*/, Cycle cycle) override {
    tier_.slice_done(key, answered(cycle));
  }

  void finish(Femtoseconds end) {
    channel_.advance(std::max(channel_.horizon(), tier_.clock_.cycle_at_or_after(end)));
  }

  [[nodiscard]] const dram::Channel& channel() const { return channel_; }
  [[nodiscard]] std::uint64_t wake_ups() const { return wake_ups_; }

 private:
  void wake() {
    ++wake_ups_;
    wake_at_ = dram::kNeverCycle;
    channel_.advance(tier_.clock_.cycle_at_or_after(now() + tier_.config_.request_latency));
    const Cycle bound = channel_.completion_bound();
    if (bound != dram::kNeverCycle) {
      schedule(bound);
    }
  }

  // Sees to it that the channel is woken before an answer of this cycle is back.
  void schedule(Cycle done) {
    const Femtoseconds time = answered(done) - 1;
    if (time < wake_at_) {
      wake_at_ = time;
      wake_event_.notify(sc_core::sc_time::from_value(static_cast<sc_dt::uint64>(time - now())));
    }
  }

  [[nodiscard]] Femtoseconds answered(Cycle cycle) const {
    return tier_.clock_.edge(cycle) + tier_.config_.response_latency;
  }

  DramTier& tier_;
  dram::Channel channel_;
  sc_core::sc_event wake_event_;
  Femtoseconds wake_at_ = dram::kNeverCycle;
  std::uint64_t wake_ups_ = 0;
};

namespace {

const TierConfig& checked(const TierConfig& config, const dram::Spec& spec) {
  base::Diagnostics errors;
  const auto require = [&](bool holds, const std::string& message, const std::string& expected) {
    if (!holds) {
      errors.add({{}, "", message, expected, ""});
    }
  };
  require(config.channels >= 1 && config.stacks >= 1, "a memory without channels", "1 or more");
  require(config.request_latency >= 1 && config.response_latency >= 1,
          "the latency between engines and memory", "1 fs or more each way");
  require(config.interleave >= spec.access_bytes && config.interleave % spec.access_bytes == 0,
          "the interleaving granularity",
          "a multiple of the " + std::to_string(spec.access_bytes) + " bytes of a burst");
  errors.throw_if_any();
  return config;
}

dram::ChannelConfig with_round_trip(dram::ChannelConfig channel, const TierConfig& config,
                                    const base::ClockDomain& clock) {
  channel.round_trip = clock.cycles_covering(config.request_latency + config.response_latency);
  return channel;
}

}  // namespace

DramTier::DramTier(const sc_core::sc_module_name& name, const dram::Spec& spec,
                   const TierConfig& config, const dram::ChannelConfig& channel)
    : Tier(name, spec.capacity_bytes() * config.total_channels()),
      config_(checked(config, spec)),
      specs_(channel_specs(spec, config_)),
      clock_(spec.clock()),
      map_(address_map(spec, config_)) {
  const dram::ChannelConfig complete = with_round_trip(channel, config_, clock_);
  for (int index = 0; index < config_.total_channels(); ++index) {
    const dram::Spec& own = specs_[specs_.size() == 1 ? 0 : static_cast<std::size_t>(index)];
    channels_.push_back(std::make_unique<ChannelProcess>(
        ("channel" + std::to_string(index)).c_str(), *this, own, complete));
  }
}

DramTier::~DramTier() = default;

void DramTier::accept(const Transfer& transfer, const Request& request) {
  const std::uint64_t key = next_key_++;
  Open& open = open_[key];
  open.request = request;
  const int all = config_.total_channels();
  const bool one_row = std::all_of(transfer.outer.begin(), transfer.outer.end(),
                                   [](const Dimension& outer) { return outer.count == 1; });
  // Lines of a cache touch a few of many channels.
  const ChannelRun run =
      one_row ? map_.channels_of(transfer.address, static_cast<std::uint64_t>(transfer.row_bytes))
              : ChannelRun{0, all};
  const auto submit = [&](int channel) {
    dram::Slice slice;
    slice.cursor =
        SliceCursor(transfer, map_, channel, static_cast<int>(specs_.front().access_bytes));
    if (slice.cursor.done()) {
      return;
    }
    slice.is_write = transfer.is_write;
    slice.initiator = transfer.initiator;
    slice.layer = transfer.layer;
    slice.ticket = key;
    ++open.slices;
    channels_[static_cast<std::size_t>(channel)]->submit(std::move(slice));
  };
  // In the order of their numbers.
  for (int channel = 0; channel < run.first + run.count - all; ++channel) {
    submit(channel);
  }
  for (int channel = run.first; channel < std::min(run.first + run.count, all); ++channel) {
    submit(channel);
  }
}

void DramTier::submit_program(int channel, dram::PimProgram program, std::uint64_t ticket,
                              TransferListener& listener) {
  const std::uint64_t key = next_key_++;
  Open& open = open_[key];
  open.request = next_request(program.initiator, ticket, listener);
  open.slices = 1;
  program.ticket = key;
  channels_[static_cast<std::size_t>(channel)]->submit(std::move(program));
}

void DramTier::slice_done(std::uint64_t key, Femtoseconds answered) {
  const auto found = open_.find(key);
  Open& open = found->second;
  open.last = std::max(open.last, answered);
  if (--open.slices == 0) {
    answer_at(open.last, open.request);
    open_.erase(found);
  }
}

void DramTier::finish(Femtoseconds end) {
  for (const auto& channel : channels_) {
    channel->finish(end);
  }
}

std::uint64_t DramTier::wake_ups() const {
  std::uint64_t sum = 0;
  for (const auto& channel : channels_) {
    sum += channel->wake_ups();
  }
  return sum;
}

base::IntervalSums DramTier::bytes_over_time() const {
  base::IntervalSums sums;
  for (const auto& process : channels_) {
    const dram::BurstCounts& bursts = process->channel().bursts_over_time();
    for (std::size_t i = 0; i < dram::BurstCounts::kIntervals; ++i) {
      if (bursts.counts()[i] > 0) {
        const Cycle begin = static_cast<Cycle>(i) * bursts.width();
        sums.add(clock_.edge(begin), clock_.edge(begin + bursts.width()),
                 bursts.counts()[i] * specs_.front().access_bytes);
      }
    }
  }
  return sums;
}

TierStatistics DramTier::statistics() const {
  const dram::Spec& spec = specs_.front();
  TierStatistics result;
  result.model = "dram";
  result.standard = spec.name;
  result.channels = config_.total_channels();
  result.access_bytes = static_cast<std::uint64_t>(spec.access_bytes);
  result.cycle = spec.tck;
  result.peak_bytes_per_second = spec.peak_bytes_per_second() * config_.total_channels();
  for (const dram::Command& command : spec.commands) {
    result.commands.emplace_back(command.name, 0);
    result.repetitions.emplace_back(command.name, 0);
  }
  for (const auto& process : channels_) {
    const dram::ChannelStatistics channel = process->channel().statistics();
    for (std::size_t i = 0; i < spec.commands.size(); ++i) {
      result.commands[i].second += channel.commands[i];
      result.repetitions[i].second += channel.repetitions[i];
    }
    result.total.add(channel.total);
    if (result.layers.size() < channel.layers.size()) {
      result.layers.resize(channel.layers.size());
    }
    for (std::size_t layer = 0; layer < channel.layers.size(); ++layer) {
      result.layers[layer].add(channel.layers[layer]);
    }
    for (const dram::RankStatistics& rank : channel.ranks) {
      result.refreshes += rank.refreshes;
    }
    result.data_bus_busy += channel.data_bus_busy;
    result.data_bus_possible += channel.cycles * spec.data_buses();
    result.energy.add(dram::energy(channel, spec));
    result.each_channel.push_back(channel);
  }
  return result;
}

}  // namespace orrery::memory
