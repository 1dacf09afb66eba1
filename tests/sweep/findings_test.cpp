// SPDX-License-Identifier: Apache-2.0
#include "sweep/findings.h"

#include <gmock/gmock.h>

#include "sweep/exports.h"
#include "sweep/metric_path.h"
#include "tests/sweep/study_file.h"

namespace orrery::sweep {
namespace {

constexpr const char* kStudy = R"(
metrics: {time: latency.seconds}
constants: {overhead: 1}
axes:
  system: {values: [{label: base}, {label: pim}]}
  model:
    values:
      - {label: s, constants: {size: 10}}
      - {label: m, constants: {size: 20}}
      - {label: l, constants: {size: 40}}
derived:
  speedup: "time[system: base] / time"
  mean_speedup: mean(speedup over model)
  geometric: geomean(speedup over model)
  best: max(speedup over model, system)
  models: count(speedup over model)
  rate: size / (time - overhead)
  total: sum(time over system, model)
published:
  - {figure: mean_speedup, at: {system: pim}, value: 2, tolerance: 10 %, source: a paper}
  - {figure: speedup, at: {system: pim, model: s}, range: [2.5, 3], source: a paper, beside: {at best: best}}
  - {figure: total, value: 40, source: a paper, note: only shown}
)";

// Points in order: base s, m, l, then pim s, m, l.
struct Example {
  Study study = study_of(kStudy);
  base::Diagnostics diagnostics;
  FigureSet figures{study, diagnostics};
  std::vector<Point> points = expand(study, false);
  std::vector<PointOutcome> outcomes;

  Example() {
    for (const double time : {4.0, 9.0, 16.0, 2.0, 3.0, 2.0}) {
      outcomes.push_back({PointStatus::kDone, "hash", "", {time}, {"all", std::to_string(time)}});
    }
  }

  [[nodiscard]] Findings findings() const { return {study, figures, false, points, outcomes}; }

  // The rows of a derived figure.
  [[nodiscard]] std::vector<FigureValue> rows(const std::string& name) const {
    std::vector<FigureValue> values;
    for (const FindingTable& table : findings().tables) {
      if (table.figure->name == name) {
        for (const FindingRow& row : table.rows) {
          values.push_back(row.figure);
        }
      }
    }
    return values;
  }

