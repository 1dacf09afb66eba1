// SPDX-License-Identifier: Apache-2.0
#include "metrics/invariants.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

namespace orrery::metrics {
namespace {

// A run in which every rule holds.
InvariantFacts sound_facts() {
  InvariantFacts facts;
  facts.engines.push_back({"array", {100, 60, 30, 10}, 5, 5, 5, 5, 640, 128, 640, 128});
  facts.tiers.push_back({"hbm", 1000, 500, 1024, 512, 1100, 600, 100, 2e9});
  facts.layers.push_back({"gemm", 4000, 4000});
  facts.seconds = 1e-6;
  facts.peak_macs_per_second = 1e10;  // 10,000 in the run
  facts.total_energy_pj = 42.0;
  facts.layers_energy_pj = 42.0;
  facts.latency = 1'000'000'000;
  facts.layers_latency = 1'000'000'000;
  return facts;
}

TEST(Invariants, HoldForASoundRun) {
  for (const Invariant& invariant : check_invariants(sound_facts())) {
    EXPECT_TRUE(invariant.holds) << invariant.name << ": " << invariant.detail;
  }
}

struct Planted {
  std::string rule;  // what must fail, and nothing else
  std::function<void(InvariantFacts&)> plant;
};

TEST(Invariants, EachFailsWhenItsErrorIsPlanted) {
  const std::vector<Planted> kErrors{
      {"busy + stalled + idle = total", [](auto& f) { ++f.engines[0].cycles.busy; }},
      {"busy + stalled + idle = total", [](auto& f) { --f.engines[0].cycles.idle; }},
      {"every command sent is enqueued, started and completed once",
       [](auto& f) { --f.engines[0].completed; }},
      {"every command sent is enqueued, started and completed once",
       [](auto& f) { ++f.engines[0].started; }},
      {"engines use the bytes their commands declare, with the declared reuse",
       [](auto& f) { f.engines[0].bytes_read += 64; }},
      {"engines use the bytes their commands declare, with the declared reuse",
       [](auto& f) { f.engines[0].bytes_written -= 1; }},
      {"memories move the bytes that were asked for, in whole bursts",
       [](auto& f) { f.tiers[0].bytes_read = 999; }},
      {"memories move the bytes that were asked for, in whole bursts",
       [](auto& f) { f.tiers[0].bytes_written = 601; }},
      {"useful multiply-accumulates = what the operators' definitions need",
       [](auto& f) { --f.layers[0].macs_useful; }},
      {"not faster than the roofline", [](auto& f) { f.peak_macs_per_second = 3.9e9; }},
      {"not faster than the roofline", [](auto& f) { f.tiers[0].peak_bytes_per_second = 1.39e9; }},
      {"layers add up to the run", [](auto& f) { --f.layers_latency; }},
      {"layers add up to the run", [](auto& f) { f.layers_energy_pj += 1e-3; }},
  };
  for (const Planted& planted : kErrors) {
    InvariantFacts facts = sound_facts();
    planted.plant(facts);
    for (const Invariant& invariant : check_invariants(facts)) {
      EXPECT_EQ(invariant.holds, invariant.name != planted.rule) << invariant.name;
    }
  }
}

}  // namespace
}  // namespace orrery::metrics
