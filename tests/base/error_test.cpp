// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <gtest/gtest.h>

#include "base/generator.h"

namespace orrery::base {
namespace {

TEST(Diagnostic, NamesPlaceKeyMistakeExpectationAndNearestName) {
  const Diagnostic diagnostic{
      {"a.yaml", 3, 5}, "engines.array.row", "unknown key 'row'", "one of rows, columns", "rows"};
  EXPECT_EQ(diagnostic.to_string(),
            "a.yaml:3:5: engines.array.row: unknown key 'row'; expected one of rows, columns; did "
            "you mean 'rows'?");
}

TEST(UserError, CarriesAllMistakesALineEach) {
  Diagnostics diagnostics;
  diagnostics.throw_if_any();
  diagnostics.add({{"a", 1, 1}, "", "first", "", ""});
  diagnostics.add({{"a", 2, 1}, "", "second", "", ""});
  try {
    diagnostics.throw_if_any();
    FAIL();
  } catch (const UserError& error) {
    EXPECT_STREQ(error.what(), "a:1:1: first\na:2:1: second");
  }
}

TEST(NearestName, FindsSlipsButNotOtherWords) {
  const std::vector<std::string> names{"rows", "columns", "clock"};
  EXPECT_EQ(nearest_name("colums", names), "columns");
  EXPECT_EQ(nearest_name("row", names), "rows");
  EXPECT_EQ(nearest_name("frequency", names), "");
}

Generator<int> count_to(int n) {
  for (int i = 1; i <= n; ++i) {
    co_yield i;
  }
  if (n == 3) {
    throw std::runtime_error("three");
  }
}

TEST(Generator, GivesElementsLazilyAndPassesExceptionsOn) {
  Generator<int> two = count_to(2);
  EXPECT_EQ(two.next(), 1);
  EXPECT_EQ(two.next(), 2);
  EXPECT_EQ(two.next(), std::nullopt);
  EXPECT_EQ(two.next(), std::nullopt);
  Generator<int> three = count_to(3);
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(three.next(), i);
  }
  EXPECT_THROW((void)three.next(), std::runtime_error);
}

}  // namespace
}  // namespace orrery::base
