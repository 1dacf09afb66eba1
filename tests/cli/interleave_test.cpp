// SPDX-License-Identifier: Apache-2.0
// A batch as two sub-batches, a stage apart.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "report/json.h"
#include "tests/cli/process.h"

namespace orrery::cli {
namespace {

namespace fs = std::filesystem;
using report::Json;
using testing::HasSubstr;

class Interleave : public testing::Test {
 protected:
  ~Interleave() override { fs::remove_all(folder_); }

  [[nodiscard]] static std::vector<std::string> arguments(const std::vector<std::string>& set,
                                                          const std::string& platform = "neupims") {
    std::vector<std::string> result{"run",
                                    "-p",
                                    platform,
                                    "-m",
                                    "neupims_pim",
                                    "-w",
                                    "gpt3_7b_alpaca",
                                    "--json",
                                    "--set",
                                    "workload.requests.batch=32"};
    for (const std::string& change : set) {
      result.push_back("--set");
      result.push_back(change);
    }
    return result;
  }

  [[nodiscard]] static Json run(int layers, bool interleave,
                                const std::string& platform = "neupims",
                                const std::vector<std::string>& further = {}) {
    std::vector<std::string> set{
        "workload.layers=" + std::to_string(layers),
        "workload.requests.channels={count: 16, rule: min_load}",
        std::string("mapping.interleave=") + (interleave ? "true" : "false")};
    set.insert(set.end(), further.begin(), further.end());
    const Outcome outcome = run_orrery(arguments(set, platform));
    EXPECT_EQ(outcome.code, 0) << outcome.errors;
    return Json::parse(outcome.output);
  }

  // In cycles of a nanosecond.
  [[nodiscard]] static double start(const Json& result, const std::string& layer) {
    for (const Json& each : result["layers"]) {
      if (each["name"] == layer) {
        return each["start_fs"].get<double>() / 1e6;
      }
    }
    ADD_FAILURE() << "no layer " << layer;
    return 0;
  }

  fs::path folder_ = fresh_folder();
};

// Stages A to F of two blocks, and C + D once more for each further one; three blocks in full are
// as long within 2 %. Blocks that follow each other compose likewise.
TEST_F(Interleave, ThreeBlocksAreComposedOfTwo) {
  const Json two = run(2, true);
  const double repeated = start(two, "sub_batch_2: layer1.attention.core") -
                          start(two, "sub_batch_2: layer0.attention.core");
  const double composed = two["latency"]["cycles"].get<double>() + repeated;
  const double three = run(3, true)["latency"]["cycles"].get<double>();
  EXPECT_LT(std::abs(composed - three), 0.02 * three) << composed << " for " << three;
  RecordProperty("composition_error_per_mille",
                 static_cast<int>(std::lround(1000 * (composed - three) / three)));

  const double one = run(1, false)["latency"]["cycles"].get<double>();
  const double in_full = run(3, false)["latency"]["cycles"].get<double>();
  EXPECT_LT(std::abs(3 * one - in_full), 0.02 * in_full) << 3 * one << " for " << in_full;
}

// While one sub-batch is in attention the other is outside it: their attention layers never
// overlap.
TEST_F(Interleave, AttentionOfTheSubBatchesTakesTurns) {
  const Json result = run(2, true);
  EXPECT_EQ(result["workload"], "sub_batch_1 + sub_batch_2");
  std::vector<std::pair<double, double>> spans;
  std::int64_t macs = 0;
  for (const Json& layer : result["layers"]) {
    macs += layer["macs_useful"].get<std::int64_t>();
    if (layer["kind"] == "attention") {
      spans.emplace_back(layer["start_fs"].get<double>(), layer["end_fs"].get<double>());
    }
  }
  std::sort(spans.begin(), spans.end());
  ASSERT_EQ(spans.size(), 4U);
  for (std::size_t i = 1; i < spans.size(); ++i) {
    EXPECT_GE(spans[i].first, spans[i - 1].second) << i;
  }
  std::int64_t undivided = 0;
  const Json whole = run(2, false);
  for (const Json& layer : whole["layers"]) {
    undivided += layer["macs_useful"].get<std::int64_t>();
  }
  EXPECT_EQ(macs, undivided);
}

// With the weights of the second sub-batch in another memory, HBM is read once and not twice: of
// two blocks 2 x 12 x 4096^2 / 4 weights of two bytes, biases and norms are less than 1 % of that.
TEST_F(Interleave, TheSecondSubBatchMayReadItsWeightsElsewhere) {
  const auto bytes_read = [](const Json& result, const std::string& memory) {
    for (const Json& each : result["memory"]) {
      if (each["name"] == memory) {
        return each["bytes_read"].get<double>();
      }
    }
    return 0.0;
  };
  const Json twice = run(2, true, "neupims_weight_buffer");
  const Json once = run(2, true, "neupims_weight_buffer",
                        {"mapping.second_placement=[{role: weight, tiers: [weights]}]"});
  constexpr double kWeights = 2.0 * 12 * 4096 * 4096 / 4 * 2;
  EXPECT_EQ(bytes_read(twice, "weights"), 0);
  EXPECT_NEAR(bytes_read(once, "weights"), kWeights, 0.01 * kWeights);
  EXPECT_NEAR(bytes_read(twice, "hbm") - bytes_read(once, "hbm"), kWeights, 0.01 * kWeights);
  // The requests' own work is the same.
  EXPECT_LT(once["latency"]["cycles"].get<double>(), twice["latency"]["cycles"].get<double>());
}

TEST_F(Interleave, NeedsRequestsInChannels) {
  const Outcome outcome = run_orrery(arguments({"mapping.interleave=true"}));
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.errors,
              HasSubstr("mapping.interleave: the workload does not say which channels its requests "
                        "lie in; expected a workload with requests.channels"));
}

TEST_F(Interleave, RefusesABatchWithoutRoom) {
  const Outcome outcome =
      run_orrery(arguments({"workload.requests.channels={count: 2, tiles: 100, layers: 32}"}));
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.errors, HasSubstr("tiles of a channel; expected at most"));
}

}  // namespace
}  // namespace orrery::cli
