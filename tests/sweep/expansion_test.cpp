// SPDX-License-Identifier: Apache-2.0
#include "sweep/expansion.h"

#include <gmock/gmock.h>

#include "config/yaml.h"
#include "tests/sweep/study_file.h"

namespace orrery::sweep {
namespace {

using testing::ElementsAre;

constexpr const char* kProduct = R"(
metrics: {cycles: latency.cycles}
base:
  platform: p
  workload: w
  set: {mapping.fusion: false, platform.x: 1}
axes:
  dataflow: {path: mapping.dataflow, values: [os, {value: ws, quick: true}]}
  size:
    values:
      - {label: small, platform: q, set: {platform.x: 2, workload.y: 3}}
      - {label: big, workload: v, mapping: m, quick: true}
      - {label: huge}
)";

std::vector<std::string> ids(const std::vector<Point>& points) {
  std::vector<std::string> texts;
  for (const Point& point : points) {
    texts.push_back(point.id);
  }
  return texts;
}

std::vector<std::string> overrides(const Point& point) {
  std::vector<std::string> texts;
  for (const config::Override& change : point.overrides) {
    texts.push_back(change.path + '=' + config::write_flow(change.value));
  }
  return texts;
}

TEST(Expansion, IsTheProductWithTheLastAxisFastest) {
  EXPECT_THAT(
      ids(expand(study_of(kProduct), false)),
      ElementsAre("dataflow=os size=small", "dataflow=os size=big", "dataflow=os size=huge",
                  "dataflow=ws size=small", "dataflow=ws size=big", "dataflow=ws size=huge"));
}

TEST(Expansion, IsTheSameEveryTime) {
  const Study study = study_of(kProduct);
  EXPECT_EQ(ids(expand(study, false)), ids(expand(study, false)));
}

TEST(Expansion, ChangesWhatAnAxisValueSaysTogether) {
  const std::vector<Point> points = expand(study_of(kProduct), false);
  const Point& small = points[0];
  EXPECT_EQ(small.platform->value, "q");
  EXPECT_EQ(small.workload->value, "w");
  EXPECT_FALSE(small.mapping.has_value());
  // The base's first, then axis by axis: the last one wins when they are applied.
  EXPECT_THAT(overrides(small), ElementsAre("mapping.fusion=false", "platform.x=1",
                                            "mapping.dataflow=os", "platform.x=2", "workload.y=3"));
  const Point& big = points[4];
  EXPECT_EQ(big.platform->value, "p");
  EXPECT_EQ(big.workload->value, "v");
  EXPECT_EQ(big.mapping->value, "m");
  EXPECT_THAT(overrides(big),
              ElementsAre("mapping.fusion=false", "platform.x=1", "mapping.dataflow=ws"));
}

TEST(Expansion, KeepsOnlyQuickValuesOfAxesThatHaveSome) {
  EXPECT_THAT(ids(expand(study_of(kProduct), true)), ElementsAre("dataflow=ws size=big"));
  const Study unmarked = study_of(R"(
metrics: {cycles: latency.cycles}
axes:
  a: {path: workload, values: [{value: x, quick: true}, y]}
  b: {path: mapping.dataflow, values: [os, ws]}
)");
  EXPECT_THAT(ids(expand(unmarked, true)), ElementsAre("a=x b=os", "a=x b=ws"));
}

TEST(Expansion, LeavesOutWhatIsExcluded) {
  const Study study = study_of(std::string(kProduct) + R"(
exclude:
  - {dataflow: os, size: [small, huge]}
  - {size: big}
)");
  EXPECT_THAT(ids(expand(study, false)),
              ElementsAre("dataflow=ws size=small", "dataflow=ws size=huge"));
}

TEST(Expansion, SaysThatNothingIsLeft) {
  const Study study = study_of(std::string(kProduct) + "exclude: [{dataflow: [os, ws]}]\n");
  EXPECT_THROW((void)expand(study, false), base::UserError);
}

TEST(Expansion, PutsPointsOneByOneBeforeTheAxes) {
  const Study study = study_of(R"(
metrics: {cycles: latency.cycles}
points:
  - {label: one, platform: a}
  - {label: two, platform: b}
axes:
  batch: {path: workload.batch, values: [1, 2]}
)");
  EXPECT_THAT(ids(expand(study, false)), ElementsAre("point=one batch=1", "point=one batch=2",
                                                     "point=two batch=1", "point=two batch=2"));
}

TEST(Expansion, HasOnePointWithoutAxes) {
  const Study study = study_of("metrics: {cycles: latency.cycles}\n");
  EXPECT_THAT(ids(expand(study, false)), ElementsAre("all"));
}

TEST(Expansion, RefusesMoreThanAHundredThousandPoints) {
  std::string text = "metrics: {cycles: latency.cycles}\naxes:\n";
  for (const std::string name : {"a", "b", "c", "d", "e", "f"}) {  // 10^6
    text +=
        "  " + name + ": {path: workload." + name + ", values: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]}\n";
  }
  EXPECT_THROW((void)expand(study_of(text), false), base::UserError);
}

TEST(Expansion, TakesListsAndMapsAsValues) {
  const Study study = study_of(R"(
metrics: {cycles: latency.cycles}
axes:
  loops: {path: mapping.layers, values: [{value: [], label: none}, {value: [{match: a}]}]}
)");
  EXPECT_THAT(ids(expand(study, false)), ElementsAre("loops=none", "loops=[{match: a}]"));
}

}  // namespace
}  // namespace orrery::sweep
