// SPDX-License-Identifier: Apache-2.0
// Products with weights in banks on shipped platforms: their parts, a closed form, and where
// policies put them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "lowering/lowering.h"
#include "platform/run.h"
#include "workload/graph_builder.h"
#include "workload/workload.h"

namespace orrery::platform {
namespace {

const std::string kRoot = ORRERY_SOURCE_DIR;

hardware::PlatformConfig platform_of(const std::string& name,
                                     const std::vector<std::string>& changes = {}) {
  std::vector<config::Override> overrides;
  for (const std::string& change : changes) {
    overrides.push_back(config::parse_override("platform." + change));
  }
  return hardware::load_platform(kRoot + "/configs/platforms/" + name + ".yaml", overrides);
}

lowering::MappingConfig mapping_of(const std::string& policy) {
  return lowering::load_mapping(kRoot + "/configs/mappings/offload_" + policy + ".yaml");
}

const lowering::PimCosts& costs_of(const lowering::Machine& machine) {
  return *std::find_if(machine.tiers.begin(), machine.tiers.end(), [](const auto& tier) {
            return tier.pim_costs != nullptr;
          })->pim_costs;
}

// NeuPIMs opens a tile in 104 cycles, the second rank's commands a cycle later on the shared bus;
// 31 columns of 2 cycles after the first, nRTP 5, nRP 14: 105 + 62 + 5 + 14 = 186. The vector comes
// meanwhile, through the other row buffer. GDDR6-AiM: 226 cycles of 0.5 ns. Its vector comes before
// the row is opened and costs time of its own.
TEST(PimParts, ComeFromTheTimingOfTheMemory) {
  const lowering::Machine neupims = lowering::machine_from(platform_of("neupims"));
  EXPECT_EQ(costs_of(neupims).tile.all, base::Rational(186));
  EXPECT_EQ(costs_of(neupims).round.all, base::Rational(186));
  EXPECT_LT(costs_of(neupims).round_open.all, base::Rational(186));
  const lowering::Machine aim = lowering::machine_from(platform_of("aim_npu"));
  EXPECT_EQ(costs_of(aim).tile.all, base::Rational(113));
  EXPECT_GT(costs_of(aim).round.all, base::Rational(113));
  EXPECT_LT(costs_of(aim).round_open.all, costs_of(aim).round.all);
}

struct Product {
  metrics::RunResult result;
  std::int64_t estimate = 0;
};

Product run_product(const hardware::PlatformConfig& platform, std::int64_t k, std::int64_t n) {
  workload::GraphBuilder builder("product", {});
  const workload::TensorId x = builder.input("x", {1, k}, {});
  builder.linear("y", x, n, false, {});
  lowering::MappingConfig mapping;
  mapping.layers.emplace_back().offload = {lowering::OffloadPolicy::kAlways, {}, ""};
  const auto plan =
      lowering::make_plan(builder.finish(), lowering::machine_from(platform), mapping, 1);
  lowering::LoweredStream stream(plan);
  return {run(platform, stream, {}).result, plan->layers[0].body->estimated_cycles().value_or(0)};
}

// How many layers of a decode step a policy puts into banks, and of how many.
struct Choice {
  int products = 0;
  int attention = 0;
};

Choice choice(const std::string& platform, const std::string& policy, int batch) {
  std::vector<config::Override> overrides{
      config::parse_override("workload.layers=1"),
      config::parse_override("workload.blocks_only=true"),
      config::parse_override("workload.batch=" + std::to_string(batch))};
  const auto workload =
      workload::load_workload(kRoot + "/workloads/models/gpt3_7b_decode.yaml", overrides);
  const auto plan =
      lowering::make_plan(workload.graph, lowering::machine_from(platform_of(platform)),
                          mapping_of(policy), workload.seed);
  Choice result;
  for (const auto& layer : plan->layers) {
    result.products += layer.group.product ? 1 : 0;
    result.attention += layer.group.pim ? 1 : 0;
  }
  return result;
}

// One weight element does m products, an fp16 one m / 2 a byte: 0.5 at batch 1 and 128 at 256,
// where 131,072 products a cycle on arrays meet 1,024 bytes: 128. Attention does 0.5 at any batch.
// A block of GPT-3 has query, key and value, projection and two products of the MLP.
TEST(OffloadPolicies, PickByBatch) {
  for (const char* platform : {"neupims", "aim_npu"}) {
    EXPECT_EQ(choice(platform, "never", 1).products, 0) << platform;
    EXPECT_EQ(choice(platform, "never", 1).attention, 0) << platform;
    const Choice always = choice(platform, "always", 256);
    EXPECT_GT(always.products, 3) << platform;
    EXPECT_EQ(always.attention, 1) << platform;
    EXPECT_EQ(choice(platform, "intensity", 1).products, always.products) << platform;
    EXPECT_EQ(choice(platform, "intensity", 255).products, always.products) << platform;
    EXPECT_EQ(choice(platform, "intensity", 256).products, 0) << platform;
    EXPECT_EQ(choice(platform, "intensity", 256).attention, 1) << platform;
    EXPECT_EQ(choice(platform, "time", 1).products, always.products) << platform;
    EXPECT_EQ(choice(platform, "time", 256).products, 0) << platform;
  }
}

// Without refresh, every tile of the channel one after the other is the least that a product can
// take: of 4,096 products in 8 rows of 512 (NeuPIMs) or 4 of 1,024 (AiM), and n outputs in
// n / (32 * 32) or n / (16 * 8) tiles. The vector's way in and the outputs' way out come to that,
// and on AiM the loads of 4 chunks: less than 1,000 cycles. The estimate is within 5 %.
TEST(PimProducts, TakeTheCyclesOfTheirTiles) {
  struct Case {
    const char* platform;
    const char* tier;
    std::int64_t chunks;
    std::int64_t wave;
    std::int64_t tile;
  };
  for (const Case& one :
       {Case{"neupims", "hbm", 8, 1024, 186}, Case{"aim_npu", "dram", 4, 128, 113}}) {
    const auto platform = platform_of(
        one.platform, {std::string("memory.") + one.tier + ".controller.refresh_policy=none"});
    for (const std::int64_t n : {1024, 2048, 4096}) {
      const Product product = run_product(platform, 4096, n);
      EXPECT_TRUE(product.result.invariants_hold());
      const std::int64_t cycles = product.result.layers[0].cycles;
      const std::int64_t tiles = one.chunks * (n / one.wave) * one.tile;
      EXPECT_GE(cycles, tiles) << one.platform << " " << n;
      EXPECT_LE(cycles, tiles + 1000) << one.platform << " " << n;
      EXPECT_LE(std::abs(cycles - product.estimate) * 20, cycles) << one.platform << " " << n;
      EXPECT_EQ(product.result.layers[0].macs_useful, 4096 * n);
    }
  }
}

}  // namespace
}  // namespace orrery::platform