  [[nodiscard]] std::vector<double> values(const std::string& name) const {
    std::vector<double> numbers;
    for (const FigureValue& figure : rows(name)) {
      EXPECT_TRUE(figure.present()) << name << ": " << absence_name(figure.absence);
      numbers.push_back(figure.value);
    }
    return numbers;
  }
};

using testing::DoubleEq;
using testing::ElementsAre;

TEST(Findings, AreComputedFromPoints) {
  const Example example;
  // 4/4, 9/9, 16/16, 4/2, 9/3, 16/2.
  EXPECT_THAT(example.values("speedup"), ElementsAre(1, 1, 1, 2, 3, 8));
  // One value for each system: (1 + 1 + 1) / 3 and (2 + 3 + 8) / 3 = 13 / 3.
  EXPECT_THAT(example.values("mean_speedup"), ElementsAre(1, DoubleEq(13.0 / 3.0)));
  // (2 x 3 x 8) ^ (1/3) = 48 ^ (1/3).
  EXPECT_NEAR(example.values("geometric").at(1), std::cbrt(48.0), 1e-12);
  EXPECT_THAT(example.values("best"), ElementsAre(8));
  EXPECT_THAT(example.values("models"), ElementsAre(3, 3));
  // 10/(4-1), 20/(9-1), 40/(16-1), 10/(2-1), 20/(3-1), 40/(2-1).
  EXPECT_THAT(example.values("rate"),
              ElementsAre(DoubleEq(10.0 / 3.0), 2.5, DoubleEq(40.0 / 15.0), 10, 10, 40));
  EXPECT_THAT(example.values("total"), ElementsAre(36));  // 4 + 9 + 16 + 2 + 3 + 2
}

TEST(Findings, LeaveWhatIsNotApplicableOutOfAverages) {
  Example example;
  example.outcomes[1] = {PointStatus::kNotApplicable, "", "does not fit", {}, {}};  // base m
  const std::vector<FigureValue> speedup = example.rows("speedup");
  EXPECT_EQ(speedup[4].absence, Absence::kNotApplicable);          // pim m has no baseline
  EXPECT_THAT(example.values("mean_speedup"), ElementsAre(1, 5));  // (2 + 8) / 2
  EXPECT_THAT(example.values("models"), ElementsAre(2, 2));
}

TEST(Findings, HaveNoAverageOverFailedPoints) {
  Example example;
  example.outcomes[4] = {PointStatus::kFailed, "hash", "crashed", {}, {}};  // pim m
  EXPECT_EQ(example.rows("mean_speedup")[0].value, 1);
  EXPECT_EQ(example.rows("mean_speedup")[1].absence, Absence::kFailed);
}

TEST(Findings, CallADivisionByZeroUndefined) {
  Example example;
  example.outcomes[3].metrics = {0.0};  // pim s: 4 / 0
  EXPECT_EQ(example.rows("speedup")[3].absence, Absence::kUndefined);
  example.outcomes[0].metrics = {-4.0};  // base s: speedup of pim s is -2, without a logarithm
  example.outcomes[3].metrics = {2.0};
  EXPECT_EQ(example.rows("geometric")[1].absence, Absence::kUndefined);
}

TEST(Findings, StandBesidePublishedFigures) {
  const Example example;
  const Findings findings = example.findings();
  ASSERT_EQ(findings.published.size(), 3U);
  // 13/3 over 2, less one: 116.7 %, beyond 10 %.
  EXPECT_DOUBLE_EQ(*findings.published[0].difference, 13.0 / 6.0 - 1.0);
  EXPECT_EQ(findings.published[0].agrees, false);
  // 2 is not in [2.5, 3].
  EXPECT_FALSE(findings.published[1].difference.has_value());
  EXPECT_EQ(findings.published[1].agrees, false);
  EXPECT_EQ(findings.published[1].beside.at(0).value, 8);
  // 36 against 40, and nobody says what agreement would be.
  EXPECT_DOUBLE_EQ(*findings.published[2].difference, -0.1);
  EXPECT_FALSE(findings.published[2].agrees.has_value());
}

TEST(Findings, AgreeAtTheEdgeOfTheTolerance) {
  Example example;
  // Speed-ups of 2.2 everywhere: mean 2.2 = 2 + 10 %, not quite representable, so one ulp inside.
  for (std::size_t i = 0; i < 3; ++i) {
    example.outcomes[i].metrics = {2.2};
    example.outcomes[i + 3].metrics = {1.0};
  }
  example.outcomes[0].metrics = {2.19};
  EXPECT_EQ(example.findings().published[0].agrees, true);
  example.outcomes[0].metrics = {2.23};
  EXPECT_EQ(example.findings().published[0].agrees, false);
}

TEST(Findings, MakeATableThatATerminalShows) {
  const std::string text = study_markdown(Example().findings());
  EXPECT_THAT(text, testing::HasSubstr("| mean_speedup | system pim          |         2 | 4.333 |"
                                       "         |   +116.7 % | no (10 %)        |"));
  // `beside` is a column of its title.
  EXPECT_THAT(text, testing::HasSubstr("| published |  ours | at best | difference |"));
  EXPECT_THAT(text, testing::HasSubstr("|  2.5 to 3 |     2 |       8 |          - | no"));
  EXPECT_THAT(text, testing::HasSubstr("\n0 of 2 within tolerance, 1 only shown or not run.\n"));
  EXPECT_THAT(text, testing::HasSubstr("- total: only shown\n"));
  // Figures of the same axes share a table.
  EXPECT_THAT(text, testing::HasSubstr("## By system\n\n"
                                       "| system | mean_speedup | geometric | models |\n"
                                       "|--------|-------------:|----------:|-------:|\n"
                                       "| base   |            1 |         1 |      3 |\n"
                                       "| pim    |        4.333 |     3.634 |      3 |\n"));
  // Only what all points have.
  EXPECT_THAT(text, testing::EndsWith("\n## Notes of every point\n\n- all\n"));
  EXPECT_THAT(text, testing::HasSubstr("## Over all points\n\n| best | total |\n"));
}

TEST(Findings, GiveLinesOfNumbers) {
  const std::string csv = results_csv(Example().findings());
  EXPECT_THAT(csv, testing::StartsWith("system,model,status,time,speedup,rate,config_hash,error\n"
                                       "base,s,done,4,1,3.33333333333,hash,\n"));
}

TEST(MetricPath, FollowsKeysAndNames) {
  const report::Json result = report::Json::parse(R"({
    "latency": {"cycles": 7}, "partial": false,
    "layers": [{"name": "a", "cycles": 1}, {"name": "a.b", "cycles": 2}]})");
  const auto read = [&](const std::string& path) {
    return read_metric(result, Metric{{path, {"study.yaml", 3, 5}, ""}, "", {}, Combination::kOne});
  };
  EXPECT_EQ(read("latency.cycles"), 7);
  EXPECT_EQ(read("layers.a.cycles"), 1);
  EXPECT_EQ(read("layers.a.b.cycles"), 2);  // the longest name
  EXPECT_EQ(read("partial"), 0);
  const auto mistake = [&](const std::string& path) {
    try {
      (void)read(path);
    } catch (const base::UserError& error) {
      return error.diagnostics().front().to_string();
    }
    return std::string();
  };
  EXPECT_EQ(
      mistake("latency.cycle"),
      "study.yaml:3:5: latency.cycle: the result has no 'cycle' there; expected one of cycles; "
      "did you mean 'cycles'?");
  EXPECT_EQ(mistake("latency"),
            "study.yaml:3:5: latency: found object, no number; expected the path of a number");
}

