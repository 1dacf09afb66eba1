// SPDX-License-Identifier: Apache-2.0
#include "timing/dataflow.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "config/yaml.h"
#include "timing/dataflow_codec.h"

namespace orrery::timing {
namespace {

using ::testing::HasSubstr;

TEST(Dataflow, FilesSayWhatTheProgramTakesAsDefaults) {
  const auto& shipped = shipped_dataflows();
  ASSERT_EQ(shipped.size(), kStandardDataflows.size());
  for (const Dataflow& dataflow : kStandardDataflows) {
    EXPECT_NE(std::find(shipped.begin(), shipped.end(), dataflow), shipped.end())
        << dataflow.name();
  }
}

TEST(Dataflow, NestsAreWrittenAsTheyAreRead) {
  for (const Dataflow& dataflow : kStandardDataflows) {
    EXPECT_EQ(parse_dataflow(dataflow.name(), dataflow.nest_text()).dataflow, dataflow);
    EXPECT_EQ(parse_dataflow(dataflow.name(), dataflow.loop_texts()).dataflow, dataflow);
  }
  EXPECT_EQ(Dataflow::kWeightStationary.nest_text(), "n by columns, k by rows, m");
}

TEST(Dataflow, TellsWhatStaysAndWhereOperandsEnter) {
  using Machine = Dataflow::Machine;
  EXPECT_EQ(Dataflow::kOutputStationary.machine(), Machine::kSumsStay);
  EXPECT_EQ(Dataflow::kWeightStationary.machine(), Machine::kOperandStays);
  EXPECT_FALSE(Dataflow::kWeightStationary.a_on_top());
  EXPECT_TRUE(Dataflow::kInputStationary.a_on_top());
  // Sums stay, and a runs down the columns.
  const auto turned = parse_dataflow("turned", "n by rows, m by columns, k").dataflow;
  ASSERT_TRUE(turned);
  EXPECT_EQ(turned->machine(), Machine::kSumsStay);
  EXPECT_TRUE(turned->a_on_top());
}

TEST(Dataflow, RefusesNestsThatNoArrayRuns) {
  const auto message = [](const char* nest) { return parse_dataflow("own", nest).message; };
  EXPECT_EQ(message("m by rows, n by columns"), "no array runs this loop nest");
  EXPECT_EQ(message("m by rows, n by rows, k"), "no array runs this loop nest");
  EXPECT_EQ(message("m, n by rows, k by columns"), "no array runs this loop nest");
  EXPECT_EQ(message("m by rows, k by columns, n"), "k runs over the columns");
  EXPECT_EQ(message("m by rows, m by columns, k"), "'m' stands twice");
  EXPECT_EQ(message("q by rows, n by columns, k"), "unknown dimension 'q'");
  EXPECT_EQ(message("m by lines, n by columns, k"), "unknown placement 'lines'");
  EXPECT_EQ(message(""), "unknown dimension ''");
  EXPECT_EQ(message("m by sets, n by columns, k"), "no array runs this loop nest");
  EXPECT_EQ(message("m by rows, n by columns, channel"), "no array runs this loop nest");
  const std::string sets = "image by sets, feature by sets, channel by sets, ";
  EXPECT_EQ(message((sets + "output_row by columns, filter_row by rows, output_column").c_str()),
            "no array runs this loop nest");
  EXPECT_EQ(message((sets + "output_row by rows, filter_row by columns, output_column, "
                            "filter_column")
                        .c_str()),
            "no array runs this loop nest");
  EXPECT_EQ(message((sets + "output_row by columns, filter_row by rows, output_column, "
                            "filter_column, m")
                        .c_str()),
            "too many loops");
  EXPECT_EQ(parse_dataflow(std::string("o\0s", 3), "m by rows, n by columns, k").message,
            "a name with control characters");
  EXPECT_EQ(parse_dataflow("", "m by rows, n by columns, k").message, "the name ''");
  EXPECT_EQ(parse_dataflow(std::string(24, 'x'), "m by rows, n by columns, k").expected,
            "1 to 23 characters");
}

TEST(Dataflow, OfRowsTakesItsSetsInAnyOrder) {
  const auto own = parse_dataflow("own",
                                  "channel by sets, image by sets, feature by sets, output_row by "
                                  "columns, filter_row by rows, output_column, filter_column")
                       .dataflow;
  ASSERT_TRUE(own);
  EXPECT_EQ(own->machine(), Dataflow::Machine::kRowsStay);
  EXPECT_EQ(own->loops(), 7U);
  EXPECT_NE(own, Dataflow::kRowStationary);
  EXPECT_EQ(Dataflow::kRowStationary.rows(), Dimension::kFilterRow);
  EXPECT_EQ(Dataflow::kRowStationary.columns(), Dimension::kOutputRow);
}

TEST(Dataflow, IsReadByNameOrAsAMap) {
  const auto read = [](const std::string& text) {
    config::Reader reader("array");
    const auto dataflow = dataflow_codec().read(config::parse_yaml(text, "a.yaml"), reader);
    std::string message;
    try {
      reader.diagnostics().throw_if_any();
    } catch (const base::UserError& error) {
      message = error.what();
    }
    return std::pair(dataflow, message);
  };
  EXPECT_EQ(read("ws").first, Dataflow::kWeightStationary);
  const std::string own = "{name: own, nest: [k by rows, n by columns, m]}";
  const auto dataflow = read(own).first;
  ASSERT_TRUE(dataflow);
  EXPECT_EQ(dataflow->nest_text(), "k by rows, n by columns, m");
  EXPECT_EQ(read(config::write_yaml(dataflow_codec().write(*dataflow))).first, dataflow);
  EXPECT_THAT(read("wz").second, HasSubstr("did you mean 'ws'?"));
  EXPECT_THAT(read("{name: own, nest: [m by rows]}").second,
              HasSubstr("a.yaml:1:1: array: no array runs this loop nest"));
}

}  // namespace
}  // namespace orrery::timing
