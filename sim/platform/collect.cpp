// SPDX-License-Identifier: Apache-2.0
#include "platform/collect.h"

#include <algorithm>
#include <numeric>

#include "hardware/energy_account.h"
#include "hardware/systolic_array_config.h"
#include "metrics/invariants.h"
#include "platform/collect_activity.h"
#include "platform/collect_streams.h"
#include "platform/collect_tiers.h"
#include "platform/stream_set.h"

namespace orrery::platform {
namespace {

using base::Femtoseconds;
using metrics::LayerResult;
using metrics::RunResult;

void collect_engines(const hardware::PlatformConfig& platform, const Machine& machine,
                     RunResult& result) {
  const std::vector<hardware::PlatformConfig::Instance> instances = platform.instances();
  for (std::size_t e = 0; e < instances.size(); ++e) {
    const auto& engine = machine.engines()[e];
    metrics::EngineResult entry;
    const metrics::EngineAccount& account = engine->account();
    entry.name = engine->engine_name();
    entry.kind = engine->engine_kind();
    entry.clock_hertz = static_cast<double>(base::kFemtosecondsPerSecond) /
                        base::to_double(engine->clock().period());
    entry.cycles = account.cycles();
    entry.stall_causes.assign(account.stall_causes().begin(), account.stall_causes().end());
    entry.commands = engine->completed();
    entry.square_millimetres = platform.square_millimetres(*instances[e].config);
    entry.macs_possible = engine->peak_macs() * account.cycles().total;
    for (const metrics::EngineLayerAccount& layer : account.layers()) {
      entry.macs_useful += layer.macs_useful;
      entry.macs_executed += layer.macs_executed;
      entry.bytes_read += layer.bytes_read;
      entry.bytes_written += layer.bytes_written;
    }
    result.commands += entry.commands;
    result.spans.insert(result.spans.end(), engine->spans().begin(), engine->spans().end());
    result.engines.push_back(std::move(entry));
  }
}

void add_engine_to_layer(const engine::Engine& engine, std::size_t index,
                         metrics::LayerResult& layer) {
  metrics::EngineCycles cycles;
  if (index < engine.account().layers().size()) {
    const metrics::EngineLayerAccount& share = engine.account().layers()[index];
    cycles = share.cycles;
    layer.macs_useful += share.macs_useful;
    layer.macs_executed += share.macs_executed;
    if (share.first_start >= 0) {
      layer.start = layer.start < 0 ? share.first_start : std::min(layer.start, share.first_start);
      layer.end = std::max(layer.end, share.last_end);
    }
    if (engine.peak_macs() > 0) {
      layer.compute_cycles = std::max(layer.compute_cycles, share.cycles.busy);
    }
  }
  layer.engines.push_back(cycles);
}

LayerResult layer_result(const Machine& machine, const command::LayerInfo& info,
                         std::size_t index) {
  LayerResult layer;
  layer.name = info.name;
  layer.kind = info.kind;
  layer.dataflow = info.dataflow;
  layer.tiling = info.tiling;
  layer.limited_by = info.limited_by;
  layer.start = -1;
  for (const auto& engine : machine.engines()) {
    add_engine_to_layer(*engine, index, layer);
  }
  layer.start = std::max<Femtoseconds>(layer.start, 0);
  return layer;
}

// The order in which layers are charged with latency: that of the stream, and of several streams
// that in which they ended.
std::vector<std::size_t> order_of_charge(const RunResult& result, std::size_t streams) {
  std::vector<std::size_t> order(result.layers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (streams > 1) {
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return std::pair(result.layers[a].end, a) < std::pair(result.layers[b].end, b);
    });
  }
  return order;
}

// Layers overlap. Each is charged with the time by which it put off the end of the run: from the
// latest end of all layers before it to its own. These add up to the latency.
void collect_layers(const std::vector<command::LayerInfo>& layers, const Machine& machine,
                    const base::ClockDomain& clock, RunResult& result) {
  double peak_macs_per_second = 0.0;
  for (std::size_t e = 0; e < machine.engines().size(); ++e) {
    peak_macs_per_second +=
        static_cast<double>(machine.engines()[e]->peak_macs()) * result.engines[e].clock_hertz;
  }
  for (std::size_t i = 0; i < layers.size(); ++i) {
    result.layers.push_back(layer_result(machine, layers[i], i));
  }
  const std::vector<std::size_t> order = order_of_charge(result, machine.sequencers().size());
  Femtoseconds reached = 0;
  for (const std::size_t i : order) {
    LayerResult& layer = result.layers[i];
    // The last layer also carries what a stopped run had under way.
    const Femtoseconds end =
        i == order.back() ? result.latency : std::min(layer.end, result.latency);
    layer.latency = std::max<Femtoseconds>(0, end - reached);
    layer.cycles =
        clock.cycle_at_or_after(std::max(reached, end)) - clock.cycle_at_or_after(reached);
    reached = std::max(reached, end);
    const double seconds =
        static_cast<double>(layer.latency) / static_cast<double>(base::kFemtosecondsPerSecond);
    if (seconds > 0.0 && peak_macs_per_second > 0.0) {
      layer.utilization = static_cast<double>(layer.macs_useful) / (seconds * peak_macs_per_second);
    }
  }
}

std::vector<double> latencies(const RunResult& result) {
  std::vector<double> weights;
  for (const metrics::LayerResult& layer : result.layers) {
    weights.push_back(static_cast<double>(layer.latency));
  }
  return weights;
}

void collect_energy(const hardware::PlatformConfig& platform, const Machine& machine,
                    RunResult& result) {
  hardware::EnergyAccount energy(platform.energy, platform.arithmetic_energy_factor(),
                                 result.layers.size());
  for (const auto& engine : machine.engines()) {
    for (std::size_t i = 0; i < engine->account().layers().size(); ++i) {
      for (const auto& [action, count] : engine->account().layers()[i].actions) {
        energy.add_actions(i, action, count);
      }
    }
  }
  for (const auto& [name, power] : platform.energy.leakage) {
    // mW x s = 1e9 pJ
    energy.share("leakage." + name, power.milliwatts * result.seconds() * 1e9, latencies(result));
    energy.add_source("leakage." + name, power.source);
  }
  add_tier_energy(platform, machine, latencies(result), energy);
  result.energy_pj = energy.total();
  result.energy_sources = energy.sources();
  for (std::size_t i = 0; i < result.layers.size(); ++i) {
    result.layers[i].energy_pj = energy.layer(i);
  }
}

metrics::InvariantFacts gather_facts(const hardware::PlatformConfig& platform,
                                     const std::vector<command::LayerInfo>& layers,
                                     const Machine& machine, const RunResult& result) {
  metrics::InvariantFacts facts;
  facts.seconds = result.seconds();
  facts.latency = result.latency;
  facts.total_energy_pj = result.total_energy_pj();
  for (std::size_t e = 0; e < result.engines.size(); ++e) {
    const metrics::EngineResult& engine = result.engines[e];
    const engine::Engine& module = *machine.engines()[e];
    const StreamAudit::Engine& declared = machine.audit().engines()[e];
    facts.engines.push_back({engine.name, engine.cycles, declared.commands, module.enqueued(),
                             module.started(), module.completed(), declared.bytes_read,
                             declared.bytes_written, engine.bytes_read, engine.bytes_written});
    facts.peak_macs_per_second += static_cast<double>(module.peak_macs()) * engine.clock_hertz;
  }
  add_tier_facts(platform, machine, result, facts);
  for (std::size_t i = 0; i < result.layers.size(); ++i) {
    facts.layers.push_back(
        {result.layers[i].name, layers[i].macs_useful, result.layers[i].macs_useful});
    facts.layers_latency += result.layers[i].latency;
    for (const auto& [component, picojoules] : result.layers[i].energy_pj) {
      facts.layers_energy_pj += picojoules;
    }
  }
  return facts;
}

void add_notes(const hardware::PlatformConfig& platform, RunResult& result) {
  for (const auto& [name, tier] : platform.memory) {
    if (tier.model != hardware::MemoryModel::kDram) {
      result.notes.push_back("memory." + name + " is not simulated command by command: model " +
                             config::enum_name(hardware::memory_model_names(), tier.model));
    }
    if (tier.model == hardware::MemoryModel::kBandwidth && !tier.transfer_energy) {
      result.notes.push_back("memory." + name + " counts no energy: it has no transfer_energy");
    } else if (tier.model == hardware::MemoryModel::kIdeal) {
      result.notes.push_back("memory." + name + " counts no energy");
    }
  }
  if (const auto note = platform.technology_note()) {
    result.notes.push_back(*note);
  }
  for (const auto& [name, engine] : platform.engines) {
    const auto* array = dynamic_cast<const hardware::SystolicArrayConfig*>(engine.get());
    if (array != nullptr && array->convention == timing::FoldConvention::kScaleSim) {
      result.notes.push_back("engines." + name +
                             " counts cycles by SCALE-Sim's convention, which counts no drain for "
                             "os and so favours it");
    }
  }
}

}  // namespace

