// SPDX-License-Identifier: Apache-2.0
#include "sweep/expression.h"

#include <gmock/gmock.h>

#include "sweep/evaluator.h"
#include "tests/sweep/study_file.h"

namespace orrery::sweep {
namespace {

// The value of an expression without names.
double value_of(const std::string& text) {
  const Study study = study_of("metrics: {m: latency.cycles}\nderived:\n  d: \"" + text + "\"\n");
  base::Diagnostics diagnostics;
  const FigureSet figures(study, diagnostics);
  const std::vector<Point> points;
  const std::vector<PointOutcome> outcomes;
  Evaluator evaluator(study, figures, points, outcomes);
  const FigureValue figure = evaluator.value(*figures.find("d"), {});
  EXPECT_TRUE(figure.present()) << text;
  return figure.value;
}

std::string mistake_in(const std::string& text) {
  try {
    (void)parse_expression(text);
  } catch (const ExpressionError& error) {
    return error.message;
  }
  return "";
}

TEST(Expression, BindsAsInArithmetic) {
  EXPECT_EQ(value_of("1 + 2 * 3"), 7.0);
  EXPECT_EQ(value_of("(1 + 2) * 3"), 9.0);
  EXPECT_EQ(value_of("8 - 4 - 2"), 2.0);   // from the left
  EXPECT_EQ(value_of("8 / 4 / 2"), 1.0);   // likewise
  EXPECT_EQ(value_of("2 * 3 ^ 2"), 18.0);  // 2 x 9
  EXPECT_EQ(value_of("-3 ^ 2"), -9.0);     // -(3 ^ 2)
  EXPECT_EQ(value_of("2 ^ -1"), 0.5);
  EXPECT_EQ(value_of("2 - -3"), 5.0);
  EXPECT_EQ(value_of("1.5e3 + .5"), 1500.5);
}

TEST(Expression, ComparesBehindArithmeticAndBeforeWords) {
  EXPECT_EQ(value_of("1 + 1 == 2"), 1.0);
  EXPECT_EQ(value_of("1 + 1 != 2"), 0.0);
  EXPECT_EQ(value_of("2 < 2"), 0.0);
  EXPECT_EQ(value_of("2 <= 2"), 1.0);
  EXPECT_EQ(value_of("3 > 2"), 1.0);
  EXPECT_EQ(value_of("2 >= 3"), 0.0);
  EXPECT_EQ(value_of("1 > 2 or 2 > 1 and 3 > 2"), 1.0);    // 0 or (1 and 1)
  EXPECT_EQ(value_of("(1 < 2 or 2 > 1) and 3 < 2"), 0.0);  // (1 or 1) and 0
  EXPECT_EQ(value_of("10 * (3 > 2) + 1"), 11.0);
  EXPECT_EQ(mistake_in("1 < 2 < 3"),
            "a comparison of a comparison needs parentheses at character 8 of '1 < 2 < 3'");
  // Words end where names do.
  EXPECT_EQ(mistake_in("1 order"), "unexpected 'o' at character 3 of '1 order'");
}

TEST(Expression, KnowsFunctions) {
  EXPECT_EQ(value_of("min(3, 1, 2) + max(3, 1, 2)"), 4.0);  // 1 + 3
  EXPECT_EQ(value_of("ceil(1.2) * 10 + floor(1.8)"), 21.0);
  EXPECT_EQ(value_of("sqrt(abs(-16))"), 4.0);
  EXPECT_EQ(value_of("log2(8) + log(exp(2))"), 5.0);
}

TEST(Expression, SaysWhereItIsWrong) {
  EXPECT_EQ(mistake_in("1 +"), "the expression ends early at character 4 of '1 +'");
  EXPECT_EQ(mistake_in("(1"), "expected ')' at character 3 of '(1'");
  EXPECT_EQ(mistake_in("1 2"), "unexpected '2' at character 3 of '1 2'");
  EXPECT_EQ(mistake_in("a[x]"), "expected '=' and a label at character 4 of 'a[x]'");
  EXPECT_EQ(mistake_in("a[x=1"), "expected ']' at character 5 of 'a[x=1'");
  EXPECT_EQ(mistake_in("a[x='1]"), "a label whose quotes do not end at character 5 of 'a[x='1]'");
  EXPECT_EQ(mistake_in("geomaen(a over b)"),
            "unknown function 'geomaen' (did you mean 'geomean'?) at character 9 of "
            "'geomaen(a over b)'");
  EXPECT_EQ(mistake_in("mean(a)"), "expected 'over AXIS' in mean() at character 7 of 'mean(a)'");
  EXPECT_EQ(mistake_in("abs(1, 2)"),
            "wrong number of arguments to 'abs' at character 10 of 'abs(1, 2)'");
  EXPECT_EQ(mistake_in("2 ^ 3 ^ 2"),
            "a power of a power needs parentheses at character 7 of '2 ^ 3 ^ 2'");
}

TEST(Expression, StandsDeepNesting) {
  EXPECT_EQ(value_of(std::string(40, '(') + "1" + std::string(40, ')')), 1.0);
  EXPECT_THAT(mistake_in(std::string(3000, '(')),
              testing::StartsWith("too many nested parentheses"));
  EXPECT_EQ(value_of(std::string(3000, '-') + "1"), 1.0);  // an even number of signs
  std::string sum = "1";
  for (int i = 1; i < 1900; ++i) {
    sum += "+1";
  }
  EXPECT_EQ(value_of(sum), 1900.0);
  EXPECT_EQ(mistake_in(std::string(4001, '1')), "an expression of 4001 characters; at most 4000");
}

TEST(Expression, LabelsMayBeQuoted) {
  const ExpressionPointer plain = parse_expression("a[size = 64 KiB , mode: x]");
  EXPECT_THAT(plain->selected,
              testing::ElementsAre(testing::Pair("size", "64 KiB"), testing::Pair("mode", "x")));
  const ExpressionPointer quoted = parse_expression("a[size='1, 2']");
  EXPECT_THAT(quoted->selected, testing::ElementsAre(testing::Pair("size", "1, 2")));
}

}  // namespace
}  // namespace orrery::sweep
