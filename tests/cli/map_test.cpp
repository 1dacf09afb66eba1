// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "report/json.h"
#include "tests/cli/process.h"

namespace orrery::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;

struct Pair {
  std::string platform;
  std::string workload;
};

class ShippedPair : public testing::TestWithParam<Pair> {};

TEST_P(ShippedPair, LowersToTheSameStreamWithTheMappingThatIsWritten) {
  const auto [platform, workload] = GetParam();
  const std::filesystem::path folder = fresh_folder();
  const std::string mapping = folder / "mapping.yaml";
  ASSERT_EQ(run_orrery({"map", "-p", platform, "-w", workload, "-o", mapping}).code, 0);
  const auto lower = [&](const std::string& file, const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"lower",    "-p",     platform, "-w",         workload,
                                       "--format", "binary", "-o",     folder / file};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = run_orrery(arguments);
    EXPECT_EQ(outcome.code, 0) << outcome.errors;
    return read_file(folder / file);
  };
  EXPECT_TRUE(lower("default", {}) == lower("mapped", {"-m", mapping}));
  std::filesystem::remove_all(folder);
}

std::vector<Pair> pairs() {
  std::vector<Pair> result;
  for (const char* platform : {"edge", "tpu_like", "hbm_ddr"}) {
    for (const char* workload : {"tiny_gemm", "tiny_conv", "tiny_attention", "edge_moe",
                                 "mixtral_experts", "moe_plus_plus", "bert_attention"}) {
      result.push_back({platform, workload});
    }
  }
  for (const Pair& pair :
       {Pair{"hbm_ssd", "tiny_attention"}, Pair{"neupims_npu", "tiny_attention"},
        Pair{"scalesim_32", "tiny_conv"}, Pair{"scalesim_128", "tiny_gemm"},
        Pair{"edge_moe", "edge_moe"}, Pair{"edge", "resnet18"}, Pair{"edge", "mobilenet_v1"},
        Pair{"tpu_like", "squeezenet1_1"}, Pair{"tpu_like", "vit_base_patch16_224"},
        Pair{"hbm_ssd", "gpt2_decode"}, Pair{"hbm_ddr", "mixtral_8x7b_decode"}}) {
    result.push_back(pair);
  }
  return result;
}

INSTANTIATE_TEST_SUITE_P(Small, ShippedPair, testing::ValuesIn(pairs()), [](const auto& suite) {
  return suite.param.platform + "_" + suite.param.workload;
});

TEST(Map, SaysWhatDecided) {
  const Outcome outcome = run_orrery({"map", "-p", "tpu_like", "-w", "tiny_gemm"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.output,
              AllOf(HasSubstr("# The mapping of tiny_gemm on tpu_like"),
                    HasSubstr("cycles by the estimate, limited by"), HasSubstr("- match: product"),
                    HasSubstr("tiles: {m: 13, n: 29, k: 37}")));
}

TEST(Map, TunesTheSameWayEachTime) {
  const std::vector<std::string> arguments{
      "map", "-p", "edge", "-w", "tiny_conv", "--dataflow", "ws", "--tune", "12", "--seed", "5"};
  const Outcome first = run_orrery(arguments);
  EXPECT_EQ(first.code, 0) << first.errors;
  EXPECT_THAT(first.output, HasSubstr("# Tuned for latency with 12 simulations"));
  EXPECT_EQ(run_orrery(arguments).output, first.output);
}

TEST(Map, TunesForEnergy) {
  const Outcome outcome =
      run_orrery({"map", "-p", "edge", "-w", "tiny_conv", "--tune", "6", "--objective", "energy"});
  EXPECT_EQ(outcome.code, 0) << outcome.errors;
  EXPECT_THAT(outcome.output,
              AllOf(HasSubstr("# Tuned for energy with 6 simulations"), HasSubstr(" nJ, ")));
}

TEST(TunedCompare, PrintsTheBestMappingThatWasFoundForEachDataflow) {
  const Outcome outcome = run_orrery({"compare", "-p", "edge", "-w", "tiny_conv", "--dataflow",
                                      "os,ws", "--tune", "10", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.errors;
  const auto json = report::Json::parse(outcome.output);
  ASSERT_EQ(json["best_found"].size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(json["best_found"][i]["dataflow"], json["total"][i]["dataflow"]);
    EXPECT_LE(json["best_found"][i]["cycles"], json["total"][i]["cycles"]);
  }
}

}  // namespace
}  // namespace orrery::cli
