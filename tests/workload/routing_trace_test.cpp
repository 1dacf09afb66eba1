// SPDX-License-Identifier: Apache-2.0
#include "workload/routing_trace.h"

#include <gmock/gmock.h>

#include "base/random.h"

namespace orrery::workload {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string mistakes_of(const std::string& text) {
  try {
    (void)parse_routing_trace(text, "trace.csv");
  } catch (const base::UserError& error) {
    return error.what();
  }
  return "";
}

TEST(RoutingTrace, ReadsCommasBlanksCommentsAndAnyOrder) {
  const RoutingTrace trace = parse_routing_trace(
      "\xEF\xBB\xBFtoken,layer,expert,expert\n# a comment\n1, 0, 7, 2\n\n0 0  3\t1\r\n0,1,4,5,\n",
      "");
  EXPECT_THAT(trace.experts_of(0, 0, 2, 2, 8, {}), ElementsAre(3, 1, 7, 2));
  EXPECT_THAT(trace.experts_of(0, 1, 1, 2, 8, {}), ElementsAre(7, 2));
  EXPECT_THAT(trace.experts_of(1, 0, 1, 2, 8, {}), ElementsAre(4, 5));
}

TEST(RoutingTrace, SaysWhereALineIsWrong) {
  EXPECT_THAT(mistakes_of("0,0,1\n1,0\n"), HasSubstr("trace.csv:2:1: found 2 cells"));
  EXPECT_THAT(mistakes_of("0,0,1\n0,1,x\n"), HasSubstr("trace.csv:2:5: found 'x'"));
  EXPECT_THAT(mistakes_of("0,0,-1\n"), HasSubstr("trace.csv:1:5: found '-1'"));
  EXPECT_THAT(mistakes_of("0,0,,1\n"), HasSubstr("trace.csv:1:5: found ''"));
  EXPECT_THAT(mistakes_of("0,0,2147483648\n"), HasSubstr("found '2147483648'"));
  EXPECT_THAT(mistakes_of("0,0,3,1,3\n"), HasSubstr("trace.csv:1:9: expert 3 twice"));
  EXPECT_THAT(mistakes_of("0,0,1\n1,0,1\n0,0,2\n"),
              HasSubstr("trace.csv:3:1: token 0 twice in layer 0, first at line 1"));
  EXPECT_THAT(mistakes_of("\n# nothing\n"), HasSubstr("no tokens"));
  EXPECT_THAT(mistakes_of(std::string(70000, '1')), HasSubstr("a line of 70000 bytes"));
}

TEST(RoutingTrace, StopsAtTwentyMistakes) {
  std::string text;
  for (int i = 0; i < 100; ++i) {
    text += "x\n";
  }
  const std::string mistakes = mistakes_of(text);
  EXPECT_EQ(std::count(mistakes.begin(), mistakes.end(), '\n'), 19);
}

TEST(RoutingTrace, SaysWhatAModelMissesInIt) {
  const RoutingTrace trace = parse_routing_trace("0,0,1,2\n1,0,1,8\n2,0,1\n", "trace.csv");
  const auto mistakes = [&](std::int64_t layer, std::int64_t tokens) -> std::string {
    try {
      (void)trace.experts_of(layer, 0, tokens, 2, 8, {"work.yaml", 4, 2});
    } catch (const base::UserError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(mistakes(0, 1), "");
  EXPECT_THAT(mistakes(0, 3), HasSubstr("trace.csv:2:1: expert 8"));
  EXPECT_THAT(mistakes(0, 3), HasSubstr("trace.csv:3:1: 1 experts for token 2"));
  EXPECT_THAT(mistakes(0, 4), HasSubstr("work.yaml:4:2: the trace has no token 3 in layer 0"));
  EXPECT_THAT(mistakes(1, 1), HasSubstr("no token 0 in layer 1"));
}

// Any bytes are read or answered; nothing else may happen.
TEST(RoutingTrace, SurvivesAnyBytes) {
  const std::string alphabet = "0123456789,, \t\n\n#-x.\r\xFF";
  base::Random random(1);
  int read = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    for (std::int64_t length = random.integer(0, 40); length > 0; --length) {
      text += random.integer(0, 20) == 0 ? static_cast<char>(random.integer(0, 255))
                                         : alphabet[static_cast<std::size_t>(random.integer(
                                               0, static_cast<std::int64_t>(alphabet.size()) - 1))];
    }
    try {
      (void)parse_routing_trace(text, "trace.csv");
      ++read;
    } catch (const base::UserError& error) {
      EXPECT_FALSE(error.diagnostics().empty());
      EXPECT_GT(error.diagnostics().front().where.line, 0);
    }
  }
  EXPECT_GT(read, 10);
}

}  // namespace
}  // namespace orrery::workload
