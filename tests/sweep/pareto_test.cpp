// SPDX-License-Identifier: Apache-2.0
#include "sweep/pareto.h"

#include <gmock/gmock.h>

#include <random>

#include "sweep/findings.h"
#include "tests/sweep/study_file.h"

namespace orrery::sweep {
namespace {

using testing::ElementsAre;

TEST(ParetoFront, HasThePointsThatNoneBeats) {
  EXPECT_THAT(pareto_front({{1, 5}, {2, 2}, {3, 3}, {5, 1}, {5, 2}}),
              ElementsAre(true, true, false, true, false));
  EXPECT_THAT(pareto_front({{2, 2}, {1, 1}, {1, 1}}), ElementsAre(false, true, true));
  EXPECT_THAT(pareto_front({{3}, {1}, {2}}), ElementsAre(false, true, false));
  EXPECT_TRUE(pareto_front({}).empty());
}

// Every point against every other one.
TEST(ParetoFront, IsThatOfAllPairsOnRandomPoints) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    const std::size_t figures = 1 + random() % 3;
    std::vector<std::vector<double>> costs(1 + random() % 40);
    for (auto& line : costs) {
      for (std::size_t i = 0; i < figures; ++i) {
        line.push_back(static_cast<double>(random() % 6));
      }
    }
    const std::vector<bool> front = pareto_front(costs);
    for (std::size_t i = 0; i < costs.size(); ++i) {
      bool beaten = false;
      for (const auto& other : costs) {
        bool no_worse = true;
        bool better = false;
        for (std::size_t f = 0; f < figures; ++f) {
          no_worse = no_worse && other[f] <= costs[i][f];
          better = better || other[f] < costs[i][f];
        }
        beaten = beaten || (no_worse && better);
      }
      EXPECT_EQ(front[i], !beaten) << "round " << round << ", point " << i;
    }
  }
}

TEST(Objectives, NameTheBestPointAndTheFrontOfThoseThatAreDone) {
  const Study study = study_of(R"(
metrics: {time: latency.seconds, power: energy.average_watts}
parameters: {a.b: [1, 2, 3, 4, 5]}
derived: {speed: 1 / time}
objectives: {speed: maximize, power: minimize}
)");
  base::Diagnostics diagnostics;
  const FigureSet figures(study, diagnostics);
  std::vector<PointOutcome> outcomes;
  for (const auto& [time, power] : {std::pair(4.0, 1.0), {2.0, 2.0}, {3.0, 3.0}, {1.0, 9.0}}) {
    outcomes.push_back({PointStatus::kDone, "hash", "", {time, power}, {}});
  }
  outcomes.push_back({PointStatus::kFailed, "hash", "broken", {}, {}});
  const Findings findings(study, figures, false, expand(study, false), outcomes);
  ASSERT_EQ(findings.objectives.size(), 2U);
  EXPECT_EQ(findings.objectives[0].best, 3U);
  EXPECT_EQ(findings.objectives[0].values[3].value, 1.0);
  EXPECT_EQ(findings.objectives[1].best, 0U);
  EXPECT_THAT(findings.pareto, ElementsAre(true, true, false, true, false));
}

}  // namespace
}  // namespace orrery::sweep
