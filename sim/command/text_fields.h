// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "command/form_names.h"
#include "command/line_scanner.h"
#include "config/codec.h"

namespace orrery::command {

// Where on a line a field stood. `name` is a literal.
struct FieldPlace {
  const char* name;
  int column;
};
using FieldPlaces = std::vector<FieldPlace>;

// A key of the text form: reads its value into the body.
template <class Parser, class Body>
struct FieldKey {
  const char* name;
  bool is_required;
  void (*read)(Parser&, Body&);
  bool repeats = false;
};

// A text of at most kLongestText bytes.
[[nodiscard]] std::string read_name(LineScanner& scanner, const std::string& what);

[[nodiscard]] const config::EnumTable<bool>& yes_and_no();

[[nodiscard]] ElementType read_element_type(LineScanner& scanner);

// Looks up the next word among the names of an enumeration.
template <class E>
[[nodiscard]] E read_choice(LineScanner& scanner, const config::EnumTable<E>& table,
                            const std::string& what) {
  const int column = scanner.column();
  const std::string_view word = scanner.word(what);
  const std::optional<E> value = find_value(table, word);
  if (!value) {
    scanner.fail_unknown(column, what, word, names_of(table));
  }
  return *value;
}

// key=value, separated by blanks, up to the end of the line or, in_group, of the group in
// parentheses. `what` has the keys and stands at `column`; places are added to where they are
// given. Throws base::UserError for unknown, repeated and missing keys.
template <class Parser, class Body>
void read_fields(Parser& parser, LineScanner& scanner, std::span<const FieldKey<Parser, Body>> keys,
                 const std::string& what, int column, bool in_group, FieldPlaces* places,
                 Body& body) {
  std::uint32_t seen = 0;
  bool is_closed = in_group && scanner.accept(')');
  while (!is_closed && !scanner.at_end()) {
    const int key_column = scanner.column();
    const std::string_view word = scanner.word("a key");
    std::size_t i = 0;
    while (i < keys.size() && word != keys[i].name) {
      ++i;
    }
    if (i == keys.size()) {
      std::vector<std::string> known;
      for (const auto& key : keys) {
        known.emplace_back(key.name);
      }
      scanner.fail_unknown(key_column, fmt::format("key of '{}'", what), word, known);
    }
    const std::uint32_t bit = 1U << i;
    if ((seen & bit) != 0 && !keys[i].repeats) {
      scanner.fail(key_column, fmt::format("a second '{}'", word), "every key once");
    }
    seen |= bit;
    if (places != nullptr) {
      places->push_back({keys[i].name, key_column});
    }
    scanner.expect('=', fmt::format("'=' after '{}'", word));
    keys[i].read(parser, body);
    is_closed = in_group && scanner.accept(')');
    if (!is_closed) {
      scanner.expect_blank();
    }
  }
  if (in_group && !is_closed) {
    scanner.fail(scanner.column(), "the line ends", "')'");
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].is_required && (seen & (1U << i)) == 0) {
      scanner.fail(column, fmt::format("'{}' without '{}'", what, keys[i].name),
                   fmt::format("{}=...", keys[i].name));
    }
  }
}

}  // namespace orrery::command
