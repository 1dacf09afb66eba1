// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <algorithm>

#include "report/json.h"
#include "tests/cli/process.h"

namespace orrery::cli {
namespace {

namespace fs = std::filesystem;
using report::Json;
using testing::HasSubstr;

class Compare : public testing::Test {
 protected:
  ~Compare() override { fs::remove_all(folder_); }
  fs::path folder_ = fresh_folder();
};

TEST_F(Compare, AgreesWithSingleRuns) {
  const std::string out = (folder_ / "all").string();
  const Outcome outcome = run_orrery(
      {"compare", "-p", "edge", "-w", "tiny_conv", "--dataflow", "os,ws,is", "--json", "-o", out});
  ASSERT_EQ(outcome.code, 0) << outcome.errors;
  EXPECT_EQ(outcome.output, read_file(folder_ / "all" / "comparison.json"));
  const Json comparison = Json::parse(outcome.output);
  std::int64_t fastest = INT64_MAX;
  std::vector<Json> single;
  for (const std::string dataflow : {"os", "ws", "is"}) {
    const Outcome run =
        run_orrery({"run", "-p", "edge", "-w", "tiny_conv", "--dataflow", dataflow, "--json"});
    EXPECT_EQ(run.output, read_file(folder_ / "all" / dataflow / "result.json"));
    single.push_back(Json::parse(run.output));
    fastest = std::min(fastest, single.back()["latency"]["cycles"].get<std::int64_t>());
  }
  for (std::size_t i = 0; i < single.size(); ++i) {
    const Json& total = comparison["total"][i];
    const auto cycles = single[i]["latency"]["cycles"].get<std::int64_t>();
    EXPECT_EQ(total["dataflow"], single[i]["dataflow"]);
    EXPECT_EQ(total["cycles"], cycles);
    EXPECT_EQ(total["energy_pj"], single[i]["energy"]["total_pj"]);
    EXPECT_EQ(total["ratio"], static_cast<double>(cycles) / static_cast<double>(fastest));
    for (std::size_t layer = 0; layer < comparison["layers"].size(); ++layer) {
      EXPECT_EQ(comparison["layers"][layer]["results"][i]["cycles"],
                single[i]["layers"][layer]["cycles"]);
    }
  }
}

TEST_F(Compare, SaysThatScaleSimsConventionFavoursOutputStationary) {
  const Outcome outcome = run_orrery({"compare", "-p", "scalesim_32", "-w", "tiny_gemm"});
  ASSERT_EQ(outcome.code, 0) << outcome.errors;
  EXPECT_THAT(outcome.output, HasSubstr("no drain for os and so favours it"));
}

TEST_F(Compare, ComparesOnlyWhatWasAskedFor) {
  const Outcome outcome =
      run_orrery({"compare", "-p", "edge", "-w", "tiny_gemm", "--dataflow", "ws,os", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.errors;
  const Json comparison = Json::parse(outcome.output);
  ASSERT_EQ(comparison["total"].size(), 2U);
  EXPECT_EQ(comparison["total"][0]["dataflow"], "ws");
}

TEST_F(Compare, VariesAParameterBesideTheDataflow) {
  const std::vector<std::string> words{
      "compare",      "-p",        "row_stationary_64",
      "-w",           "tiny_conv", "--dataflow",
      "rs,ws",        "--vary",    "mapping.double_buffering=true,false",
      "--utilization"};
  const std::string out = (folder_ / "varied").string();
  std::vector<std::string> as_json = words;
  as_json.insert(as_json.end(), {"--json", "-o", out});
  const Outcome outcome = run_orrery(as_json);
  ASSERT_EQ(outcome.code, 0) << outcome.errors;
  const Json comparison = Json::parse(outcome.output);
  ASSERT_EQ(comparison["total"].size(), 4U);
  EXPECT_EQ(comparison["total"][1]["dataflow"], "ws");
  EXPECT_EQ(comparison["total"][1]["variant"], "double_buffering=true");
  EXPECT_EQ(comparison["total"][2]["dataflow"], "rs");
  EXPECT_EQ(comparison["total"][2]["variant"], "double_buffering=false");
  for (const Json& result : comparison["total"]) {
    EXPECT_GT(result["array_utilization"], 0.0);
    EXPECT_LE(result["array_utilization"], 1.0);
    // Cycles in which the arrays wait count for the one and not for the other.
    EXPECT_GE(result["array_utilization"], result["utilization"]);
  }
  const Outcome alone =
      run_orrery({"run", "-p", "row_stationary_64", "-w", "tiny_conv", "--dataflow", "rs", "--set",
                  "mapping.double_buffering=false", "--json"});
  EXPECT_EQ(alone.output,
            read_file(folder_ / "varied" / "rs-double_buffering_false" / "result.json"));
  EXPECT_THAT(run_orrery(words).output, HasSubstr("Utilization of the arrays while they work"));
}

TEST_F(Compare, RefusesToVaryNothing) {
  const auto error = [](const std::string& vary) {
    return run_orrery({"compare", "-p", "edge", "-w", "tiny_gemm", "--vary", vary}).errors;
  };
  EXPECT_THAT(error("mapping.packing"), HasSubstr("no '='; expected path=value,value"));
  EXPECT_THAT(error("mapping.packing=true,true"), HasSubstr("'true' stands twice"));
  EXPECT_THAT(error("mapping.packing=true,"), HasSubstr("an empty value"));
  EXPECT_THAT(error("workload=tiny_gemm,tiny_conv"),
              HasSubstr("the layers under tiny_gemm and tiny_conv have different names"));
}

}  // namespace
}  // namespace orrery::cli
