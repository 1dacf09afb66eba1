// SPDX-License-Identifier: Apache-2.0
#include "platform/run.h"

#include <gtest/gtest.h>

#include <atomic>
#include <numeric>

#include "tests/platform/list_source.h"

namespace orrery::platform {
namespace {

using command::ComputeTile;
using command::Move;
using command::SpaceKind;
using command::VectorCommand;

constexpr command::EngineIndex kArray = 0;
constexpr command::EngineIndex kVector = 1;
constexpr command::EngineIndex kLoad = 2;
constexpr command::EngineIndex kStore = 3;

// 16x16 array and 16 lanes at 1 GHz, ideal memory answering 1 fs after the fabric's 2 x 5 ns.
hardware::PlatformConfig small_platform(const std::vector<std::string>& overrides = {}) {
  std::vector<config::Override> changes;
  for (const std::string& text : overrides) {
    changes.push_back(config::parse_override(text));
  }
  return hardware::load_platform(ORRERY_SOURCE_DIR "/tests/platform/small.yaml", changes);
}

Move load(std::int64_t bytes) {
  Move move;
  move.source.space = {SpaceKind::kTier, 0};
  move.destination.space = {SpaceKind::kScratchpad, 0};
  move.row_bytes = bytes;
  return move;
}

Move store(std::int64_t bytes) {
  Move move = load(bytes);
  std::swap(move.source, move.destination);
  return move;
}

command::View matrix(std::int64_t rows, std::int64_t columns, SpaceKind kind) {
  command::View view;
  view.space = {kind, 0};
  view.type =
      kind == SpaceKind::kAccumulator ? numeric::ElementType::kInt32 : numeric::ElementType::kInt8;
  view.row.push_back({rows, columns, {}});
  view.column.push_back({columns, 1, {}});
  return view;
}

ComputeTile tile(std::int64_t m, std::int64_t n, std::int64_t k) {
  ComputeTile tile;
  tile.m = m;
  tile.n = n;
  tile.k = k;
  tile.a = matrix(m, k, SpaceKind::kScratchpad);
  tile.b = matrix(k, n, SpaceKind::kScratchpad);
  tile.c = matrix(m, n, SpaceKind::kAccumulator);
  tile.macs_useful = m * n * k;
  return tile;
}

VectorCommand write_out(std::int64_t rows, std::int64_t columns) {
  VectorCommand command;
  command.rows = rows;
  command.columns = columns;
  command.source = matrix(rows, columns, SpaceKind::kAccumulator);
  command.destination = matrix(rows, columns, SpaceKind::kScratchpad);
  return command;
}

command::StreamHeader header(std::int64_t macs) {
  command::StreamHeader header;
  header.workload = "test";
  header.platform = "small";
  header.engines = {"array", "vector", "load", "store"};
  header.tiers = {"memory"};
  header.layers.push_back({"layer", "matrix_multiplication", macs, "ws", "", ""});
  return header;
}

void expect_invariants(const metrics::RunResult& result) {
  EXPECT_FALSE(result.invariants.empty());
  for (const metrics::Invariant& invariant : result.invariants) {
    EXPECT_TRUE(invariant.holds) << invariant.name << ": " << invariant.detail;
  }
}

TEST(Run, ALonelyTileTakesDispatchPreloadStreamAndDrain) {
  ListSource source(header(16 * 16 * 16));
  source.add(kArray, tile(16, 16, 16));
  const metrics::RunResult result = run(small_platform(), source).result;
  // 1 cycle of dispatch, 16 of preload, then 16 + 16 + 16 - 1 until the last sum is written:
  // 1 + 16 + 47 = 64 cycles of 1 ns.
  EXPECT_EQ(result.latency, 64'000'000);
  EXPECT_EQ(result.cycles, 64);
  EXPECT_EQ(result.engines[kArray].cycles.busy, 63);
  EXPECT_EQ(result.engines[kArray].cycles.idle, 1);
  EXPECT_EQ(result.engines[kArray].macs_useful, 4096);
  expect_invariants(result);
}

TEST(Run, ARowStationaryTileIsFedEachInputOnce) {
  // 4 x 5 outputs of a 3x3 filter over 6 x 7 inputs of one channel.
  ComputeTile windows = tile(20, 1, 9);
  windows.dataflow = timing::Dataflow::kRowStationary;
  windows.window.output_rows = 4;
  windows.window.output_columns = 5;
  windows.window.filter_rows = windows.window.filter_columns = 3;
  windows.a.row = {{4, 56, {}}, {5, 8, {}}};
  windows.a.column = {{3, 56, {}}, {3, 8, {}}};
  ListSource source(header(20 * 9));
  source.add(kArray, windows);
  const metrics::RunResult result = run(small_platform(), source).result;
  // 1 cycle of dispatch, 1 for filters and first inputs, 5 columns of 3 cycles, 1 for the sum of a
  // column of the array, 16 rows down: 34.
  EXPECT_EQ(result.cycles, 34);
  EXPECT_EQ(result.engines[kArray].bytes_read, 6 * 7 + 9);
  EXPECT_EQ(result.engines[kArray].bytes_written, 20 * 4);
  // 256 PEs for 15 cycles.
  EXPECT_EQ(result.engines[kArray].macs_executed, 3840);
  EXPECT_EQ(result.engines[kArray].macs_useful, 180);
  expect_invariants(result);
}

TEST(Run, AChainOfLoadComputeWriteOutAndStoreAddsUp) {
  ListSource source(header(16 * 16 * 16));
  const auto a = source.add(kLoad, load(512));
  const auto b = source.add(kArray, tile(16, 16, 16), {{kLoad, a}});
  const auto c = source.add(kVector, write_out(16, 16), {{kArray, b}});
  source.add(kStore, store(256), {{kVector, c}});
  const metrics::RunResult result = run(small_platform(), source).result;
  // The load is dispatched in cycle 1 and answered at 1 ns + 1 fs, seen at edge 2. The tile starts
  // there: 16 + 47 cycles, to 65. The write-out: latency 4 + 256 / 16 = 20 cycles, to 85. The store
  // is answered 1 fs after edge 85, seen at edge 86.
  EXPECT_EQ(result.latency, 86'000'000);
  EXPECT_EQ(result.engines[kLoad].cycles.busy, 1);
  EXPECT_EQ(result.engines[kArray].cycles.busy, 63);
  EXPECT_EQ(result.engines[kVector].cycles.busy, 20);
  // The store arrived at cycle 4 and waits until 85.
  EXPECT_EQ(result.engines[kStore].cycles.stalled, 81);
  ASSERT_EQ(result.engines[kStore].stall_causes.size(), 1U);
  EXPECT_EQ(result.engines[kStore].stall_causes[0].first, "waits for vector_unit");
  EXPECT_EQ(result.tiers[0].bytes_read, 512);
  EXPECT_EQ(result.tiers[0].bytes_written, 256);
  expect_invariants(result);
}

// The same chain, over time: what each engine did adds up to its cycles of 1 ns, and stands in the
// intervals of 2^20 fs in which it did it.
TEST(Run, ActivityOverTimeAddsUpToTheCycles) {
  ListSource source(header(16 * 16 * 16));
  const auto a = source.add(kLoad, load(512));
  const auto b = source.add(kArray, tile(16, 16, 16), {{kLoad, a}});
  const auto c = source.add(kVector, write_out(16, 16), {{kArray, b}});
  source.add(kStore, store(256), {{kVector, c}});
  const metrics::RunResult result = run(small_platform(), source).result;
  const metrics::Activity& activity = result.activity;
  constexpr base::Femtoseconds kInterval = 1 << 20;
  ASSERT_EQ(activity.interval, kInterval);
  // 86 ns / 1.048576 ns = 82.02
  ASSERT_EQ(activity.engines[kArray].busy.size(), 83U);
  const auto sum = [](const std::vector<std::int64_t>& values) {
    return std::accumulate(values.begin(), values.end(), std::int64_t{0});
  };
  for (std::size_t e = 0; e < result.engines.size(); ++e) {
    EXPECT_EQ(sum(activity.engines[e].busy), result.engines[e].cycles.busy * 1'000'000);
    EXPECT_EQ(sum(activity.engines[e].stalled), result.engines[e].cycles.stalled * 1'000'000);
    EXPECT_EQ(sum(activity.engines[e].macs_useful), result.engines[e].macs_useful);
  }
  // The tile is executed from 2 ns to 65 ns: from 0.907 of interval 1 to 0.989 of interval 61.
  const std::vector<std::int64_t>& busy = activity.engines[kArray].busy;
  EXPECT_EQ(busy[0], 0);
  EXPECT_EQ(busy[1], 2 * kInterval - 2'000'000);
  EXPECT_EQ(busy[30], kInterval);
  EXPECT_EQ(busy[61], 65'000'000 - 61 * kInterval);
  EXPECT_EQ(busy[62], 0);
  EXPECT_EQ(sum(activity.tier_bytes[0]), 512 + 256);
  // An ideal memory moves the load's bytes at once, at 1 ns, and the store's at 85 ns.
  EXPECT_EQ(activity.tier_bytes[0][0], 512);
  EXPECT_EQ(activity.tier_bytes[0][81], 256);
}

TEST(Run, AFullQueueStopsTheStreamAndABarrierWaitsForAll) {
  for (const bool with_barrier : {false, true}) {
    ListSource source(header(4 * 16 * 16 * 16));
    for (int i = 0; i < 4; ++i) {
      source.add(kArray, tile(16, 16, 16));
      if (with_barrier) {
        source.add(kArray, command::Barrier{});
      }
    }
    const metrics::RunResult result =
        run(small_platform({"platform.engines.array.queue_depth=1"}), source).result;
    // Back to back, a tile follows the one before after 16 cycles: 1 + 16 + 3 * 16 + 47 = 112.
    // After a barrier every tile is alone and dispatched anew: 4 * (1 + 63) = 256.
    EXPECT_EQ(result.cycles, with_barrier ? 256 : 112);
    expect_invariants(result);
  }
}

TEST(Run, ALayerThatIsAKernelWaitsForAllBeforeItAndItsLaunch) {
  const auto cycles_with = [](const std::string& latency) {
    command::StreamHeader two_layers = header(2 * 16 * 16 * 16);
    two_layers.layers.push_back(two_layers.layers.front());
    ListSource source(two_layers);
    for (command::LayerIndex layer = 0; layer < 2; ++layer) {
      source.add(kArray, tile(16, 16, 16), {}, layer);
      source.add(kArray, tile(16, 16, 16), {}, layer);
    }
    const metrics::RunResult result =
        run(small_platform({"platform.sequencer.launch_latency=" + latency}), source).result;
    expect_invariants(result);
    return result.cycles;
  };
  // Four tiles back to back: 1 + 16 + 3 * 16 + 47 = 112.
  EXPECT_EQ(cycles_with("0 ns"), 112);
  // Two kernels of two tiles, each 1 + 16 + 16 + 47 = 80 behind its launch.
  EXPECT_EQ(cycles_with("1 ns"), 2 * (1 + 80));
  EXPECT_EQ(cycles_with("500 ns"), 2 * (500 + 80));
}

TEST(Run, TwoClocksMeetAtTheFirstEdgeThatIsNotBefore) {
  ListSource source(header(0));
  source.add(kVector, write_out(16, 16));
  // Dispatched at edge 1 of 1 GHz = 1,000,000 fs. The unit's period is 10/13 ns: edges 0, 769230,
  // 1538461. It starts at edge 2 and takes 20 cycles: edge 22 = floor(22 * 10e6 / 13) = 16923076.
  const metrics::RunResult result =
      run(small_platform({"platform.clocks.fast=1300 MHz", "platform.engines.vector.clock=fast"}),
          source)
          .result;
  EXPECT_EQ(result.latency, 16'923'076);
}

TEST(Run, ConstructionOrderDoesNotShow) {
  const auto run_with = [](bool reverse) {
    ListSource source(header(64 * 4096));
    for (int i = 0; i < 64; ++i) {
      const auto a = source.add(kLoad, load(512));
      const auto b = source.add(kArray, tile(16, 16, 16), {{kLoad, a}});
      const auto c = source.add(kVector, write_out(16, 16), {{kArray, b}});
      source.add(kStore, store(256), {{kVector, c}});
    }
    RunOptions options;
    options.reverse_construction = reverse;
    return run(small_platform({"platform.memory.memory.model=dram"}), source, options).result;
  };
  const metrics::RunResult forward = run_with(false);
  const metrics::RunResult backward = run_with(true);
  EXPECT_EQ(forward.latency, backward.latency);
  EXPECT_EQ(forward.energy_pj, backward.energy_pj);
  EXPECT_EQ(forward.tiers[0].row_hits, backward.tiers[0].row_hits);
  expect_invariants(forward);
}

TEST(Run, AnInterruptedRunIsPartial) {
  ListSource source(header(64 * 4096));
  for (int i = 0; i < 64; ++i) {
    source.add(kArray, tile(16, 16, 16));
  }
  const std::atomic<bool> interrupt = true;
  RunOptions options;
  options.interrupt = &interrupt;
  const metrics::RunResult result = run(small_platform(), source, options).result;
  EXPECT_TRUE(result.partial);
  EXPECT_EQ(result.partial_reason, "interrupted");
}

TEST(Run, CommandsThatWaitForEachOtherAreAnInternalErrorNotAHang) {
  ListSource source(header(4096));
  source.add(kArray, tile(16, 16, 16), {{kVector, 2}});
  source.add(kVector, write_out(16, 16), {{kArray, 1}});
  try {
    (void)run(small_platform(), source);
    FAIL();
  } catch (const base::InternalError& error) {
    EXPECT_NE(std::string(error.what()).find("waits for command 2"), std::string::npos)
        << error.what();
  }
}

TEST(Run, AMissingEnergyCoefficientIsAnErrorThatNamesIt) {
  hardware::PlatformConfig platform = small_platform();
  std::erase_if(platform.energy.actions,
                [](const auto& action) { return action.first == "mac.int8"; });
  ListSource source(header(4096));
  source.add(kArray, tile(16, 16, 16));
  try {
    (void)run(platform, source);
    FAIL();
  } catch (const base::UserError& error) {
    EXPECT_NE(std::string(error.what()).find("'mac.int8'"), std::string::npos);
  }
}

}  // namespace
}  // namespace orrery::platform
