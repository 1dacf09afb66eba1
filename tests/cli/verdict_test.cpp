// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "cli/exit_code.h"
#include "cli/progress_line.h"
#include "cli/simulation.h"

namespace orrery::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

metrics::RunResult result_with(bool holds) {
  metrics::RunResult result;
  result.invariants = {{"first rule", true, "1 = 1"}, {"second rule", holds, "2 is not 3"}};
  return result;
}

TEST(Verdict, IsSuccessWhenEveryInvariantHolds) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(verdict(result_with(true)), kSuccess);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Verdict, NamesABrokenInvariant) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(verdict(result_with(false)), kInvariantBroken);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "error: broken invariant: second rule: 2 is not 3\n");
}

TEST(Verdict, TellsAnInterruptFromATimeLimit) {
  metrics::RunResult result;
  result.partial = true;
  result.partial_reason = "interrupted";
  EXPECT_EQ(verdict(result), kInterrupted);
  result.partial_reason = "time limit of 3 s";
  EXPECT_EQ(verdict(result), kSuccess);
}

TEST(ProgressLine, EstimatesTheRestFromTheLayersThatAreDone) {
  // 2 ms in 4 s are 0.5 ms a second; 10 of 40 layers are done, so 30 remain: 3 times 4 s.
  const platform::Progress progress{2'000'000'000'000, 4.0, 10, 40};
  EXPECT_EQ(ProgressLine::text(progress),
            "2 ms simulated, 500 us per second, layer 11 of 40, about 12 s left");
}

TEST(ProgressLine, GivesNoEstimateInTheFirstLayer) {
  EXPECT_THAT(ProgressLine::text({1'000'000'000, 4.0, 0, 40}), Not(HasSubstr("left")));
}

}  // namespace
}  // namespace orrery::cli
