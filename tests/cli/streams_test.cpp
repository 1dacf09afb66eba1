// SPDX-License-Identifier: Apache-2.0
// Several streams in one run.
#include <gmock/gmock.h>

#include <fstream>

#include "report/json.h"
#include "tests/cli/process.h"

namespace orrery::cli {
namespace {

namespace fs = std::filesystem;
using report::Json;
using testing::HasSubstr;

class Streams : public testing::Test {
 protected:
  ~Streams() override { fs::remove_all(folder_); }

  // A stream that loads 64 KiB, meets others, and stores some of it.
  std::string write_stream(const std::string& name, std::int64_t begin) {
    fs::create_directories(folder_);
    const fs::path path = folder_ / (name + ".txt");
    const std::string at = "scratchpad@" + std::to_string(begin);
    std::ofstream(path) << "orrery-stream 1\nworkload " << name
                        << "\nplatform edge\nengine load0\nengine store\ntier dram\n"
                           "layer l copy\nuses scratchpad "
                        << begin << ' ' << begin + 65'536
                        << "\nrendezvous 3\n"
                           "1 load0 0 move source=tier:dram@0 destination="
                        << at
                        << " row_bytes=65536\n"
                           "2 load0 0 rendezvous number=3\n"
                           "3 store 0 move source="
                        << at << " destination=tier:dram@" << (1 << 20) + begin
                        << " row_bytes=4096\nend\n";
    return path.string();
  }

  fs::path folder_ = fresh_folder();
};

TEST_F(Streams, ShareAPlatformAndAreReportedEach) {
  const std::string first = write_stream("first", 0);
  const std::string second = write_stream("second", 65'536);
  std::vector<std::string> results;
  for (const std::string folder : {"a", "b"}) {
    const Outcome outcome = run_orrery({"run", "-p", "edge", "--stream", first, "--stream", second,
                                        "--timeline", "-o", (folder_ / folder).string()});
    ASSERT_EQ(outcome.code, 0) << outcome.errors;
    EXPECT_THAT(outcome.output, HasSubstr("Streams\n"));
    results.push_back(read_file(folder_ / folder / "result.json"));
    EXPECT_THAT(read_file(folder_ / folder / "resolved.yaml"), HasSubstr("file: second.txt"));
    EXPECT_THAT(read_file(folder_ / folder / "layers.csv"), HasSubstr("second: l"));
  }
  EXPECT_EQ(results[0], results[1]);
  const Json result = Json::parse(results[0]);
  EXPECT_EQ(result["workload"], "first + second");
  ASSERT_EQ(result["streams"].size(), 2U);
  for (const Json& stream : result["streams"]) {
    EXPECT_EQ(stream["commands"], 2);
    // 64 KiB in whole bursts of 64 bytes.
    EXPECT_EQ(stream["memory"][0]["bytes_read"], 65'536);
    EXPECT_EQ(stream["memory"][0]["bytes_written"], 4096);
  }
  // The first stream's load goes first, then waits for the other's.
  EXPECT_GT(result["streams"][0]["rendezvous_wait_fs"], 0);
  EXPECT_EQ(result["streams"][1]["rendezvous_wait_fs"], 0);
  EXPECT_EQ(std::max(result["streams"][0]["end_fs"], result["streams"][1]["end_fs"]),
            result["latency"]["femtoseconds"]);
}

TEST_F(Streams, AreLoweredToPartsOfThePlatform) {
  fs::create_directories(folder_);
  std::vector<std::string> arguments{"run", "-p", "edge", "--json"};
  for (const std::string part : {"0:50", "50:100"}) {
    const std::string path = (folder_ / part).string();
    const Outcome lowered = run_orrery(
        {"lower", "-p", "edge", "-w", "tiny_conv", "--share", part, "--meet", "pool", "-o", path});
    ASSERT_EQ(lowered.code, 0) << lowered.errors;
    arguments.insert(arguments.end(), {"--stream", path});
  }
  const Outcome both = run_orrery(arguments);
  ASSERT_EQ(both.code, 0) << both.errors;
  const Json result = Json::parse(both.output);
  EXPECT_EQ(result["streams"][0]["name"], "tiny_conv");
  EXPECT_EQ(result["streams"][1]["name"], "tiny_conv (2)");
  EXPECT_EQ(result["streams"][0]["macs_useful"], result["streams"][1]["macs_useful"]);
  // Without the second part the two overlap.
  arguments.back() = arguments[5];
  const Outcome overlapping = run_orrery(arguments);
  EXPECT_EQ(overlapping.code, 2);
  EXPECT_THAT(overlapping.errors, HasSubstr("overlap those of stream tiny_conv"));
}

TEST_F(Streams, AreNotReportedWhereThereIsOne) {
  const Outcome outcome =
      run_orrery({"run", "-p", "edge", "--stream", write_stream("first", 0), "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.errors;
  EXPECT_FALSE(Json::parse(outcome.output).contains("streams"));
}

}  // namespace
}  // namespace orrery::cli
