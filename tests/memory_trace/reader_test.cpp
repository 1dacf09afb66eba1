// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "tests/memory_trace/traces.h"

namespace orrery::memory::trace {
namespace {

using test::gzipped;
using test::trace_file;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

constexpr TraceLimits kLimits{1 << 20, 64, 64};

struct Seen {
  std::uint64_t address;
  bool is_write;
  Cycle cycle;
  bool operator==(const Seen&) const = default;
};

std::vector<Seen> read_all(const std::string& bytes, Pacing pacing = Pacing::kByTrace) {
  TraceReader reader(trace_file(bytes), kLimits, pacing);
  std::vector<Seen> all;
  TraceRequest request;
  while (reader.next(request)) {
    all.push_back({request.address, request.is_write, request.cycle});
  }
  EXPECT_EQ(reader.reads() + reader.writes(), all.size());
  return all;
}

// The messages, each without the name of the file.
std::vector<std::string> mistakes(const std::string& bytes, Pacing pacing = Pacing::kByTrace,
                                  const TraceLimits& limits = kLimits) {
  const std::filesystem::path path = trace_file(bytes);
  std::vector<std::string> texts;
  try {
    TraceReader reader(path, limits, pacing);
    TraceRequest request;
    while (reader.next(request)) {
    }
  } catch (const base::UserError& error) {
    for (const base::Diagnostic& diagnostic : error.diagnostics()) {
      const std::string text = diagnostic.to_string();
      EXPECT_EQ(text.rfind(path.string(), 0), 0U) << text;
      texts.push_back(text.substr(path.string().size()));
    }
  }
  return texts;
}

TEST(TraceReader, ReadsDecimalAndHexadecimalAddresses) {
  EXPECT_THAT(read_all("128 R\n0x100 W\n0XfC0 R\n"),
              ElementsAre(Seen{128, false, 0}, Seen{256, true, 0}, Seen{0xfc0, false, 0}));
}

TEST(TraceReader, SkipsBlanksCommentsAndCarriageReturns) {
  EXPECT_THAT(read_all("# a trace\n\n  \t\r\n\t64  R # the first\r\n128 W#the last"),
              ElementsAre(Seen{64, false, 0}, Seen{128, true, 0}));
}

TEST(TraceReader, TakesCyclesWhenTheFirstRequestHasOne) {
  EXPECT_THAT(read_all("0 R 5\n64 R 5\n128 W 70\n"),
              ElementsAre(Seen{0, false, 5}, Seen{64, false, 5}, Seen{128, true, 70}));
}

TEST(TraceReader, IgnoresCyclesInClosedLoop) {
  EXPECT_THAT(read_all("0 R 50\n64 R\n128 W 7\n", Pacing::kClosedLoop),
              ElementsAre(Seen{0, false, 0}, Seen{64, false, 0}, Seen{128, true, 0}));
}

TEST(TraceReader, ReadsGzipWhateverTheNameOfTheFile) {
  std::string text;
  for (int i = 0; i < 20000; ++i) {  // more than a buffer of 64 KiB
    text += std::to_string(i % 1000 * 64) + (i % 3 == 0 ? " W\n" : " R\n");
  }
  EXPECT_EQ(read_all(gzipped(text)), read_all(text));
  EXPECT_EQ(read_all(text).size(), 20000U);
  // Two members one after the other are one file, as for gunzip.
  EXPECT_EQ(read_all(gzipped("0 R\n") + gzipped("64 W\n")).size(), 2U);
}

TEST(TraceReader, SaysWhereALineIsWrong) {
  EXPECT_THAT(mistakes("0 R\n12z R\n"),
              ElementsAre(":2:1: found '12z'; expected an address of at most 64 bits, decimal or "
                          "0x hexadecimal"));
  EXPECT_THAT(mistakes("  0 X\n"), ElementsAre(":1:5: found 'X'; expected R or W"));
  EXPECT_THAT(mistakes("0\n"),
              ElementsAre(":1:2: the line ends after the address; expected address "
                          "R|W [cycle]"));
  EXPECT_THAT(mistakes("0 R 1 2\n"),
              ElementsAre(":1:7: found '2' after the cycle; expected address R|W [cycle]"));
  EXPECT_THAT(mistakes("0 R -1\n"),
              ElementsAre(":1:5: found '-1'; expected a cycle, from 0 to 1000000000000"));
  EXPECT_THAT(mistakes("0 R 1000000000001\n"), ElementsAre(HasSubstr("found '1000000000001'")));
}

TEST(TraceReader, AcceptsTheLastBurstAndNotTheNext) {
  // 1 MiB: the last burst of 64 bytes begins at 1048576 - 64 = 0xfffc0.
  EXPECT_EQ(read_all("0xfffc0 R\n0xfffff R\n").size(), 2U);
  EXPECT_THAT(mistakes("0x100000 R\n"),
              ElementsAre(":1:1: 64 bytes at 0x100000 lie beyond the capacity; expected an address "
                          "below 0x100000"));
  // A request of 100 bytes takes two bursts: 0xfff80 is the last.
  const TraceLimits two{1 << 20, 64, 100};
  EXPECT_THAT(mistakes("0xfffbf R\n", Pacing::kByTrace, two), ElementsAre());
  EXPECT_THAT(mistakes("0xfffc0 R\n", Pacing::kByTrace, two),
              ElementsAre(HasSubstr("128 bytes at 0xfffc0")));
  // The largest number of 64 bits, and one more.
  EXPECT_THAT(mistakes("18446744073709551615 R\n"), ElementsAre(HasSubstr("beyond the capacity")));
  EXPECT_THAT(mistakes("18446744073709551616 R\n"), ElementsAre(HasSubstr("at most 64 bits")));
}

TEST(TraceReader, WantsCyclesThatDoNotGoBackwards) {
  EXPECT_THAT(mistakes("0 R 9\n0 R 9\n0 R 8\n"),
              ElementsAre(":3:5: cycle 8 after cycle 9; expected cycles that do not go backwards"));
}

TEST(TraceReader, WantsCyclesOnAllLinesOrNone) {
  EXPECT_THAT(mistakes("0 R 9\n0 R\n"),
              ElementsAre(HasSubstr(":2:4: no cycle, though requests are offered at cycles")));
  EXPECT_THAT(mistakes("0 R\n0 R 9\n"),
              ElementsAre(HasSubstr(":2:5: found '9', though the first request has no cycle")));
  EXPECT_THAT(mistakes("0 R\n", Pacing::kAtCycle), ElementsAre(HasSubstr(":1:4: no cycle")));
}

TEST(TraceReader, ReportsAllMistakesUpToALimit) {
  EXPECT_EQ(mistakes("x R\n0 R\n0 Y\n").size(), 2U);
  std::string many;
  for (int i = 0; i < 100; ++i) {
    many += "x R\n";
  }
  EXPECT_EQ(mistakes(many).size(), TraceReader::kMostMistakes);
}

TEST(TraceReader, RefusesWhatIsNoText) {
  EXPECT_THAT(mistakes(std::string("0 R\n64 \0 R\n", 11)),
              ElementsAre(":2:4: the byte 0x00 stands in no text; expected a text file or one "
                          "compressed by gzip"));
  // 1024 characters are a line, 1025 are not.
  EXPECT_EQ(read_all("0 R" + std::string(1021, ' ') + '\n').size(), 1U);
  EXPECT_THAT(mistakes("0 R" + std::string(1022, ' ') + '\n'),
              ElementsAre(":1:1025: the line is too long; expected at most 1024 characters"));
}

TEST(TraceReader, RefusesBrokenGzip) {
  std::string text;
  for (int i = 0; i < 50000; ++i) {
    text += std::to_string(i * 7919 % 16384 * 64) + " R\n";
  }
  const std::string packed = gzipped(text);
  const std::string message =
      "the compressed data are broken off or damaged here; expected a whole gzip file";
  EXPECT_THAT(mistakes(packed.substr(0, packed.size() / 2)), ElementsAre(EndsWith(message)));
  EXPECT_THAT(mistakes(packed.substr(0, packed.size() - 1)), ElementsAre(EndsWith(message)));
  std::string flipped = packed;
  flipped[packed.size() - 5] = static_cast<char>(flipped[packed.size() - 5] ^ 1);  // the checksum
  EXPECT_THAT(mistakes(flipped), ElementsAre(EndsWith(message)));
}

TEST(TraceReader, RefusesWhatHoldsNoRequest) {
  EXPECT_THAT(mistakes(""), ElementsAre(": holds no request; expected address R|W [cycle]"));
  EXPECT_THAT(mistakes("# nothing\n"), ElementsAre(HasSubstr("holds no request")));
}

TEST(TraceReader, NamesFilesThatCannotBeOpened) {
  EXPECT_THROW(TraceReader("no/such/file", kLimits, Pacing::kByTrace), base::UserError);
  EXPECT_THROW(TraceReader(testing::TempDir(), kLimits, Pacing::kByTrace), base::UserError);
}

}  // namespace
}  // namespace orrery::memory::trace
