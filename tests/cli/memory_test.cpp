// SPDX-License-Identifier: Apache-2.0
// `orrery memory`, run as a user does.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "report/json.h"
#include "tests/cli/process.h"

namespace orrery::cli {
namespace {

namespace fs = std::filesystem;
using report::Json;
using testing::ElementsAre;
using testing::HasSubstr;

class MemoryCommand : public testing::Test {
 protected:
  ~MemoryCommand() override { fs::remove_all(options_.folder); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(options_.folder / name, std::ios::binary) << text;
  }
  Outcome run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "memory");
    return run_orrery(arguments, options_);
  }
  Json json(std::vector<std::string> arguments) const {
    arguments.emplace_back("--json");
    const Outcome outcome = run(std::move(arguments));
    EXPECT_EQ(outcome.code, 0) << outcome.errors;
    return Json::parse(outcome.output);
  }

  ProcessOptions options_{fresh_folder(), 0, 0, {}};
};

TEST_F(MemoryCommand, CountsOneReadByHand) {
  write("trace", "0 R\n");
  const Json result = json({"comparison_ddr4_2400", "trace"});
  // nRCD 17 + nCL 17 + nBL 4 = 38 cycles of 5/6 ns = 31.666666 ns.
  EXPECT_EQ(result["time"]["cycles"], 38);
  EXPECT_EQ(result["time"]["femtoseconds"], 31666666);
  EXPECT_EQ(result["read_latency"]["max_cycles"], 38);
  EXPECT_EQ(result["commands"]["ACT"], 1);
  EXPECT_EQ(result["commands"]["RD"], 1);
  EXPECT_EQ(result["commands"]["WR"], 0);
  // 64 bytes in 31.67 ns of 19.2 GB/s: 4 of 38 cycles.
  EXPECT_NEAR(result["bandwidth"]["utilization"], 4.0 / 38, 1e-6);
}

TEST_F(MemoryCommand, SetsParametersOfStandardAndController) {
  write("trace", "0 R 0\n64 R 1000\n");
  EXPECT_EQ(json({"comparison_ddr4_2400", "trace"})["accesses"]["row_hits"], 1);
  const std::vector<std::string> closed{"comparison_ddr4_2400", "trace", "--set",
                                        "controller.page_policy=closed"};
  EXPECT_EQ(json(closed)["accesses"]["row_misses"], 2);
  write("controller.yaml", "page_policy: closed\n");
  EXPECT_EQ(json({"comparison_ddr4_2400", "trace", "--controller",
                  "controller.yaml"})["accesses"]["row_misses"],
            2);
  // nCL 20 instead of 17.
  write("trace", "0 R\n");
  EXPECT_EQ(
      json({"comparison_ddr4_2400", "trace", "--set", "spec.timing.nCL=20"})["time"]["cycles"], 41);
}

TEST_F(MemoryCommand, WritesAllFilesOrNone) {
  write("trace", "0 R\n64 W\n");
  const Outcome outcome = run({"ddr4_2400", "trace", "-o", "out", "--log", "log", "--vcd", "vcd",
                               "--timeline", "timeline.json", "--check"});
  EXPECT_EQ(outcome.code, 0) << outcome.errors;
  EXPECT_THAT(paths_below(options_.folder),
              ElementsAre("log", "out", "out/memory.json", "out/resolved.yaml", "timeline.json",
                          "trace", "vcd"));
  EXPECT_THAT(read_file(options_.folder / "log"), HasSubstr("command ACT"));
  EXPECT_EQ(Json::parse(read_file(options_.folder / "out/memory.json"))["check"]["commands"],
            json({"ddr4_2400", "trace", "--check"})["check"]["commands"]);
  write("broken", "0 R\nz R\n");
  const std::vector<std::string> before = paths_below(options_.folder);
  EXPECT_EQ(run({"ddr4_2400", "broken", "-o", "other", "--log", "log2", "--vcd", "vcd2"}).code, 2);
  EXPECT_EQ(paths_below(options_.folder), before);
}

TEST_F(MemoryCommand, NamesBothPacingsInTheSummary) {
  write("trace", "0 R 100\n");
  EXPECT_THAT(run({"ddr4_2400", "trace"}).output, HasSubstr("offered at their cycles"));
  EXPECT_THAT(run({"ddr4_2400", "trace", "--closed-loop"}).output,
              HasSubstr("offered one a cycle"));
  EXPECT_EQ(run({"ddr4_2400", "trace", "--closed-loop", "--at-cycle"}).code, 2);
}

TEST_F(MemoryCommand, AnswersAMemoryThatMakesNoProgress) {
  // A refresh falls due every 9360 cycles and takes 420 and more: 9000 cycles from an ACT to its RD
  // never pass in between.
  write("trace", "0 R 9000\n");
  const Outcome outcome =
      run({"comparison_ddr4_2400", "trace", "--set", "spec.timing.nRCDRD=9000", "-o", "out"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.output, "");
  EXPECT_THAT(outcome.errors, HasSubstr("no request has been served"));
  EXPECT_THAT(outcome.errors, HasSubstr("read 0 of bank 0, row 0, since cycle 9000: needs"));
  EXPECT_THAT(paths_below(options_.folder), ElementsAre("trace"));
}

}  // namespace
}  // namespace orrery::cli
