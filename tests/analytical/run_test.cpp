// SPDX-License-Identifier: Apache-2.0
#include "analytical/run.h"

#include <gmock/gmock.h>

#include "base/random.h"
#include "config/yaml.h"
#include "lowering/lowering.h"
#include "platform/run.h"

namespace orrery::analytical {
namespace {

std::vector<config::Override> overrides(const std::vector<std::string>& texts) {
  std::vector<config::Override> changes;
  for (const std::string& text : texts) {
    changes.push_back(config::parse_override(text));
  }
  return changes;
}

hardware::PlatformConfig edge(const std::vector<std::string>& changes = {}) {
  return hardware::load_platform(ORRERY_SOURCE_DIR "/configs/platforms/edge.yaml",
                                 overrides(changes));
}

workload::Workload gemm(std::int64_t m, std::int64_t n, std::int64_t k) {
  return workload::make_workload(
      config::parse_yaml(
          "kind: graph\n"
          "types: {weights: int8, activations: int8}\n"
          "inputs:\n  a: {shape: [" +
              std::to_string(m) + ", " + std::to_string(k) +
              "]}\n"
              "operators:\n"
              "  - {name: product, kind: matrix_multiplication, inputs: [a], columns: " +
              std::to_string(n) + "}\n",
          "gemm.yaml"),
      "gemm");
}

lowering::MappingConfig mapping(std::vector<std::string> changes = {}) {
  changes.emplace_back("mapping.execution.kind=analytical");
  return lowering::default_mapping(overrides(changes));
}

metrics::RunResult simulate(const hardware::PlatformConfig& platform,
                            const workload::Workload& workload, const std::string& dataflow) {
  lowering::LoweredStream stream(lowering::make_plan(
      workload.graph, lowering::machine_from(platform),
      lowering::default_mapping(overrides({"mapping.dataflow=" + dataflow})), workload.seed));
  return platform::run(platform, {&stream}, {}).result;
}

TEST(AnalyticalRun, IsNeverSlowerThanTheSimulationOfAPlainProduct) {
  base::Random random(11);
  for (int trial = 0; trial < 24; ++trial) {
    const workload::Workload workload =
        gemm(random.integer(1, 300), random.integer(1, 300), random.integer(1, 300));
    const std::string dataflow = std::vector<std::string>{"os", "ws", "is"}[trial % 3];
    const hardware::PlatformConfig platform =
        edge(trial % 2 == 0 ? std::vector<std::string>{}
                            : std::vector<std::string>{"platform.memory.dram.model=bandwidth"});
    const metrics::RunResult simulated = simulate(platform, workload, dataflow);
    const metrics::RunResult closed =
        run(platform, workload, mapping({"mapping.dataflow=" + dataflow}));
    EXPECT_TRUE(closed.invariants_hold());
    EXPECT_LE(closed.latency, simulated.latency) << dataflow << ' ' << trial;
    EXPECT_GT(closed.latency, 0);
    EXPECT_LE(closed.engines.front().cycles.busy, simulated.engines.front().cycles.busy);
    EXPECT_LE(closed.tiers.front().bytes_read, simulated.tiers.front().bytes_read);
    EXPECT_LE(closed.tiers.front().bytes_written, simulated.tiers.front().bytes_written);
  }
}

TEST(AnalyticalRun, TakesTheLongerOfComputeAndMemory) {
  // 64 x 96 x 128 on 32 x 32, os: 2 x 3 folds of 128 cycles = 768. At 800 MHz DDR4-2400 gives
  // 19.2 GB/s / 0.8 GHz = 24 bytes a cycle: 26,624 bytes take 1110 cycles.
  const metrics::RunResult result =
      run(edge(), gemm(64, 96, 128), mapping({"mapping.dataflow=os"}));
  ASSERT_EQ(result.layers.size(), 1U);
  EXPECT_EQ(result.fidelity, "analytical");
  EXPECT_EQ(result.layers.front().compute_cycles, 768);
  const std::int64_t bytes = 64 * 128 + 128 * 96 + 64 * 96;
  EXPECT_EQ(result.tiers.front().bytes_read + result.tiers.front().bytes_written, bytes);
  EXPECT_EQ(result.cycles, (bytes + 23) / 24);
  EXPECT_EQ(result.layers.front().limited_by, "memory");
  EXPECT_THAT(result.notes, testing::Contains(testing::HasSubstr("not simulated")));
  EXPECT_THAT(result.notes, testing::Contains("memory.dram counts no energy: it has no "
                                              "transfer_energy"));
}

TEST(AnalyticalRun, ChargesProductsBytesAndBits) {
  const metrics::RunResult result = run(
      edge({"platform.memory.dram.transfer_energy={read_bit: 3 pJ, write_bit: 5 pJ, source: t}"}),
      gemm(64, 96, 128), mapping({"mapping.dataflow=os"}));
  const auto energy = [&](const std::string& name) {
    for (const auto& [component, picojoules] : result.energy_pj) {
      if (component == name) {
        return picojoules;
      }
    }
    return -1.0;
  };
  EXPECT_DOUBLE_EQ(energy("memory.dram.read"), (64 * 128 + 128 * 96) * 8 * 3.0);
  EXPECT_DOUBLE_EQ(energy("memory.dram.write"), 64 * 96 * 8 * 5.0);
  EXPECT_DOUBLE_EQ(energy("array.mac"), 64 * 96 * 128 * 0.12);
  // Each input is read for 3 folds of n, each weight for 2 of m, the result once more on its way
  // out; what comes and the result are written.
  const double reads = 64 * 128 * 3 + 128 * 96 * 2 + 64 * 96;
  const double writes = 64 * 128 + 128 * 96 + 64 * 96;
  EXPECT_DOUBLE_EQ(energy("scratchpad"), reads * 2.89 + writes * 2.36);
}

TEST(AnalyticalRun, SharesAProductAmongArrays) {
  const auto busy = [](const hardware::PlatformConfig& platform) {
    return run(platform, gemm(64, 96, 128), mapping({"mapping.dataflow=os"}))
        .engines.front()
        .cycles.busy;
  };
  EXPECT_EQ(busy(edge()), 768);
  EXPECT_EQ(busy(edge({"platform.engines.array.count=2"})), 384);
}

TEST(AnalyticalRun, CountsLayersOneAfterTheOther) {
  const workload::Workload workload =
      workload::load_workload(ORRERY_SOURCE_DIR "/workloads/models/resnet18.yaml");
  const metrics::RunResult result = run(edge(), workload, mapping());
  EXPECT_TRUE(result.invariants_hold());
  base::Femtoseconds end = 0;
  for (const metrics::LayerResult& layer : result.layers) {
    EXPECT_EQ(layer.start, end) << layer.name;
    end = layer.end;
  }
  EXPECT_EQ(end, result.latency);
  const metrics::RunResult free =
      run(edge(), workload, mapping({"mapping.execution.other_operators=free"}));
  EXPECT_LT(free.latency, result.latency);
}

}  // namespace
}  // namespace orrery::analytical
