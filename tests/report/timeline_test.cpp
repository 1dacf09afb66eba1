// SPDX-License-Identifier: Apache-2.0
#include "report/timeline.h"

#include <gtest/gtest.h>

#include <boost/iostreams/copy.hpp>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filtering_stream.hpp>
#include <fstream>
#include <map>
#include <sstream>

#include "report/json.h"
#include "tests/report/example_result.h"

namespace orrery::report {
namespace {

namespace fs = std::filesystem;

metrics::RunResult result_with_spans() {
  metrics::RunResult result = example_result();
  result.spans = {{0, 0, 1, 1'500'000'001}, {1, 1, 0, 2'000'000'000}, {3, 1, 5, 10}};
  return result;
}

std::string read_bytes(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

// The events of one phase, by name of the track they lie on.
std::multimap<std::string, Json> spans_by_track(const Json& timeline) {
  std::map<std::pair<int, int>, std::string> tracks;
  std::multimap<std::string, Json> spans;
  for (const Json& event : timeline["traceEvents"]) {
    if (event["name"] == "thread_name") {
      tracks[{event["pid"], event["tid"]}] = event["args"]["name"];
    }
  }
  for (const Json& event : timeline["traceEvents"]) {
    if (event["ph"] == "X") {
      spans.emplace(tracks.at({event["pid"], event["tid"]}), event);
    }
  }
  return spans;
}

TEST(Timeline, PutsEverySpanOnTheTrackOfItsEngineOrChannel) {
  const auto spans = spans_by_track(Json::parse(timeline_json(result_with_spans())));
  EXPECT_EQ(spans.count("array"), 1U);
  EXPECT_EQ(spans.find("array")->second["name"], "first");
  EXPECT_EQ(spans.count("load"), 1U);
  // Two engines, so track 3 is the second channel of the only memory.
  EXPECT_EQ(spans.count("hbm channel 1"), 1U);
  EXPECT_EQ(spans.count("hbm channel 0"), 0U);
}

TEST(Timeline, PutsLayersThatOverlapOnDifferentTracks) {
  const auto spans = spans_by_track(Json::parse(timeline_json(result_with_spans())));
  EXPECT_EQ(spans.count("layers"), 1U);
  EXPECT_EQ(spans.count("layers (2)"), 1U);
}

TEST(Timeline, PutsSpansThatOverlapOnDifferentTracksWhateverTheirOrder) {
  metrics::RunResult result = result_with_spans();
  // 30..40 begins when 10..30 has ended; 20..25 lies inside 10..30.
  result.spans = {{0, 0, 30, 40}, {0, 0, 20, 25}, {0, 0, 10, 30}};
  const auto spans = spans_by_track(Json::parse(timeline_json(result)));
  EXPECT_EQ(spans.count("array"), 2U);
  EXPECT_EQ(spans.count("array (2)"), 1U);
  EXPECT_EQ(spans.find("array (2)")->second["dur"], 0.000000005);  // 25 - 20 fs
}

TEST(Timeline, LeavesOutLayersBeyondTheWindow) {
  // The first layer ends at 500 ns, where the window begins; the second reaches into it.
  const TimelineWindow window{500'000'000, 600'000'000};
  const auto spans = spans_by_track(Json::parse(timeline_json(result_with_spans(), window)));
  ASSERT_EQ(spans.count("layers"), 1U);
  EXPECT_EQ(spans.find("layers")->second["name"], "second, with a comma");
}

TEST(Timeline, IsExactToTheFemtosecond) {
  const std::string text = timeline_json(result_with_spans());
  // 1 fs = 0.000000001 us; the span ends at 1,500,000,001 fs and lasts 1,500,000,000
  EXPECT_NE(text.find("\"ts\":0.000000001,\"dur\":1.500000000}"), std::string::npos);
}

TEST(Timeline, CompressesToTheSameBytesWithoutNameAndTime) {
  const fs::path folder = fs::path(testing::TempDir());
  write_timeline(result_with_spans(), {}, folder / "a.json.gz", "a");
  write_timeline(result_with_spans(), {}, folder / "b.json.gz", "b");
  const std::string bytes = read_bytes(folder / "a.json.gz");
  EXPECT_EQ(bytes, read_bytes(folder / "b.json.gz"));
  ASSERT_GT(bytes.size(), 10U);
  EXPECT_EQ(bytes[3], 0);                            // RFC 1952 flags: no file name
  EXPECT_EQ(bytes.substr(4, 4), std::string(4, 0));  // time stamp

  boost::iostreams::filtering_istream in;
  in.push(boost::iostreams::gzip_decompressor());
  std::istringstream packed(bytes);
  in.push(packed);
  std::ostringstream plain;
  boost::iostreams::copy(in, plain);
  EXPECT_EQ(plain.str(), timeline_json(result_with_spans()));
}

}  // namespace
}  // namespace orrery::report
