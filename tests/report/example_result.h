// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "metrics/run_result.h"

namespace orrery::report {

// A small finished run: two layers, two engines, one memory of two channels.
inline metrics::RunResult example_result() {
  metrics::RunResult result;
  result.workload = "two_layers";
  result.platform = "toy";
  result.seed = 7;
  result.config_hash = "abc";
  result.dataflow = "ws";
  result.notes = {"memory.hbm is ideal"};
  result.latency = 2'000'000'000;  // 2 us
  result.cycles = 2000;
  result.reference_clock = "core";
  result.reference_hertz = 1e9;
  result.commands = 5;

  metrics::EngineResult array;
  array.name = "array";
  array.kind = "systolic_array";
  array.clock_hertz = 1e9;
  array.cycles = {2000, 1200, 500, 300};
  array.stall_causes = {{"waits for load", 400}, {"dispatch", 100}};
  array.macs_useful = 250;
  array.macs_executed = 400;
  array.macs_possible = 1000;
  metrics::EngineResult load;
  load.name = "load";
  load.kind = "dma";
  load.clock_hertz = 1e9;
  load.cycles = {2000, 2000, 0, 0};
  result.engines = {array, load};

  metrics::TierResult tier;
  tier.name = "hbm";
  tier.model = "dram";
  tier.standard = "HBM2";
  tier.bytes_read = 4096;
  tier.row_hits = 60;
  tier.row_misses = 30;
  tier.row_conflicts = 10;
  tier.channels = 2;
  tier.peak_bytes_per_second = 4e9;
  tier.achieved_bytes_per_second = 3e9;
  result.tiers = {tier};

  for (const int i : {0, 1}) {
    metrics::LayerResult layer;
    layer.name = i == 0 ? "first" : "second, with a comma";
    layer.kind = "convolution";
    layer.dataflow = "ws";
    layer.limited_by = i == 0 ? "array" : "hbm";
    layer.start = i * 400'000'000;  // the second starts before the first ends
    layer.end = i == 0 ? 500'000'000 : 2'000'000'000;
    layer.latency = i == 0 ? 500'000'000 : 1'500'000'000;
    layer.cycles = i == 0 ? 500 : 1500;
    layer.compute_cycles = 600;
    layer.macs_useful = 125;
    layer.energy_pj = {{"array", 10.0}, {"hbm", 40.0}};
    layer.engines = {{0, 600, 250, 0}, {0, 1000, 0, 0}};
    layer.tiers = {tier};
    result.layers.push_back(layer);
  }
  result.energy_pj = {{"array", 20.0}, {"hbm", 80.0}};
  result.energy_sources = {{"array", "a table"}};
  result.invariants = {{"busy + stalled + idle = total", true, "1200 + 500 + 300 = 2000"}};
  return result;
}

}  // namespace orrery::report
