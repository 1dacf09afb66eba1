// SPDX-License-Identifier: Apache-2.0
#include "command/text_fields.h"

#include "base/error.h"
#include "command/printable.h"
#include "command/stream_checker.h"

namespace orrery::command {

ElementType read_element_type(LineScanner& scanner) {
  const int column = scanner.column();
  const std::string_view word = scanner.word("type");
  const std::optional<ElementType> type = find_value(element_type_names(), word);
  if (!type) {
    // There are too many to list.
    scanner.fail(column, "unknown type " + printable(word), "an element type",
                 base::nearest_name(word, names_of(element_type_names())));
  }
  return *type;
}

std::string read_name(LineScanner& scanner, const std::string& what) {
  const int column = scanner.column();
  std::string text = scanner.text(what);
  if (text.size() > kLongestText) {
    scanner.fail(column, what + " is too long", fmt::format("at most {} bytes", kLongestText));
  }
  return text;
}

const config::EnumTable<bool>& yes_and_no() {
  static const config::EnumTable<bool> kNames{{"no", false}, {"yes", true}};
  return kNames;
}

}  // namespace orrery::command
