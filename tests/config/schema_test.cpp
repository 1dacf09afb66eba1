// SPDX-License-Identifier: Apache-2.0
#include "config/schema.h"

#include <gtest/gtest.h>

#include "config/yaml.h"

namespace orrery::config {
namespace {

enum class Colour { kRed, kGreen };

struct Inner {
  std::int64_t rows = 4;
};

struct Outer {
  std::string name;
  std::int64_t size = 0;
  base::Bytes capacity{1024};
  Colour colour = Colour::kGreen;
  std::vector<std::int64_t> list;
  Inner inner;
  base::SourcePosition where;
};

Schema<Outer> outer_schema() {
  const Schema<Inner> inner =
      Schema<Inner>("inner", "").optional("rows", &Inner::rows, integer(1, 8), "Rows.");
  return Schema<Outer>("outer", "A test.")
      .required("name", &Outer::name, text(), "Name.")
      .required("size", &Outer::size, integer(1, 100), "Size.")
      .optional("capacity", &Outer::capacity, bytes(1, 1 << 20), "Capacity.")
      .optional("colour", &Outer::colour,
                choice(EnumTable<Colour>{{"red", Colour::kRed}, {"green", Colour::kGreen}}),
                "Colour.")
      .optional("list", &Outer::list, list(integer(0, 9)), "List.")
      .optional("inner", &Outer::inner, object(inner), "Inner.")
      .position(&Outer::where)
      .check([](const Outer& value, const Node& node, Reader& reader) {
        if (value.size == 13) {
          reader.error(node.where(), "size 13 is unlucky");
        }
      });
}

std::string errors_of(const std::string& yaml) {
  Reader reader("root");
  const auto value = outer_schema().read(parse_yaml(yaml, "t.yaml"), reader);
  EXPECT_EQ(value.has_value(), reader.diagnostics().empty());
  std::string all;
  for (const base::Diagnostic& diagnostic : reader.diagnostics().items()) {
    all += diagnostic.to_string() + "\n";
  }
  return all;
}

TEST(Schema, ReadsValuesAndKeepsDefaults) {
  Reader reader;
  const auto value = outer_schema().read(
      parse_yaml("name: n\nsize: 5\ninner: {rows: 2}\nlist: [1, 2]", "t.yaml"), reader);
  ASSERT_TRUE(value);
  EXPECT_EQ(value->name, "n");
  EXPECT_EQ(value->size, 5);
  EXPECT_EQ(value->capacity.value, 1024);
  EXPECT_EQ(value->inner.rows, 2);
  EXPECT_EQ(value->list, (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(value->where.line, 1);
}

TEST(Schema, ReportsAllMistakesAtOnceWithTheirPlaces) {
  EXPECT_EQ(errors_of("nme: n\nsize: 101\ncolour: gren\nlist: [1, x]\ninner:\n  rows: 0\n"),
            "t.yaml:1:1: root: missing key 'name'; expected text\n"
            "t.yaml:2:7: root.size: found '101'; expected an integer from 1 to 100\n"
            "t.yaml:3:9: root.colour: found 'gren'; expected one of red, green; did you mean "
            "'green'?\n"
            "t.yaml:4:11: root.list.1: found 'x'; expected an integer from 0 to 9\n"
            "t.yaml:6:9: root.inner.rows: found '0'; expected an integer from 1 to 8\n"
            "t.yaml:1:1: root: unknown key 'nme'; expected one of name, size, capacity, colour, "
            "list, inner; did you mean 'name'?\n");
}

TEST(Schema, ChecksRulesOverSeveralKeysOnlyWhenAllAreRead) {
  EXPECT_EQ(errors_of("name: n\nsize: 13"), "t.yaml:1:1: root: size 13 is unlucky\n");
  EXPECT_EQ(errors_of("size: 13"), "t.yaml:1:1: root: missing key 'name'; expected text\n");
}

TEST(Schema, RejectsNumbersThatAreNone) {
  for (const char* text : {"1.5", "nan", "1e3", "0x10", "99999999999999999999", "''", "[1]", "~"}) {
    EXPECT_NE(errors_of("name: n\nsize: " + std::string(text)), "") << text;
  }
}

TEST(Schema, WhatItWritesItReadsBackTheSame) {
  Reader reader;
  const auto schema = outer_schema();
  Outer value;
  value.name = "two words: here";
  value.size = 7;
  value.list = {3};
  const std::string text = write_yaml(schema.write(value));
  const auto again = schema.read(parse_yaml(text, "t.yaml"), reader);
  ASSERT_TRUE(again) << text;
  EXPECT_EQ(write_yaml(schema.write(*again)), text);
  EXPECT_EQ(again->name, value.name);
}

TEST(Schema, DescribesItsFields) {
  const auto schema = outer_schema();
  const auto& fields = schema.description()->fields;
  ASSERT_EQ(fields.size(), 6U);
  EXPECT_TRUE(fields[0].required);
  EXPECT_EQ(fields[2].default_text, "1 KiB");
  EXPECT_EQ(fields[3].type->choices, (std::vector<std::string>{"red", "green"}));
}

}  // namespace
}  // namespace orrery::config
