// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace orrery::command {

// A byte that would disturb a terminal or end a line.
[[nodiscard]] inline bool is_control(char character) {
  return static_cast<unsigned char>(character) < 0x20 || character == 0x7F;
}

// The text with control characters as \xHH.
[[nodiscard]] std::string one_line(std::string_view text);

// What was found, for a message: in quotes, shortened, on one line. The text is UTF-8.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace orrery::command
