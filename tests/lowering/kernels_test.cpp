// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>

#include "config/yaml.h"
#include "lowering/lowering.h"
#include "lowering/matrix/matrix_layer.h"
#include "tests/lowering/small_machine.h"
#include "workload/graph_builder.h"

namespace orrery::lowering {
namespace {

// 24 x 20 times 20 x 16, in fp16.
workload::Graph one_product() {
  workload::GraphBuilder builder("one", {});
  const auto x = builder.input("x", {24, 20}, {});
  (void)builder.linear("product", x, 16, false, {});
  return builder.finish();
}

// Four partitions before a cache that gives so many bytes a cycle.
Machine shared_machine(std::int64_t bytes_per_cycle) {
  Machine machine = small_machine();
  machine.partitions = 4;
  machine.tiers.front().cache_bytes = 1 << 20;
  machine.tiers.front().cache_bytes_per_cycle = bytes_per_cycle;
  return machine;
}

MatrixTiling tiling_with(const std::string& rules, const Machine& machine) {
  config::Reader reader("mapping");
  const auto mapping = MappingConfig::schema().read(
      config::parse_yaml("tile_budget_percent: 100\nlayers: " + rules, "map.yaml"), reader);
  reader.diagnostics().throw_if_any();
  const auto plan = make_plan(one_product(), machine, *mapping, 0);
  return dynamic_cast<const MatrixLayer&>(*plan->layers.front().body).tiling();
}

std::string kernel(int m, int n, int stages = 2) {
  return fmt::format("{{tiles: {{m: {}, n: {}, k: 20}}, stages: {}}}", m, n, stages);
}

TEST(Kernels, TheOneOfTheLeastEstimateIsTaken) {
  Machine machine = shared_machine(64);
  machine.arrays.front().accumulator_bytes = 4096;
  const auto alone = [&](int m, int n) {
    return tiling_with(fmt::format("[{{kernels: [{}]}}]", kernel(m, n)), machine);
  };
  const MatrixTiling wide = alone(24, 16);  // one tile, so that three partitions have none
  const MatrixTiling small = alone(12, 8);  // four tiles
  ASSERT_LT(small.estimate(), wide.estimate());
  for (const char* order : {"{0}, {1}", "{1}, {0}"}) {
    const std::string kernels = fmt::format(fmt::runtime(order), kernel(24, 16), kernel(12, 8));
    const MatrixTiling chosen = tiling_with("[{kernels: [" + kernels + "]}]", machine);
    EXPECT_EQ(chosen.columns, 12);
    EXPECT_EQ(chosen.features, 8);
    EXPECT_EQ(chosen.estimate(), small.estimate());
  }
}

TEST(Kernels, ComputeWholeTiles) {
  const MatrixTiling tiling = tiling_with("[{kernels: [" + kernel(4, 17) + "]}]", small_machine());
  EXPECT_TRUE(tiling.whole_tiles);
  EXPECT_EQ(tiling.columns, 4);
  EXPECT_EQ(tiling.features, 17);
}

// Three tiles of m by two of n are two rounds on four partitions; in clusters of two they are
// counted as four by two, which are two as well. Two partitions: three rounds and four.
TEST(Kernels, ClustersWaitForTilesThatAreNone) {
  const auto cycles = [](std::int64_t partitions, int cluster) {
    Machine machine = shared_machine(1024);
    machine.partitions = partitions;
    const MatrixTiling tiling = tiling_with(
        fmt::format("[{{kernels: [{{tiles: {{m: 8, n: 8, k: 20}}, stages: 2, cluster: {}}}]}}]",
                    cluster),
        machine);
    EXPECT_EQ(tiling.cluster, cluster);
    EXPECT_TRUE(cluster == 1 || tiling.m_outer);
    return tiling.array_cycles;
  };
  const std::int64_t tile = cycles(6, 1);
  EXPECT_EQ(cycles(4, 1), 2 * tile);
  EXPECT_EQ(cycles(4, 2), 2 * tile);
  EXPECT_EQ(cycles(2, 1), 3 * tile);
  EXPECT_EQ(cycles(2, 2), 4 * tile);
  EXPECT_EQ(cycles(8, 2), tile);
}

TEST(Kernels, HaveAsManyStagesAsFitAndOneBufferOfResults) {
  Machine machine = small_machine();
  // Of a 8 x 4, of b 4 x 8, of c 8 x 8 elements of two bytes: 64, 64 and 128 bytes.
  const auto stages_in = [&](std::int64_t scratchpad) {
    machine.scratchpad_bytes = scratchpad;
    const MatrixTiling tiling =
        tiling_with("[{kernels: [{tiles: {m: 8, n: 8, k: 4}, stages: 4}]}]", machine);
    EXPECT_EQ(tiling.a_slots, tiling.b_slots);
    EXPECT_EQ(tiling.c_slots, 1);
    return tiling.a_slots;
  };
  EXPECT_EQ(stages_in(128 + 4 * 128), 4);
  EXPECT_EQ(stages_in(128 + 4 * 128 - 1), 3);
  EXPECT_EQ(stages_in(128 + 2 * 128), 2);
  // The five tiles of k are more than the stages; three tiles of 8 are fewer.
  machine.scratchpad_bytes = 8192;
  const MatrixTiling few =
      tiling_with("[{kernels: [{tiles: {m: 8, n: 8, k: 8}, stages: 4}]}]", machine);
  EXPECT_EQ(few.a_slots, 3);
}

TEST(Kernels, ALaterRulePutsThemAside) {
  const std::string kernels = "{kernels: [" + kernel(12, 8) + "]}";
  const MatrixTiling fixed = tiling_with("[" + kernels + ", {tiles: {m: 4}}]", small_machine());
  EXPECT_EQ(fixed.columns, 4);
  EXPECT_EQ(fixed.c_slots, fixed.buffers);
  const MatrixTiling back = tiling_with("[{tiles: {m: 4}}, " + kernels + "]", small_machine());
  EXPECT_EQ(back.columns, 12);
}

// Six tiles of 8 x 8 are a round of four and one of two. Loads: rows of a 24 * 40 bytes, twice; of
// b 20 * (32 + 2 pieces * 16), three times; c 24 * (32 + 2 * 16): 1920 + 3840 + 1536 = 7296, of a
// tile 1216.
TEST(Kernels, ARoundLastsAsLongAsItsTileOrItsLoads) {
  for (const std::int64_t bytes_per_cycle : {1, 4, 8, 16, 32, 64, 1024}) {
    const Machine machine = shared_machine(bytes_per_cycle);
    const MatrixTiling tiling =
        tiling_with("[{tiles: {m: 8, n: 8, k: 20}, loop_order: [m, n, k]}]", machine);
    const std::int64_t tile = tiling.array_cycles / 2;
    EXPECT_EQ(tiling.wave_cycles, std::max(tile, 4 * 1216 / bytes_per_cycle) +
                                      std::max(tile, 2 * 1216 / bytes_per_cycle))
        << bytes_per_cycle;
  }
}

}  // namespace
}  // namespace orrery::lowering
