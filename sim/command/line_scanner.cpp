// SPDX-License-Identifier: Apache-2.0
#include "command/line_scanner.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "command/printable.h"
#include "config/codec.h"

namespace orrery::command {
namespace {

bool is_blank(char character) {
  return character == ' ' || character == '\t';
}

bool is_word(char character) {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
         (character >= '0' && character <= '9') ||
         std::string_view("_.+-").find(character) != std::string_view::npos;
}

const std::map<char, char>& escapes() {
  static const std::map<char, char> kEscapes{
      {'"', '"'}, {'\\', '\\'}, {'n', '\n'}, {'t', '\t'}, {'r', '\r'}};
  return kEscapes;
}

}  // namespace

void append_text(std::string& out, std::string_view text) {
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_word)) {
    out += text;
    return;
  }
  out += '"';
  for (const char character : text) {
    const auto found = std::find_if(escapes().begin(), escapes().end(),
                                    [&](const auto& escape) { return escape.second == character; });
    if (found != escapes().end()) {
      out += '\\';
      out += found->first;
    } else if (is_control(character)) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(character));
    } else {
      out += character;
    }
  }
  out += '"';
}

base::Diagnostic LineScanner::diagnostic(int column, const std::string& key,
                                         const std::string& message, const std::string& expected,
                                         const std::string& suggestion) const {
  return {{std::string(file_), number_, column},
          key,
          one_line(message),
          one_line(expected),
          one_line(suggestion)};
}

void LineScanner::fail(int column, const std::string& message, const std::string& expected,
                       const std::string& suggestion) const {
  throw base::UserError(diagnostic(column, "", message, expected, suggestion));
}

void LineScanner::fail_unknown(int column, const std::string& what, std::string_view found,
                               const std::vector<std::string>& known) const {
  fail(column, fmt::format("unknown {} {}", what, printable(found)),
       "one of " + config::join(known, ", "), base::nearest_name(found, known));
}

void LineScanner::fail_here(const std::string& expected) const {
  if (position_ >= line_.size()) {
    fail(column(), "the line ends", expected);
  }
  std::size_t end = position_;
  while (end < line_.size() && !is_blank(line_[end])) {
    ++end;
  }
  if (end == position_) {
    fail(column(), "a blank", expected);
  }
  fail(column(), printable(line_.substr(position_, end - position_)), expected);
}

bool LineScanner::at_end() {
  while (position_ < line_.size() && is_blank(line_[position_])) {
    ++position_;
  }
  return position_ == line_.size() || line_[position_] == '#';
}

bool LineScanner::at_digit() const {
  return position_ < line_.size() && line_[position_] >= '0' && line_[position_] <= '9';
}

std::string_view LineScanner::peek_word() const {
  std::size_t end = position_;
  while (end < line_.size() && is_word(line_[end])) {
    ++end;
  }
  return line_.substr(position_, end - position_);
}

bool LineScanner::accept(char character) {
  if (position_ < line_.size() && line_[position_] == character) {
    ++position_;
    return true;
  }
  return false;
}

void LineScanner::expect(char character, const std::string& expected) {
  if (!accept(character)) {
    fail_here(expected);
  }
}

void LineScanner::expect_blank() {
  if (position_ < line_.size() && !is_blank(line_[position_])) {
    fail_here("a blank");
  }
}

std::string_view LineScanner::word(const std::string& expected) {
  const std::string_view result = peek_word();
  if (result.empty()) {
    fail_here(expected);
  }
  position_ += result.size();
  return result;
}

char LineScanner::escaped() {
  const int start = column() - 1;
  if (position_ < line_.size()) {
    const char letter = line_[position_++];
    const auto found = escapes().find(letter);
    if (found != escapes().end()) {
      return found->second;
    }
    unsigned value = 0;
    if (letter == 'x' && position_ + 2 <= line_.size()) {
      const char* begin = line_.data() + position_;
      const auto result = std::from_chars(begin, begin + 2, value, 16);
      if (result.ptr == begin + 2 && value < 0x80) {
        position_ += 2;
        return static_cast<char>(value);
      }
    }
  }
  fail(start, "unknown escape", R"(\", \\, \n, \t, \r or \xHH with HH from 00 to 7f)");
}

std::string LineScanner::quoted_text() {
  const int start = column() - 1;
  std::string result;
  while (!accept('"')) {
    if (position_ >= line_.size()) {
      fail(start, "a text that does not end", "a second \"");
    }
    const char character = line_[position_++];
    result += character == '\\' ? escaped() : character;
  }
  return result;
}

std::string LineScanner::text(const std::string& expected) {
  return accept('"') ? quoted_text() : std::string(word(expected));
}

template <class T>
T LineScanner::number(const std::string& expected) {
  const std::string_view digits = peek_word();
  T value{};
  const char* const end = digits.data() + digits.size();
  const auto result = std::from_chars(digits.data(), end, value);
  if (digits.empty() || result.ptr != end || result.ec == std::errc::invalid_argument) {
    fail_here(expected);
  }
  if (result.ec == std::errc::result_out_of_range) {
    fail(column(), printable(digits) + " is out of range", expected);
  }
  position_ += digits.size();
  return value;
}

std::int64_t LineScanner::integer(const std::string& expected) {
  return number<std::int64_t>(expected);
}

std::uint64_t LineScanner::natural(const std::string& expected) {
  return number<std::uint64_t>(expected);
}

double LineScanner::real(const std::string& expected) {
  return number<double>(expected);
}

}  // namespace orrery::command
