// SPDX-License-Identifier: Apache-2.0
#include "sweep/study.h"

#include <gmock/gmock.h>

#include "tests/sweep/study_file.h"

namespace orrery::sweep {
namespace {

using testing::ElementsAre;

TEST(Study, TakesItsNameFromItsFile) {
  EXPECT_EQ(study_of("metrics: {m: latency.cycles}\n").name, "example");
  EXPECT_EQ(study_of("name: other\nmetrics: {m: latency.cycles}\n").name, "other");
}

TEST(Study, NamesValuesByWhatTheyAre) {
  const Study study = study_of(R"(
metrics: {m: latency.cycles}
axes:
  a: {path: mapping.x, values: [1, {value: 2}, {value: 3, label: three}, {value: [4, 5]}]}
)");
  std::vector<std::string> labels;
  for (const AxisValue& value : study.axes[0].second.values) {
    labels.push_back(value.label);
  }
  EXPECT_THAT(labels, ElementsAre("1", "2", "three", "[4, 5]"));
}

TEST(Study, ReadsShortForms) {
  const Study study = study_of(R"(
metrics: {short: latency.cycles, long: {path: latency.seconds, unit: s, absent: -1}}
derived: {twice: 2 * short}
)");
  EXPECT_EQ(study.metrics[0].second.path.value, "latency.cycles");
  EXPECT_EQ(study.metrics[1].second.absent, -1.0);
  EXPECT_EQ(study.derived[0].second.value.value, "2 * short");
}

TEST(Study, SaysWhichConstantsClash) {
  EXPECT_THAT(
      mistakes_in(R"(
metrics: {m: latency.cycles}
axes:
  a: {values: [{label: x, constants: {size: 1}}, {label: y}]}
  b: {values: [{label: x, constants: {size: 1}}]}
)"),
      ElementsAre("example.yaml:4:50: axes.a: 'y' has no constant 'size'; expected one in each "
                  "value of the axis, or one in `constants` of the study",
                  "example.yaml:5:16: axes.b: the constant 'size' belongs to axis 'a' "
                  "already; expected the constants of each axis under names of their own"));
}

TEST(Study, SaysWhichNamesAreTaken) {
  EXPECT_THAT(mistakes_in(R"(
constants: {cycles: 1, 2x: 2}
metrics: {cycles: latency.cycles, size: latency.cycles}
axes: {a: {values: [{label: x, constants: {size: 1, later: 2}}]}}
derived: {later: cycles}
)"),
              ElementsAre(testing::HasSubstr("constants.2x: '2x' is no name for expressions"),
                          testing::HasSubstr("metrics.cycles: the name 'cycles' is taken"),
                          testing::HasSubstr("axes.a.constants.size: the name 'size' is taken"),
                          testing::HasSubstr("axes.a.constants.later: the name 'later' is taken")));
}

TEST(Study, SaysWhatExpressionsCannotMean) {
  EXPECT_THAT(
      mistakes_in(R"(
metrics: {cycles: latency.cycles}
axes: {a: {path: mapping.x, values: [1, 2]}}
derived:
  one: cycle
  two: later
  later: cycles[a=3]
  three: cycles[b=1]
  four: mean(cycles[a=1] over a)
)"),
      ElementsAre(
          testing::HasSubstr("5:8: derived.one: unknown name 'cycle'; did you mean 'cycles'?"),
          testing::HasSubstr("6:8: derived.two: unknown name 'later'; there are cycles"),
          testing::HasSubstr("7:10: derived.later: axis 'a' has no label '3'; did you mean '1'?"),
          testing::HasSubstr("8:10: derived.three: there is no axis 'b'; did you mean 'a'?"),
          testing::HasSubstr("9:9: derived.four: what mean() goes over does not depend on axis "
                             "'a'")));
}

}  // namespace
}  // namespace orrery::sweep