TEST(MetricPath, TakesAnotherValueWhereItIsAbsent) {
  const report::Json result = report::Json::parse(R"({"engines": [{"name": "array0"}]})");
  EXPECT_EQ(read_metric(result, Metric{{"engines.pim.busy", {}, ""}, "", 0.0, Combination::kOne}),
            0.0);
  EXPECT_EQ(read_metric(result, Metric{{"engines.pim*.busy", {}, ""}, "", 5.0, Combination::kSum}),
            5.0);
}

TEST(MetricPath, CombinesAllNamesThatBeginAlike) {
  const report::Json result = report::Json::parse(R"({
    "engines": [{"name": "pim0", "busy": 1}, {"name": "array", "busy": 9},
                {"name": "pim1", "busy": 2}, {"name": "pim2", "busy": 6}],
    "energy": {"components": {"memory.hbm.read": 3, "memory.hbm.write": 4, "memory.ddr.read": 8}}})");
  const auto read = [&](const std::string& path, Combination combination) {
    return read_metric(result, Metric{{path, {"study.yaml", 3, 5}, ""}, "", {}, combination});
  };
  EXPECT_EQ(read("engines.pim*.busy", Combination::kSum), 9);   // 1 + 2 + 6
  EXPECT_EQ(read("engines.pim*.busy", Combination::kMean), 3);  // 9 / 3
  EXPECT_EQ(read("engines.pim*.busy", Combination::kLeast), 1);
  EXPECT_EQ(read("engines.pim*.busy", Combination::kMost), 6);
  EXPECT_EQ(read("energy.components.memory.hbm.*", Combination::kSum), 7);  // 3 + 4
  EXPECT_THROW((void)read("engines.dma*.busy", Combination::kSum), base::UserError);
  EXPECT_THROW((void)read("engines.pim*.idle", Combination::kSum), base::UserError);
}

}  // namespace
}  // namespace orrery::sweep
