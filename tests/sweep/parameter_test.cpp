// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "config/yaml.h"
#include "sweep/expansion.h"
#include "tests/sweep/study_file.h"

namespace orrery::sweep {
namespace {

using testing::ElementsAre;

std::vector<std::string> ids_of(const Study& study) {
  std::vector<std::string> ids;
  for (const Point& point : expand(study, false)) {
    ids.push_back(point.id);
  }
  return ids;
}

// What each point sets: "a.b=1 c.d=2".
std::vector<std::string> settings_of(const Study& study) {
  std::vector<std::string> settings;
  for (const Point& point : expand(study, false)) {
    std::string& text = settings.emplace_back();
    for (const config::Override& change : point.overrides) {
      text += (text.empty() ? "" : " ") + change.path + '=' + config::write_flow(change.value);
    }
  }
  return settings;
}

TEST(Parameter, IsAnAxisByTheLastWordOfItsPath) {
  const Study study = study_of(R"(
parameters:
  platform.engines.array.rows: [8, 16]
  mapping.dataflow: [ws, {value: os, label: output}]
)");
  EXPECT_THAT(ids_of(study), ElementsAre("rows=8 dataflow=ws", "rows=8 dataflow=output",
                                         "rows=16 dataflow=ws", "rows=16 dataflow=output"));
  EXPECT_EQ(settings_of(study)[1], "platform.engines.array.rows=8 mapping.dataflow=os");
  // Without metrics of its own.
  ASSERT_EQ(study.metrics.size(), 3U);
  EXPECT_EQ(study.metrics[0].first, "cycles");
  EXPECT_EQ(study.metrics[2].second.path.value, "energy.total_pj");
}

TEST(Parameter, TakesMoreWordsWhereTheLastIsNotItsOwn) {
  EXPECT_THAT(ids_of(study_of(R"(
parameters:
  platform.engines.array.rows: [8]
  platform.engines.floats.rows: [4]
  height: {path: platform.engines.other.rows, values: [2]}
)")),
              ElementsAre("array_rows=8 floats_rows=4 height=2"));
}

TEST(Parameter, StepsThroughARangeWithBothEnds) {
  EXPECT_THAT(ids_of(study_of("parameters: {a.n: {from: 1, to: 2, step: 0.25}}")),
              ElementsAre("n=1", "n=1.25", "n=1.5", "n=1.75", "n=2"));
  // Ten steps of 0.1 do not miss the end.
  EXPECT_EQ(ids_of(study_of("parameters: {a.n: {from: 0, to: 1, step: 0.1}}")).back(), "n=1");
  // 1 + 3 x 4 = 13 is beyond the end.
  EXPECT_THAT(ids_of(study_of("parameters: {a.n: {from: 1, to: 12, step: 4}}")),
              ElementsAre("n=1", "n=5", "n=9"));
  EXPECT_THAT(ids_of(study_of("parameters: {a.n: {from: 64, to: 512, factor: 2, unit: KiB}}")),
              ElementsAre("n=64 KiB", "n=128 KiB", "n=256 KiB", "n=512 KiB"));
}

TEST(Parameter, SetsSeveralPathsTogether) {
  const Study study = study_of(R"(
parameters:
  shape: {paths: [a.rows, a.columns], values: [[8, 4], {value: [2, 16], label: wide}]}
constraints: [rows <= columns]
)");
  EXPECT_THAT(ids_of(study), ElementsAre("shape=wide"));
  EXPECT_THAT(settings_of(study), ElementsAre("a.rows=2 a.columns=16"));
}

TEST(Parameter, TakesFilesInTheOrderOfTheirNames) {
  const std::filesystem::path folder = fresh_folder();
  for (const char* name : {"b_net.yaml", "a_net.yaml", "other.yaml"}) {
    std::ofstream(folder / name) << "kind: graph\n";
  }
  std::ofstream(folder / "sweep.yaml") << "parameters: {workload: {files: '*_net.yaml'}}\n";
  const std::vector<Point> points = expand(load_study(folder / "sweep.yaml"), false);
  ASSERT_EQ(points.size(), 2U);
  EXPECT_EQ(points[0].id, "workload=a_net");
  EXPECT_EQ(std::filesystem::path(points[1].workload->value), folder / "b_net.yaml");
}

TEST(Parameter, MakesSeedsTheLastAxis) {
  EXPECT_THAT(settings_of(study_of("parameters: {a.b: [1]}\nseeds: [3, 4]\n")),
              ElementsAre("a.b=1 workload.seed=3", "a.b=1 workload.seed=4"));
}

TEST(Parameter, LeavesOutPointsWhereAConstraintDoesNotHold) {
  EXPECT_THAT(ids_of(study_of(R"(
constants: {most: 32}
parameters: {a.rows: [4, 8, 16], a.size: {from: 2, to: 8, factor: 2, unit: KiB}}
constraints: [rows * size <= most, rows > 4 or size == 8]
)")),
              ElementsAre("rows=4 size=8 KiB", "rows=8 size=2 KiB", "rows=8 size=4 KiB",
                          "rows=16 size=2 KiB"));
}

TEST(Parameter, SaysWhichConstraintsLeaveNothing) {
  const Study study =
      study_of("parameters: {a.rows: [4, 8]}\nconstraints: [rows > 4, rows < 8, rows < 100]\n");
  try {
    (void)expand(study, false);
    FAIL() << "points were left";
  } catch (const base::UserError& error) {
    std::vector<std::string> messages;
    for (const base::Diagnostic& diagnostic : error.diagnostics()) {
      messages.push_back(diagnostic.message);
    }
    EXPECT_THAT(messages, ElementsAre("no point is left: 'rows > 4' leaves out 1 of 2",
                                      "no point is left: 'rows < 8' leaves out 1 of 2",
                                      "no point is left: 'rows < 100' leaves out 0 of 2"));
  }
}

TEST(Parameter, NamesMistakes) {
  EXPECT_THAT(mistakes_in("parameters: {a.b: {from: 1, to: 4}}"),
              ElementsAre("example.yaml:1:19: parameters.a.b: no whole range; expected `from`, "
                          "`to`, and either `step` or `factor`"));
  EXPECT_THAT(mistakes_in("parameters: {a.b: {from: 4, to: 1, step: 1}}"),
              ElementsAre("example.yaml:1:19: parameters.a.b: a range that ends before it begins; "
                          "expected `from` at most `to`"));
  EXPECT_THAT(mistakes_in("parameters: {a.b: {from: 1, to: 4, factor: 1}}"),
              ElementsAre("example.yaml:1:19: parameters.a.b: a factor that does not lead on; "
                          "expected `factor` above 1, `from` above 0"));
  EXPECT_THAT(mistakes_in("parameters: {a.b: {}}"),
              ElementsAre("example.yaml:1:19: parameters.a.b: no values; expected `values`, "
                          "`files`, or `from`, `to` and `step` or `factor`"));
  EXPECT_THAT(mistakes_in("parameters: {s: {paths: [a.b, a.c], values: [[1, 2], [3]]}}"),
              ElementsAre("example.yaml:1:54: parameters.s: found a list; expected a list of 2 "
                          "values, one for each path"));
  EXPECT_THAT(
      mistakes_in("axes: {b: {path: c.d, values: [1]}}\nparameters: {a.b: [1]}"),
      ElementsAre("example.yaml:2:19: parameters.a.b: the axis name 'b' is taken; expected a "
                  "name of its own, with the key `path`"));
  EXPECT_THAT(mistakes_in("parameters: {a.rows: [1]}\nconstraints: [row < 2]"),
              ElementsAre("example.yaml:2:15: constraints: unknown name 'row'; did you mean "
                          "'rows'?"));
  EXPECT_THAT(mistakes_in("parameters: {a.rows: [1]}\nobjectives: {cycle: minimize}"),
              ElementsAre("example.yaml:2:21: objectives: there is no figure 'cycle'; expected one "
                          "of cycles, seconds, picojoules; did you mean 'cycles'?"));
  EXPECT_THAT(mistakes_in("parameters: {workload: {files: nothing_like_*.yaml}}").size(), 1U);
}

}  // namespace
}  // namespace orrery::sweep
