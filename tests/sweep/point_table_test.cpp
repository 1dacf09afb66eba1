// SPDX-License-Identifier: Apache-2.0
#include "sweep/point_table.h"

#include <gmock/gmock.h>

#include "config/yaml.h"
#include "tests/sweep/study_file.h"

namespace orrery::sweep {
namespace {

using testing::ElementsAre;

std::filesystem::path table_of(const std::string& text) {
  const std::filesystem::path file = fresh_folder() / "table.csv";
  std::ofstream(file) << text;
  return file;
}

std::vector<std::string> table_mistakes(const std::string& text) {
  const std::filesystem::path file = table_of(text);
  try {
    (void)read_point_table(file);
  } catch (const base::UserError& error) {
    std::vector<std::string> lines;
    for (base::Diagnostic diagnostic : error.diagnostics()) {
      diagnostic.where.file = "t";
      lines.push_back(diagnostic.to_string());
    }
    return lines;
  }
  return {};
}

TEST(PointTable, TakesColumnsByTheirNames) {
  const std::vector<AxisValue> points =
      read_point_table(table_of("# measured\r\n"
                                "label,quick,workload,a.b,c.d,size\r\n"
                                "\"one, \"\"two\"\"\",true,w,\"[1, {x: 2}]\",,3\r\n"
                                "\r\n"
                                "next,,,,text,-4.5\r\n"));
  ASSERT_EQ(points.size(), 2U);
  EXPECT_EQ(points[0].label, "one, \"two\"");
  EXPECT_TRUE(points[0].quick);
  EXPECT_EQ(points[0].workload->value, "w");
  ASSERT_EQ(points[0].set.size(), 1U);
  EXPECT_EQ(points[0].set[0].first, "a.b");
  EXPECT_EQ(config::write_flow(points[0].set[0].second), "[1, {x: 2}]");
  EXPECT_EQ(points[0].set[0].second.items()[1].where().line, 3);
  EXPECT_THAT(points[0].constants, ElementsAre(std::pair("size", 3.0)));
  EXPECT_FALSE(points[1].quick);
  EXPECT_FALSE(points[1].workload);
  ASSERT_EQ(points[1].set.size(), 1U);
  EXPECT_EQ(points[1].set[0].first, "c.d");
  EXPECT_EQ(points[1].where.line, 5);
}

TEST(PointTable, ReadsALastLineWithoutEnd) {
  EXPECT_EQ(read_point_table(table_of("label\na")).size(), 1U);
}

TEST(PointTable, SaysWhatIsNoTable) {
  EXPECT_THAT(table_mistakes(""), ElementsAre("t:1:1: no points; expected a line with the names of "
                                              "the columns, then a point a line"));
  EXPECT_THAT(table_mistakes("label,,n\na,b,c\n"),
              ElementsAre("t:1:7: a column without a name; expected a name of its own for each "
                          "column"));
  EXPECT_THAT(table_mistakes("label,n,n\na,1,2\n"),
              ElementsAre("t:1:9: two columns 'n'; expected a name of its own for each column"));
  EXPECT_THAT(table_mistakes("label,n\na\n"),
              ElementsAre("t:2:1: 1 cells; expected 2, one for each column"));
  EXPECT_THAT(table_mistakes("label,n\n\"a,1\n"),
              ElementsAre("t:2:1: a quoted cell without an end; expected a second '\"' in the same "
                          "line"));
  EXPECT_THAT(table_mistakes("label,n\n\"a\"b,1\n"),
              ElementsAre("t:2:4: text behind a quoted cell; expected a comma"));
}

TEST(PointTable, SaysAllMistakesInItsCells) {
  EXPECT_THAT(table_mistakes("label,quick,n\na,perhaps,1\nb,,many\n"),
              ElementsAre(testing::StartsWith("t:2:3: 0.quick: "),
                          testing::StartsWith("t:3:4: 1.constants.n: ")));
}

TEST(PointTable, StandsBehindThePointsOfTheFile) {
  const std::filesystem::path table = table_of("label,size\nb,2\nc,3\n");
  const std::filesystem::path file = table.parent_path() / "study.yaml";
  std::ofstream(file) << "metrics: {m: latency.cycles}\npoints_table: table.csv\n"
                         "points: [{label: a, constants: {size: 1}}]\n";
  const Study study = load_study(file);
  std::vector<std::string> labels;
  for (const AxisValue& value : study.axes[0].second.values) {
    labels.push_back(value.label);
  }
  EXPECT_THAT(labels, ElementsAre("a", "b", "c"));
}

}  // namespace
}  // namespace orrery::sweep
