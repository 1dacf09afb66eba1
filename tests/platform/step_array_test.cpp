// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "platform/run.h"
#include "tests/platform/list_source.h"

namespace orrery::platform {
namespace {

using command::ComputeTile;
using command::SpaceKind;
using numeric::ElementType;

hardware::PlatformConfig steps_platform(const std::vector<std::string>& overrides = {}) {
  std::vector<config::Override> changes;
  for (const std::string& text : overrides) {
    changes.push_back(config::parse_override("platform.engines.array." + text));
  }
  return hardware::load_platform(ORRERY_SOURCE_DIR "/tests/platform/small_steps.yaml", changes);
}

command::View matrix(std::int64_t rows, std::int64_t columns, SpaceKind kind, ElementType type) {
  const std::int64_t bits = numeric::bits(type);
  command::View view;
  view.space = {kind, 0};
  view.type = type;
  view.row.push_back({rows, columns * bits, {}});
  view.column.push_back({columns, bits, {}});
  return view;
}

ComputeTile tile(std::int64_t m, std::int64_t n, std::int64_t k, ElementType a, ElementType b) {
  ComputeTile tile;
  tile.dataflow = timing::Dataflow::kOutputStationary;
  tile.m = m;
  tile.n = n;
  tile.k = k;
  tile.a = matrix(m, k, SpaceKind::kScratchpad, a);
  tile.b = matrix(k, n, SpaceKind::kScratchpad, b);
  tile.c = matrix(m, n, SpaceKind::kAccumulator, numeric::info(a).accumulator);
  tile.macs_useful = m * n * k;
  return tile;
}

metrics::RunResult run_tiles(const hardware::PlatformConfig& platform,
                             const std::vector<ComputeTile>& tiles) {
  command::StreamHeader header;
  header.workload = "test";
  header.platform = platform.name;
  header.engines = {"array", "vector", "load", "store"};
  header.tiers = {"memory"};
  header.layers.push_back({"layer", "matrix_multiplication", 0, "os", "", ""});
  for (const ComputeTile& tile : tiles) {
    header.layers[0].macs_useful += tile.macs_useful;
  }
  ListSource source(header);
  for (const ComputeTile& tile : tiles) {
    source.add(0, tile);
  }
  const metrics::RunResult result = run(platform, source).result;
  for (const metrics::Invariant& invariant : result.invariants) {
    EXPECT_TRUE(invariant.holds) << invariant.name << ": " << invariant.detail;
  }
  return result;
}

std::int64_t cycles(const hardware::PlatformConfig& platform, const ComputeTile& tile) {
  return run_tiles(platform, {tile}).cycles;
}

double energy_of(const metrics::RunResult& result, const std::string& component) {
  for (const auto& [name, picojoules] : result.energy_pj) {
    if (name == component) {
      return picojoules;
    }
  }
  return 0.0;
}

const ComputeTile kBytes = tile(4, 16, 16, ElementType::kInt8, ElementType::kInt8);

TEST(StepArrayEngine, ATileTakesDispatchItsBlocksItsStepsAndItsWayOut) {
  const metrics::RunResult result = run_tiles(steps_platform(), {kBytes});
  // 1 cycle of dispatch, 1 for the first blocks (4 x 4 bytes over 16, 4 x 8 over 32), 2 blocks of n
  // by 4 of k: 8 steps; 4 x 8 sums of 4 bytes over 64: 2 cycles; 3 of pipeline: 15.
  EXPECT_EQ(result.cycles, 15);
  const metrics::EngineResult& array = result.engines[0];
  EXPECT_EQ(array.kind, "mac_array");
  EXPECT_EQ(array.cycles.busy, 14);
  EXPECT_EQ(array.macs_useful, 4 * 16 * 16);
  EXPECT_EQ(array.macs_executed, 8 * 128);
  EXPECT_EQ(array.macs_possible, 15 * 128);
  // A once for each of 2 passes, B once; sums once.
  EXPECT_EQ(array.bytes_read, 2 * 64 + 256);
  EXPECT_EQ(array.bytes_written, 4 * 16 * 4);
}

TEST(StepArrayEngine, APortOneByteTooNarrowDoublesItsStepsAndAByteMoreDoesNothing) {
  // Blocks of B need 2 cycles: first step at 3, the last at 17, one cycle; 2 and 3 behind it.
  EXPECT_EQ(cycles(steps_platform({"b_port_bytes=31"}), kBytes), 23);
  EXPECT_EQ(cycles(steps_platform({"b_port_bytes=33"}), kBytes), 15);
  // A's block is loaded for each step, too, for there is one block of sums.
  EXPECT_EQ(cycles(steps_platform({"a_port_bytes=15"}), kBytes), 23);
  // With two, one of A serves two steps of B: blocks of A in 1, 2, steps in 3..10, both blocks of
  // sums leave in 4 cycles, 3 behind.
  EXPECT_EQ(cycles(steps_platform({"a_port_bytes=15", "sum_blocks=2"}), kBytes), 18);
  // Results that need a cycle more: 3 for each block, those of the first pass are hidden.
  EXPECT_EQ(cycles(steps_platform({"result_port_bytes=63"}), kBytes), 16);
}

TEST(StepArrayEngine, TypesOfBHaveCyclesOfTheirOwn) {
  // 16 bits: 2 cycles a step, blocks of 64 bytes in 2 cycles: first step at 3, the last at 17.
  const ComputeTile words = tile(4, 16, 16, ElementType::kInt8, ElementType::kInt16);
  EXPECT_EQ(cycles(steps_platform(), words), 17 + 2 + 2 + 3);
  // At twice the port the first step begins at 2.
  EXPECT_EQ(cycles(steps_platform({"b_port_bytes=64"}), words), 16 + 2 + 2 + 3);
}

TEST(StepArrayEngine, ArraysSideBySideAreOne) {
  // Twice as many columns: 4 steps, blocks of B of 64 bytes in 2 cycles, 256 bytes of sums in 4.
  EXPECT_EQ(cycles(steps_platform({"arrays_n=2", "b_port_bytes=64"}), kBytes), 2 + 4 + 4 + 3);
  EXPECT_EQ(cycles(steps_platform({"arrays_n=2"}), kBytes), 3 + 3 * 2 + 1 + 4 + 3);
}

TEST(StepArrayEngine, TheNextTileFollowsWithoutAGap) {
  // 8 steps more; the first tile's way out is hidden.
  EXPECT_EQ(run_tiles(steps_platform(), {kBytes, kBytes}).cycles, 15 + 8);
}

TEST(StepArrayEngine, EnergyIsThatOfProductsAndRegisters) {
  const metrics::RunResult result = run_tiles(steps_platform(), {kBytes});
  // configs/energy/nm28.yaml: mac.int8 0.12 pJ; registers 0.035 pJ a byte of 384 that are fetched
  // and of 8 x 32 x 4 that steps add to.
  EXPECT_NEAR(energy_of(result, "array.mac"), 1024 * 0.12, 1e-9);
  EXPECT_NEAR(energy_of(result, "array.registers"), (384 + 1024) * 0.035, 1e-9);
  // A named coefficient is that of the whole unit.
  const metrics::RunResult named = run_tiles(steps_platform({"operation=mac.fp8_e4m3"}), {kBytes});
  EXPECT_NEAR(energy_of(named, "array.mac"), 1024 * 0.18, 1e-9);
  EXPECT_EQ(energy_of(named, "array.registers"), 0.0);
}

TEST(StepArrayEngine, ABitSerialArrayTakesATermACycle) {
  const auto bit_serial = [](const std::vector<std::string>& overrides) {
    std::vector<config::Override> changes;
    for (const std::string& text : overrides) {
      changes.push_back(config::parse_override("platform.engines.array." + text));
    }
    return hardware::load_platform(ORRERY_SOURCE_DIR "/tests/platform/small_bit_serial.yaml",
                                   changes);
  };
  const ComputeTile bytes = tile(4, 16, 16, ElementType::kFp16, ElementType::kInt8);
  // 4 terms: first step at 2 (blocks of 32 and 32 bytes), 8 steps of 4 cycles, 2 and 3 behind.
  const metrics::RunResult result = run_tiles(bit_serial({}), {bytes});
  EXPECT_EQ(result.cycles, 2 + 8 * 4 + 2 + 3);
  EXPECT_NEAR(energy_of(result, "array.bit_serial"), 4 * 1024 * 0.21, 1e-9);
  EXPECT_EQ(energy_of(result, "array.registers"), 0.0);
  // The peak is that of the fewest terms: 128 products in 2 cycles.
  EXPECT_EQ(result.engines[0].macs_possible, result.cycles * 64);
  const ComputeTile nibbles = tile(4, 16, 16, ElementType::kFp16, ElementType::kInt4);
  EXPECT_EQ(cycles(bit_serial({}), nibbles), 2 + 8 * 2 + 2 + 3);
}

}  // namespace
}  // namespace orrery::platform
