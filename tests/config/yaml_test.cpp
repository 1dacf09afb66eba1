// SPDX-License-Identifier: Apache-2.0
#include "config/yaml.h"

#include <gtest/gtest.h>

namespace orrery::config {
namespace {

std::string error_of(const std::string& text) {
  try {
    (void)parse_yaml(text, "t.yaml");
  } catch (const base::UserError& error) {
    return error.what();
  }
  return "";
}

TEST(Yaml, KeepsThePositionOfEveryValueAndKey) {
  const Node node = parse_yaml("a: 1\nb:\n  - x\n  - {c: 2}\n", "t.yaml");
  EXPECT_EQ(node.find("a")->where().column, 4);
  EXPECT_EQ(node.find("b")->items()[0].where().line, 3);
  EXPECT_EQ(node.find("b")->items()[1].find("c")->text(), "2");
  EXPECT_EQ(node.entries()[1].where.line, 2);
}

TEST(Yaml, ReportsDuplicateKeys) {
  EXPECT_EQ(error_of("a: 1\nb: 2\na: 3\n"),
            "t.yaml:3:1: duplicate key 'a', first at line 1; expected each key once");
  EXPECT_EQ(error_of("x: {a: 1, a: 2}"),
            "t.yaml:1:11: duplicate key 'a', first at line 1; expected each key once");
}

TEST(Yaml, ReportsWhatIsNotADocument) {
  EXPECT_NE(error_of("a: [1"), "");
  EXPECT_NE(error_of("a: 1\n---\nb: 2\n"), "");
  EXPECT_NE(error_of(std::string("a: \0b", 5)), "");
  EXPECT_NE(error_of("a: \xff"), "");
  EXPECT_NE(error_of("{[1]: 2}"), "");
  EXPECT_NE(error_of("a: *nobody"), "");
  EXPECT_NE(error_of(std::string(5000, '[')), "");
}

TEST(Yaml, BoundsWhatAliasesCanMultiply) {
  std::string bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n";
  for (char c = 'b'; c < 'j'; ++c) {
    const std::string before(1, static_cast<char>(c - 1));
    std::string items;
    for (int i = 0; i < 10; ++i) {
      items += (i == 0 ? "*" : ",*") + before;
    }
    bomb += std::string(1, c) + ": &" + c + " [" + items + "]\n";
  }
  EXPECT_NE(error_of(bomb).find("too large"), std::string::npos);
}

TEST(Yaml, WritesWhatItReadsBack) {
  const std::string text =
      "plain: some text\nquoted: \"a: b #c\"\nempty: \"\"\nlist: [1, 2]\nmaps:\n"
      "  - a: 1\n    b: 2\n  - c: {}\n";
  EXPECT_EQ(write_yaml(parse_yaml(text, "t.yaml")), text);
}

}  // namespace
}  // namespace orrery::config
