// SPDX-License-Identifier: Apache-2.0
#include "command/text_fields.h"

#include "command/stream_checker.h"

namespace orrery::command {

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
