// SPDX-License-Identifier: Apache-2.0
#include "platform/machine.h"

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

}  // namespace

Machine::Machine(const hardware::PlatformConfig& platform, command::Source& stream,
                 const RunOptions& options)
    : audit_(platform), scoreboard_(platform.instances().size()) {
  const bool reverse = options.reverse_construction;
  const auto build_sequencer = [&] {
    sequencer_ = std::make_unique<Sequencer>(
        "sequencer", platform.clock(platform.sequencer.clock).clock(),
        platform.sequencer.dispatch_cycles, stream, scoreboard_, audit_);
  };
  if (reverse) {
    build_sequencer();
  }
  build_tiers(platform, reverse);
  build_engines(platform, reverse);
  if (!reverse) {
    build_sequencer();
  }
  std::vector<engine::Engine*> engines;
  for (const auto& engine : engines_) {
    if (options.timeline) {
      engine->record_spans(options.timeline_begin, options.timeline_end);
    }
    engines.push_back(engine.get());
  }
  sequencer_->connect(std::move(engines));
}

Machine::~Machine() = default;

void Machine::build_tiers(const hardware::PlatformConfig& platform, bool reverse) {
  tiers_.resize(platform.memory.size());
  for (const std::size_t i : construction_order(tiers_.size(), reverse)) {
    const auto& [name, config] = platform.memory[i];
    tiers_[i] = build_tier(name, config, platform);
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
  engines_.resize(instances.size());
  for (const std::size_t i : construction_order(instances.size(), reverse)) {
    const hardware::EngineConfig& config = *instances[i].config;
    const auto initiator = static_cast<std::uint32_t>(
        std::count(kinds.begin(), kinds.begin() + static_cast<std::ptrdiff_t>(i), "dma"));
    engines_[i] = build_engine({instances[i].name, kinds[i], static_cast<command::EngineIndex>(i),
                                platform.clock(config.clock).clock(),
                                static_cast<std::size_t>(config.queue_depth), scoreboard_, kinds},
                               config, {initiator, tiers});
  }
}

bool Machine::finished() const {
  return sequencer_->finished() &&
         scoreboard_.count() == static_cast<std::uint64_t>(sequencer_->dispatched());
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
  for (const auto& engine : engines_) {
    text += (text.empty() ? "" : "\n  ") + engine->describe_wait();
  }
  return text;
}

}  // namespace orrery::platform
