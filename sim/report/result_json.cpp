// SPDX-License-Identifier: Apache-2.0
#include "report/result_json.h"

#include "report/build_info.h"

namespace orrery::report {
namespace {

using metrics::EngineResult;
using metrics::LayerResult;
using metrics::RunResult;
using metrics::TierResult;

template <class T>
Json breakdown_json(const metrics::Breakdown<T>& breakdown) {
  Json json = Json::object();
  for (const auto& [name, value] : breakdown) {
    json[name] = value;
  }
  return json;
}

double seconds(base::Femtoseconds time) {
  return static_cast<double>(time) / static_cast<double>(base::kFemtosecondsPerSecond);
}

double sum(const metrics::Breakdown<double>& breakdown) {
  double total = 0.0;
  for (const auto& [name, value] : breakdown) {
    total += value;
  }
  return total;
}

Json latency_json(const RunResult& result) {
  return {{"cycles", result.cycles},
          {"seconds", result.seconds()},
          {"femtoseconds", result.latency},
          {"reference_clock",
           {{"name", result.reference_clock}, {"frequency_hz", result.reference_hertz}}}};
}

Json energy_json(const RunResult& result) {
  return {{"total_pj", result.total_energy_pj()},
          {"average_watts", result.average_watts()},
          {"array_operations_per_joule", result.array_operations_per_joule()},
          {"components", breakdown_json(result.energy_pj)},
          {"sources", breakdown_json(result.energy_sources)}};
}

Json engine_json(const EngineResult& engine) {
  Json json{{"name", engine.name},
            {"kind", engine.kind},
            {"clock_hz", engine.clock_hertz},
            {"total", engine.cycles.total},
            {"busy", engine.cycles.busy},
            {"stalled", engine.cycles.stalled},
            {"idle", engine.cycles.idle},
            {"stall_causes", breakdown_json(engine.stall_causes)},
            {"commands", engine.commands},
            {"macs_useful", engine.macs_useful},
            {"macs_executed", engine.macs_executed},
            {"macs_possible", engine.macs_possible},
            {"utilization", engine.utilization()},
            {"peak_operations_per_second", engine.peak_operations_per_second()},
            {"bytes_read", engine.bytes_read},
            {"bytes_written", engine.bytes_written}};
  if (engine.square_millimetres) {
    json["square_millimetres"] = *engine.square_millimetres;
    json["peak_operations_per_second_square_millimetre"] =
        engine.peak_operations_per_second() / *engine.square_millimetres;
  }
  return json;
}

Json cache_json(const metrics::CacheResult& cache) {
  return {{"line_bytes", cache.line_bytes}, {"hits", cache.hits},
          {"misses", cache.misses},         {"merged", cache.merged},
          {"allocated", cache.allocated},   {"write_backs", cache.write_backs},
          {"bytes_read", cache.bytes_read}, {"bytes_written", cache.bytes_written}};
}

// What a tier did, in the whole run or in one layer.
Json traffic_json(const TierResult& tier) {
  Json json{{"name", tier.name},
            {"bytes_read", tier.bytes_read},
            {"bytes_written", tier.bytes_written},
            {"bursts", tier.bursts},
            {"row_hits", tier.row_hits},
            {"row_misses", tier.row_misses},
            {"row_conflicts", tier.row_conflicts},
            {"refreshes", tier.refreshes},
            {"achieved_bytes_per_second", tier.achieved_bytes_per_second},
            {"peak_bytes_per_second", tier.peak_bytes_per_second},
            {"bandwidth_utilization", tier.bandwidth_utilization()},
            {"average_read_latency_ns", tier.average_read_latency_ns},
            {"p99_read_latency_ns", tier.p99_read_latency_ns}};
  if (tier.cache) {
    json["cache"] = cache_json(*tier.cache);
  }
  return json;
}

Json memory_json(const TierResult& tier) {
  Json json{{"name", tier.name},
            {"model", tier.model},
            {"standard", tier.standard},
            {"channels", tier.channels},
            {"capacity_bytes", tier.capacity_bytes},
            {"footprint_bytes", tier.footprint_bytes},
            {"commands", breakdown_json(tier.commands)},
            {"repetitions", breakdown_json(tier.repetitions)}};
  json.update(traffic_json(tier));
  return json;
}

Json layer_json(const RunResult& result, const LayerResult& layer) {
  Json json{{"name", layer.name},
            {"kind", layer.kind},
            {"dataflow", layer.dataflow},
            {"tiling", layer.tiling},
            {"limited_by", layer.limited_by},
            {"start_fs", layer.start},
            {"end_fs", layer.end},
            {"cycles", layer.cycles},
            {"seconds", seconds(layer.latency)},
            {"compute_cycles", layer.compute_cycles},
            {"macs_useful", layer.macs_useful},
            {"macs_executed", layer.macs_executed},
            {"utilization", layer.utilization},
            {"energy",
             {{"total_pj", sum(layer.energy_pj)}, {"components", breakdown_json(layer.energy_pj)}}},
            {"engines", Json::array()},
            {"memory", Json::array()}};
  for (std::size_t i = 0; i < layer.engines.size() && i < result.engines.size(); ++i) {
    json["engines"].push_back({{"name", result.engines[i].name},
                               {"busy", layer.engines[i].busy},
                               {"stalled", layer.engines[i].stalled}});
  }
  for (const TierResult& tier : layer.tiers) {
    json["memory"].push_back(traffic_json(tier));
  }
  return json;
}

// The part of one of several streams.
Json stream_json(const RunResult& result, const metrics::StreamResult& stream) {
  Json json{{"name", stream.name},
            {"workload", stream.workload},
            {"seed", stream.seed},
            {"first_layer", stream.first_layer},
            {"layers", stream.layers},
            {"commands", stream.commands},
            {"start_fs", stream.start},
            {"end_fs", stream.end},
            {"cycles", stream.cycles},
            {"seconds", seconds(stream.end)},
            {"rendezvous_wait_fs", stream.rendezvous_wait},
            {"macs_useful", stream.macs_useful},
            {"macs_executed", stream.macs_executed},
            {"energy_pj", stream.energy_pj},
            {"engines", Json::array()},
            {"memory", Json::array()}};
  for (std::size_t i = 0; i < stream.engines.size(); ++i) {
    json["engines"].push_back({{"name", result.engines[i].name},
                               {"busy", stream.engines[i].busy},
                               {"stalled", stream.engines[i].stalled}});
  }
  for (const TierResult& tier : stream.tiers) {
    json["memory"].push_back({{"name", tier.name},
                              {"bytes_read", tier.bytes_read},
                              {"bytes_written", tier.bytes_written},
                              {"bursts", tier.bursts}});
  }
  return json;
}

}  // namespace

Json orrery_json() {
  return {{"version", build_info().version}, {"commit", build_info().commit}};
}

Json result_json(const RunResult& result) {
  Json json{{"schema", "orrery-result-1"},
            {"orrery", orrery_json()},
            {"workload", result.workload},
            {"platform", result.platform},
            {"seed", result.seed},
            {"config_hash", result.config_hash},
            {"fidelity", result.fidelity},
            {"partial", result.partial},
            {"partial_reason", result.partial_reason},
            {"dataflow", result.dataflow},
            {"latency", latency_json(result)},
            {"energy", energy_json(result)},
            {"commands", result.commands},
            {"engines", Json::array()},
            {"memory", Json::array()},
            {"layers", Json::array()},
            {"invariants", Json::array()},
            {"notes", result.notes}};
  for (const EngineResult& engine : result.engines) {
    json["engines"].push_back(engine_json(engine));
  }
  for (const TierResult& tier : result.tiers) {
    json["memory"].push_back(memory_json(tier));
  }
  for (const LayerResult& layer : result.layers) {
    json["layers"].push_back(layer_json(result, layer));
  }
  for (const metrics::StreamResult& stream : result.streams) {
    json["streams"].push_back(stream_json(result, stream));
  }
  for (const metrics::Invariant& invariant : result.invariants) {
    json["invariants"].push_back(
        {{"name", invariant.name}, {"holds", invariant.holds}, {"detail", invariant.detail}});
  }
  return json;
}

Json host_json(const metrics::HostResult& host) {
  return {{"schema", "orrery-host-1"},
          {"seconds", host.seconds},
          {"simulated_cycles_per_second", host.simulated_cycles_per_second},
          {"dram_bursts_per_second", host.dram_bursts_per_second},
          {"dram_bursts", host.dram_bursts},
          {"peak_memory_bytes", host.peak_memory_bytes},
          {"kernel_activations", host.kernel_activations}};
}

}  // namespace orrery::report
