// SPDX-License-Identifier: Apache-2.0
// A decode step of requests of their own lengths, from the file to the cycles.
#include <gtest/gtest.h>

#include <algorithm>

#include "lowering/lowering.h"
#include "platform/run.h"
#include "workload/workload.h"

namespace orrery::platform {
namespace {

metrics::RunResult run_batch(const std::string& platform_name,
                             const std::vector<std::string>& changes) {
  const std::string root = ORRERY_SOURCE_DIR;
  const auto platform =
      hardware::load_platform(root + "/configs/platforms/" + platform_name + ".yaml");
  std::vector<config::Override> overrides{
      config::parse_override("workload.requests.distribution=null"),
      config::parse_override("workload.requests.cap=null")};
  for (const std::string& change : changes) {
    overrides.push_back(config::parse_override(change));
  }
  const auto workload =
      workload::load_workload(root + "/workloads/requests/gpt3_7b_sharegpt.yaml", overrides);
  lowering::LoweredStream stream(lowering::make_plan(workload.graph,
                                                     lowering::machine_from(platform),
                                                     lowering::default_mapping(), workload.seed));
  return run(platform, stream, {}).result;
}

const metrics::LayerResult& layer(const metrics::RunResult& result, const std::string& name) {
  return *std::find_if(result.layers.begin(), result.layers.end(),
                       [&](const metrics::LayerResult& one) { return one.name == name; });
}

TEST(BatchedDecode, AttentionDoesWhatEachRequestNeeds) {
  const metrics::RunResult result =
      run_batch("neupims_npu",
                {"workload.requests.contexts=[0, 2047, 1, 300, 513]", "workload.requests.batch=5"});
  EXPECT_TRUE(result.invariants_hold());
  // 1 + 2,048 + 2 + 301 + 514 = 2,866 keys, 8 heads, 128 + 128 products each.
  EXPECT_EQ(layer(result, "layer0.attention.core").macs_useful, 2866 * 8 * 256);
}

// The link of neupims_npu_link moves 300 GB/s each way after 1 us. 16 tokens of 4,096 fp16 are
// 131,072 bytes, a quarter of them a chunk: 6 steps of 1,000 + 32,768 / 300 = 1,109.2 cycles.
TEST(BatchedDecode, AnAllReduceTakesTheStepsOfItsRing) {
  const metrics::RunResult result = run_batch(
      "neupims_npu_link", {"workload.requests.contexts=[20]", "workload.requests.batch=16",
                           "workload.parallel.all_reduce=true"});
  EXPECT_TRUE(result.invariants_hold());
  const metrics::LayerResult& sum = layer(result, "layer0.attention.all_reduce");
  EXPECT_GE(sum.cycles, 6655);
  // The fabric's 40 cycles a step, x and y on their way, additions of 128 elements a cycle.
  EXPECT_LE(sum.cycles, 6655 + 6 * 40 + 1000);
  ASSERT_EQ(sum.tiers.size(), 2U);
  EXPECT_EQ(sum.tiers[1].bytes_read, 6 * 32768);
  EXPECT_EQ(sum.tiers[1].bytes_written, 6 * 32768);
}

}  // namespace
}  // namespace orrery::platform
