// SPDX-License-Identifier: Apache-2.0
#include "command/printable.h"

#include <fmt/format.h>

#include <algorithm>

namespace orrery::command {
namespace {

constexpr std::size_t kMostShown = 40;

}  // namespace

std::string one_line(std::string_view text) {
  std::string result;
  for (const char character : text) {
    if (is_control(character)) {
      result += fmt::format("\\x{:02x}", static_cast<unsigned char>(character));
    } else {
      result += character;
    }
  }
  return result;
}

std::string printable(std::string_view text) {
  std::size_t length = std::min(text.size(), kMostShown);
  while (length < text.size() && length > 0 && (text[length] & 0xC0) == 0x80) {
    --length;  // not in the middle of a character
  }
  return "'" + one_line(text.substr(0, length)) + (length < text.size() ? "...'" : "'");
}

}  // namespace orrery::command
