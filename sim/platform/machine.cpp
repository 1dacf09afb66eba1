// SPDX-License-Identifier: Apache-2.0
#include "platform/machine.h"

#include <fmt/format.h>

#include <algorithm>

#include "platform/engine_builders.h"
#include "platform/tier_builders.h"

namespace orrery::platform {
namespace {

// The order in which n modules are built. It must not matter: a test reverses it.
std::vector<std::size_t> construction_order(std::size_t n, bool reverse) {
  std::vector<std::size_t> order(n);
  for (std::size_t i = 0; i < n; ++i) {
    order[i] = reverse ? n - 1 - i : i;
  }
  return order;
}

std::vector<std::vector<std::uint64_t>> rendezvous_of(
    const std::vector<command::Source*>& streams) {
  std::vector<std::vector<std::uint64_t>> numbers;
  for (const command::Source* stream : streams) {
    numbers.push_back(stream->header().rendezvous);
  }
  return numbers;
}

}  // namespace

Machine::Machine(const hardware::PlatformConfig& platform,
                 const std::vector<command::Source*>& streams, const RunOptions& options)
    : audit_(platform),
      scoreboards_(streams.size(), engine::Scoreboard(platform.instances().size())),
      rendezvous_(rendezvous_of(streams)) {
  const bool reverse = options.reverse_construction;
  if (reverse) {
    build_sequencers(platform, streams, reverse);
  }
  build_tiers(platform, reverse);
  build_engines(platform, reverse);
  if (!reverse) {
    build_sequencers(platform, streams, reverse);
  }
  std::vector<engine::Engine*> engines;
  for (const auto& engine : engines_) {
    if (options.timeline) {
      engine->record_spans(options.timeline_begin, options.timeline_end);
    }
    engines.push_back(engine.get());
  }
  for (const auto& sequencer : sequencers_) {
    sequencer->connect(engines);
  }
}

Machine::~Machine() = default;

void Machine::build_tiers(const hardware::PlatformConfig& platform, bool reverse) {
  tiers_.resize(platform.memory.size());
  for (const std::size_t i : construction_order(tiers_.size(), reverse)) {
    const auto& [name, config] = platform.memory[i];
    tiers_[i] = build_tier(name, config, platform);
  }
}

void Machine::build_sequencers(const hardware::PlatformConfig& platform,
                               const std::vector<command::Source*>& streams, bool reverse) {
  std::vector<command::LayerIndex> first_layers(streams.size(), 0);
  for (std::size_t i = 1; i < streams.size(); ++i) {
    first_layers[i] = first_layers[i - 1] +
                      static_cast<command::LayerIndex>(streams[i - 1]->header().layers.size());
  }
  const hardware::SequencerConfig& sequencer = platform.sequencer;
  const base::ClockDomain clock = platform.clock(sequencer.clock).clock();
  DispatchConfig dispatch{clock,
                          sequencer.dispatch_cycles,
                          clock.cycles_covering(base::floor(sequencer.launch_latency.femtoseconds)),
                          static_cast<std::size_t>(sequencer.lookahead),
                          {},
                          platform.scratchpad.partitions};
  for (const hardware::PlatformConfig::Instance& instance : platform.instances()) {
    dispatch.partition.push_back(instance.partition);
  }
  sequencers_.resize(streams.size());
  for (const std::size_t i : construction_order(streams.size(), reverse)) {
    const std::string name = streams.size() == 1 ? "sequencer" : fmt::format("sequencer{}", i);
    sequencers_[i] = std::make_unique<Sequencer>(
        name.c_str(), dispatch,
        StreamContext{static_cast<engine::StreamIndex>(i), first_layers[i], *streams[i],
                      scoreboards_[i], rendezvous_},
        audit_);
  }
}

void Machine::build_engines(const hardware::PlatformConfig& platform, bool reverse) {
  const std::vector<hardware::PlatformConfig::Instance> instances = platform.instances();
  std::vector<std::string> kinds;
  for (const auto& instance : instances) {
    kinds.push_back(hardware::kind_of(*instance.config));
  }
  std::vector<memory::Tier*> tiers;
  for (const auto& tier : tiers_) {
    tiers.push_back(tier.get());
  }
  if (scoreboards_.size() > 1) {
    decisions_ = std::make_unique<engine::DecisionPhase>("decisions", instances.size());
  }
  engines_.resize(instances.size());
  for (const std::size_t i : construction_order(instances.size(), reverse)) {
    const hardware::EngineConfig& config = *instances[i].config;
    const auto before = [&](std::size_t end, const char* kind) {
      return static_cast<std::uint32_t>(
          std::count(kinds.begin(), kinds.begin() + static_cast<std::ptrdiff_t>(end), kind));
    };
    const std::uint32_t initiator =
        kinds[i] == "pim" ? before(kinds.size(), "dma") + before(i, "pim") : before(i, "dma");
    engines_[i] = build_engine(
        {instances[i].name, kinds[i], static_cast<command::EngineIndex>(i),
         platform.clock(config.clock).clock(), static_cast<std::size_t>(config.queue_depth),
         scoreboards_, kinds, config.arbitration, decisions_.get()},
        config, {initiator, tiers, platform});
  }
}

bool Machine::finished() const {
  return std::all_of(sequencers_.begin(), sequencers_.end(),
                     [](const auto& sequencer) { return sequencer->finished(); });
}

void Machine::stop() {
  for (const auto& sequencer : sequencers_) {
    sequencer->stop();
  }
}

void Machine::rethrow_error() const {
  for (const auto& sequencer : sequencers_) {
    sequencer->rethrow_error();
  }
}

command::LayerIndex Machine::newest_layer() const {
  command::LayerIndex newest = 0;
  for (const auto& sequencer : sequencers_) {
    newest += sequencer->newest_layer();
  }
  return newest;
}

base::Femtoseconds Machine::last_completion() const {
  base::Femtoseconds last = 0;
  for (const auto& engine : engines_) {
    last = std::max(last, engine->last_completion());
  }
  return last;
}

void Machine::finish(base::Femtoseconds end) {
  for (const auto& engine : engines_) {
    engine->finish(end);
  }
  for (const auto& tier : tiers_) {
    tier->finish(end);
  }
}

std::string Machine::describe_waits() const {
  std::string text;
  const auto add = [&](const std::string& line) { text += (text.empty() ? "" : "\n  ") + line; };
  for (const auto& engine : engines_) {
    add(engine->describe_wait());
  }
  for (std::size_t i = 0; i < sequencers_.size(); ++i) {
    const std::optional<std::uint64_t> number = sequencers_[i]->waits_at();
    if (!number) {
      continue;
    }
    for (const engine::StreamIndex missing : rendezvous_.missing(*number)) {
      add(fmt::format("stream {} waits at rendezvous {} for stream {}{}", i + 1, *number,
                      missing + 1, sequencers_[missing]->exhausted() ? ", which has ended" : ""));
    }
  }
  return text;
}

}  // namespace orrery::platform