RunResult collect(const hardware::PlatformConfig& platform,
                  const std::vector<command::StreamHeader>& headers, const Machine& machine,
                  Femtoseconds end, const std::string& stopped) {
  const base::Frequency& reference = platform.clock(platform.sequencer.clock);
  const std::vector<command::LayerInfo> layers = all_layers(headers);
  RunResult result;
  for (const std::string& name : stream_names(headers)) {
    result.workload += (result.workload.empty() ? "" : " + ") + name;
  }
  result.platform = headers.front().platform;
  result.seed = headers.front().seed;
  result.partial = !stopped.empty();
  result.partial_reason = stopped;
  result.latency = end;
  result.reference_clock = platform.sequencer.clock;
  result.reference_hertz = base::to_double(reference.hertz);
  result.cycles = reference.clock().cycle_at_or_after(end);
  collect_engines(platform, machine, result);
  collect_layers(layers, machine, reference.clock(), result);
  collect_tiers(platform, machine, result);
  collect_energy(platform, machine, result);
  collect_activity(machine, result);
  collect_streams(headers, machine, reference.clock(), result);
  add_notes(platform, result);
  if (!result.partial) {
    result.invariants = metrics::check_invariants(gather_facts(platform, layers, machine, result));
  }
  return result;
}

}  // namespace orrery::platform
