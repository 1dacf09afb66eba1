// SPDX-License-Identifier: Apache-2.0
// The shipped platforms with arrays of look-up tables and of bit-serial elements, on a product and
// on a decoder block.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lowering/lowering.h"
#include "lowering/with_tables.h"
#include "platform/run.h"
#include "workload/workload.h"

namespace orrery::platform {
namespace {

const std::string kRoot = ORRERY_SOURCE_DIR;

metrics::RunResult run_on(const std::string& platform_name, const std::string& workload_name,
                          const std::string& weights, const std::string& mapping_name = "",
                          const std::string& tables = "") {
  const auto platform =
      hardware::load_platform(kRoot + "/configs/platforms/" + platform_name + ".yaml");
  const auto workload =
      workload::load_workload(kRoot + "/workloads/layers/" + workload_name + ".yaml",
                              {config::parse_override("workload.types.weights=" + weights)});
  std::vector<config::Override> changes;
  if (!tables.empty()) {
    changes.push_back(config::parse_override("mapping.tables=" + tables));
  }
  const lowering::MappingConfig mapping =
      mapping_name.empty()
          ? lowering::default_mapping(changes)
          : lowering::load_mapping(kRoot + "/configs/mappings/" + mapping_name + ".yaml", changes);
  const lowering::Machine machine = lowering::machine_from(platform);
  const workload::Graph graph = lowering::with_tables(workload.graph, machine, mapping);
  lowering::LoweredStream stream(lowering::make_plan(graph, machine, mapping, 1));
  metrics::RunResult result = run(platform, stream).result;
  for (const metrics::Invariant& invariant : result.invariants) {
    EXPECT_TRUE(invariant.holds) << invariant.name << ": " << invariant.detail;
  }
  return result;
}

const metrics::EngineResult& engine(const metrics::RunResult& result, const std::string& name) {
  for (const metrics::EngineResult& one : result.engines) {
    if (one.name == name) {
      return one;
    }
  }
  throw std::invalid_argument(name);
}

double energy_of(const metrics::RunResult& result, const std::string& component) {
  for (const auto& [name, picojoules] : result.energy_pj) {
    if (name == component) {
      return picojoules;
    }
  }
  return 0.0;
}

// Products of the block: 8 tokens, four of 256 x 256, three of 256 x 512.
constexpr std::int64_t kProducts = 8 * (4 * 256 * 256 + 3 * 256 * 512);

TEST(BitSerialNpu, TakesFewerCyclesForFewerTerms) {
  std::int64_t before = 0;
  for (const std::string weights : {"int4", "int6", "int8"}) {
    const metrics::RunResult result = run_on("bit_serial_npu", "tiny_low_bit", weights);
    const metrics::EngineResult& array = engine(result, "array");
    EXPECT_GT(array.macs_useful, kProducts);  // and attention
    EXPECT_GT(array.cycles.busy, before) << weights;
    before = array.cycles.busy;
  }
}

TEST(BitSerialNpu, CountsTheTermsOfEveryProduct) {
  const metrics::RunResult result = run_on("bit_serial_npu", "tiny_low_bit", "int6");
  // 3 terms of int6, 4 of the fp16 keys and values, of 32 tokens: tiles hold the pairs that the
  // mask leaves out, too. 0.21 pJ each.
  const std::int64_t attention = 2 * 4 * 8 * 32 * 64;
  EXPECT_NEAR(energy_of(result, "array.bit_serial"),
              0.21 * static_cast<double>(3 * kProducts + 4 * attention), 1.0);
}

TEST(LutNpu, MultipliesByTablesAndDoesAttentionOnMultipliers) {
  const metrics::RunResult result = run_on("lut_npu", "tiny_low_bit", "int2", "lut_npu");
  EXPECT_EQ(engine(result, "array").macs_useful, kProducts);
  EXPECT_GT(engine(result, "floats").macs_useful, 0);
  // A look-up for 4 products of each of 2 bits, 0.127 pJ.
  EXPECT_NEAR(energy_of(result, "array.lut"), 0.127 * static_cast<double>(kProducts / 4 * 2), 1.0);
}

TEST(LutNpu, MakesTablesWhereTheMappingSays) {
  const auto fused = run_on("lut_npu", "tiny_low_bit", "int2", "lut_npu", "fused");
  const auto separate = run_on("lut_npu", "tiny_low_bit", "int2", "lut_npu", "separate");
  const auto per_tile = run_on("lut_npu", "tiny_low_bit", "int2", "lut_npu", "per_tile");
  // Four tensors are multiplied: the two norms' and the gated ones can be fused, attention's
  // cannot.
  EXPECT_EQ(fused.layers.size() + 3, separate.layers.size());
  EXPECT_EQ(per_tile.layers.size() + 1, fused.layers.size());
  // Tables of 8 x 256 + 8 x 256 + 8 x 512 activations of 16 bits that are written and read besides.
  EXPECT_GE(separate.tiers[0].bytes_written, fused.tiers[0].bytes_written + 8 * 1024 * 2);
  EXPECT_GT(separate.cycles, fused.cycles);
  // Tables are made for each product that reads them.
  EXPECT_GT(engine(per_tile, "vector").bytes_written, engine(separate, "vector").bytes_written);
}

TEST(LutNpu, TakesACycleForEachBitOfAWeight) {
  // One product, m 8 n 1024 k 1024, on an array of 8 x 256 x 4: 4 x 256 steps, with nothing else
  // that takes as long.
  std::int64_t before = 0;
  for (const auto& [weights, bits] :
       std::vector<std::pair<std::string, std::int64_t>>{{"int1", 1}, {"int2", 2}, {"int4", 4}}) {
    const metrics::RunResult result = run_on("lut_npu", "tiny_low_bit_gemm", weights);
    const std::int64_t busy = engine(result, "array").cycles.busy;
    EXPECT_GE(busy, 1024 * bits) << weights;
    EXPECT_GT(busy, before) << weights;
    before = busy;
  }
}

}  // namespace
}  // namespace orrery::platform
