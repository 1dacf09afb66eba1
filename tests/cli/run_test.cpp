// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <csignal>
#include <fstream>

#include "report/hash.h"
#include "report/json.h"
#include "tests/cli/process.h"

namespace orrery::cli {
namespace {

namespace fs = std::filesystem;
using report::Json;
using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<std::string> kSameFiles{"result.json", "layers.csv", "activity.csv",
                                          "resolved.yaml", "loops.txt"};

class Run : public testing::Test {
 protected:
  ~Run() override { fs::remove_all(folder_); }

  // Runs into a folder of this name and expects this exit code.
  void run(std::vector<std::string> arguments, const std::string& name, int code = 0) {
    arguments.insert(arguments.begin(), "run");
    arguments.insert(arguments.end(), {"-o", (folder_ / name).string()});
    const Outcome outcome = run_orrery(arguments);
    EXPECT_EQ(outcome.code, code) << outcome.errors;
  }

  void expect_same_files(const std::string& one, const std::string& other,
                         const std::vector<std::string>& files = kSameFiles) {
    for (const std::string& file : files) {
      EXPECT_EQ(read_file(folder_ / one / file), read_file(folder_ / other / file)) << file;
      EXPECT_NE(read_file(folder_ / one / file), "") << file;
    }
  }

  Json result(const std::string& name) {
    return Json::parse(read_file(folder_ / name / "result.json"));
  }

  fs::path folder_ = fresh_folder();
};

TEST_F(Run, GivesTheSameBytesTwice) {
  const std::vector<std::string> arguments{"-p", "edge", "-w", "tiny_attention", "--timeline"};
  run(arguments, "a");
  run(arguments, "b");
  std::vector<std::string> files = kSameFiles;
  files.emplace_back("timeline.json.gz");
  expect_same_files("a", "b", files);
}

TEST_F(Run, GivesTheSameBytesFromItsResolvedConfiguration) {
  run({"-p", "edge", "-w", "tiny_conv", "--dataflow", "is", "--seed", "9", "--set",
       "platform.engines.array.rows=16", "--set", "mapping.double_buffering=false"},
      "a");
  fs::copy_file(folder_ / "a" / "resolved.yaml", folder_ / "moved.yaml");
  run({"--resolved", (folder_ / "moved.yaml").string()}, "b");
  expect_same_files("a", "b");
}

TEST_F(Run, RepeatsAModelWhoseFilesAreFarAway) {
  run({"-p", "edge", "-w", "gpt2_decode", "--set", "workload.layers=1", "--set",
       "workload.lm_head=false"},
      "a");
  run({"--resolved", (folder_ / "a" / "resolved.yaml").string()}, "b");
  expect_same_files("a", "b");
}

TEST_F(Run, HashesTheResolvedConfiguration) {
  run({"-p", "edge", "-w", "tiny_gemm"}, "a");
  run({"-p", "edge", "-w", "tiny_gemm", "--set", "platform.scratchpad.banks=64"}, "b");
  EXPECT_EQ(result("a")["config_hash"], report::sha256(read_file(folder_ / "a" / "resolved.yaml")));
  EXPECT_NE(result("a")["config_hash"], result("b")["config_hash"]);
}

TEST_F(Run, WritesOnlyItsFilesAndRemovesAnOldTimeline) {
  run({"-p", "edge", "-w", "tiny_gemm", "--timeline"}, "a");
  EXPECT_THAT(paths_below(folder_ / "a"),
              ElementsAre("activity.csv", "host.json", "layers.csv", "loops.txt", "resolved.yaml",
                          "result.json", "timeline.json.gz"));
  run({"-p", "edge", "-w", "tiny_gemm"}, "a");
  EXPECT_THAT(paths_below(folder_ / "a"), ElementsAre("activity.csv", "host.json", "layers.csv",
                                                      "loops.txt", "resolved.yaml", "result.json"));
}

TEST_F(Run, PrintsTheResultItWrites) {
  const Outcome outcome = run_orrery(
      {"run", "-p", "edge", "-w", "tiny_gemm", "--json", "-o", (folder_ / "a").string()});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.errors, "");
  EXPECT_EQ(outcome.output, read_file(folder_ / "a" / "result.json"));
  // 13 x 29 x 37 products
  EXPECT_EQ(Json::parse(outcome.output)["layers"][0]["macs_useful"], 13949);
}

TEST_F(Run, RunsTheStreamThatItLowered) {
  const std::string stream = (folder_ / "stream").string();
  run({"-p", "edge", "-w", "tiny_conv"}, "direct");
  for (const std::string format : {"text", "binary"}) {
    const Outcome lowered =
        run_orrery({"lower", "-p", "edge", "-w", "tiny_conv", "--format", format, "-o", stream});
    ASSERT_EQ(lowered.code, 0) << lowered.errors;
    run({"-p", "edge", "--stream", stream}, format);
    expect_same_files("direct", format, {"layers.csv", "activity.csv"});
    EXPECT_EQ(result(format)["latency"], result("direct")["latency"]);
    EXPECT_EQ(result(format)["energy"], result("direct")["energy"]);
  }
}

TEST_F(Run, MarksAResultPartialAtTheTimeLimit) {
  run({"-p", "tpu_like", "-w", "llama2_7b_decode", "--limit-seconds", "0.2"}, "a");
  EXPECT_EQ(result("a")["partial"], true);
  EXPECT_EQ(result("a")["partial_reason"], "time limit of 0.2 s");
}

TEST_F(Run, WritesAPartialResultOnAnInterrupt) {
  ProcessOptions options;
  options.signal = SIGINT;
  options.signal_after_ms = 4000;  // it listens by then, also under sanitizers
  const Outcome outcome = run_orrery(
      {"run", "-p", "tpu_like", "-w", "llama2_7b_decode", "-o", (folder_ / "a").string()}, options);
  EXPECT_EQ(outcome.code, 130);
  EXPECT_EQ(outcome.errors, "");  // no progress without a terminal
  EXPECT_THAT(outcome.output, HasSubstr("PARTIAL: interrupted"));
  EXPECT_EQ(result("a")["partial"], true);
  EXPECT_EQ(result("a")["partial_reason"], "interrupted");
}

TEST_F(Run, FindsItsFilesInTheFoldersOfTheEnvironment) {
  fs::create_directories(folder_ / "configs/platforms");
  std::ofstream(folder_ / "configs/platforms/mine.yaml")
      << "extends: " ORRERY_SOURCE_DIR "/configs/platforms/edge.yaml\nname: mine\n";
  ProcessOptions options;
  options.folder = folder_;
  options.environment["ORRERY_CONFIG_PATH"] = "absent:" + folder_.string();
  const Outcome outcome = run_orrery({"run", "-p", "mine", "-w", "tiny_gemm", "--json"}, options);
  EXPECT_EQ(outcome.code, 0) << outcome.errors;
  EXPECT_EQ(Json::parse(outcome.output)["platform"], "mine");
  EXPECT_EQ(outcome.output.find(folder_.string()), std::string::npos);  // no path of this machine
}

}  // namespace
}  // namespace orrery::cli
