// SPDX-License-Identifier: Apache-2.0
#include "requests/request_trace.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace orrery::requests {
namespace {

using testing::HasSubstr;

std::string mistakes_of(const std::string& text) {
  try {
    (void)parse_request_trace(text, "trace.csv");
  } catch (const base::UserError& error) {
    return error.what();
  }
  return "";
}

TEST(RequestTrace, ReadsAHeaderCommentsBlanksAndAByteOrderMark) {
  const RequestTrace trace = parse_request_trace(
      "\xEF\xBB\xBFid,prompt,output\n# a comment\n7, 12, 56\n\n3,80 ,\t296\r\n", "");
  ASSERT_EQ(trace.rows.size(), 2U);
  EXPECT_EQ(trace.rows[0].id, 7);
  EXPECT_EQ(trace.rows[0].lengths.prompt, 12);
  EXPECT_EQ(trace.rows[0].lengths.output, 56);
  EXPECT_FALSE(trace.rows[0].arrival_us);
  EXPECT_EQ(trace.rows[1].lengths.output, 296);
  EXPECT_EQ(trace.rows[1].line, 5);
}

TEST(RequestTrace, ReadsArrivals) {
  const RequestTrace trace = parse_request_trace("id,prompt,output,arrival\n0,1,2,30\n1,4,5,0", "");
  ASSERT_EQ(trace.rows.size(), 2U);
  EXPECT_EQ(trace.rows[0].arrival_us, 30);
  EXPECT_EQ(trace.rows[1].arrival_us, 0);
}

TEST(RequestTrace, SaysWhereALineIsWrong) {
  EXPECT_THAT(mistakes_of("0,1,2\n1,5\n"), HasSubstr("trace.csv:2:1: found 2 cells"));
  EXPECT_THAT(mistakes_of("0,1,2\n1,5,6,7,8\n"), HasSubstr("trace.csv:2:1: found 5 cells"));
  EXPECT_THAT(mistakes_of("0,1,x\n"), HasSubstr("trace.csv:1:5: found 'x'"));
  EXPECT_THAT(mistakes_of("0, 0,1\n"),
              HasSubstr("trace.csv:1:4: found '0'; expected an integer from 1"));
  EXPECT_THAT(mistakes_of("0,1,2147483648\n"), HasSubstr("trace.csv:1:5: found '2147483648'"));
  EXPECT_THAT(mistakes_of("-1,1,1\n"), HasSubstr("trace.csv:1:1: found '-1'"));
  EXPECT_THAT(mistakes_of("4,1,1\n5,1,1\n4,1,1\n"),
              HasSubstr("trace.csv:3:1: request 4 twice, first at line 1"));
  EXPECT_THAT(mistakes_of("0,1,1\n1,1,1,9\n"), HasSubstr("trace.csv:2:1: an arrival"));
  EXPECT_THAT(mistakes_of("id,prompt,output\n"), HasSubstr("no requests"));
}

TEST(RequestTrace, StopsAtTwentyMistakes) {
  std::string text;
  for (int i = 0; i < 100; ++i) {
    text += "x\n";
  }
  const std::string mistakes = mistakes_of(text);
  EXPECT_EQ(std::count(mistakes.begin(), mistakes.end(), '\n'), 19);
}

TEST(RequestTrace, DrawsEachRequestAboutAsOften) {
  const RequestTrace trace = parse_request_trace("0,1,1\n1,2,1\n2,3,1\n", "");
  base::Random random(1);
  std::vector<int> drawn(4, 0);
  for (int i = 0; i < 3000; ++i) {
    ++drawn[static_cast<std::size_t>(trace.draw(random).prompt)];
  }
  // 1,000 each with a standard deviation of sqrt(3000 * 1/3 * 2/3) = 26; five of them.
  for (int prompt = 1; prompt <= 3; ++prompt) {
    EXPECT_NEAR(drawn[static_cast<std::size_t>(prompt)], 1000, 130);
  }
}

}  // namespace
}  // namespace orrery::requests
