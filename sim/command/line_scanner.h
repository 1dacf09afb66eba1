// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace orrery::command {

// Reads one line of the text form from left to right. Whatever does not fit is a base::UserError
// with its column; `expected` says what would have fitted. The line must outlive the scanner.
class LineScanner {
 public:
  LineScanner(std::string_view line, std::string_view file, int number)
      : line_(line), file_(file), number_(number) {}

  // Goes to the next word. True at the end of the line or a comment.
  [[nodiscard]] bool at_end();
  // Of the next character, from 1.
  [[nodiscard]] int column() const { return static_cast<int>(position_) + 1; }

  [[nodiscard]] base::SourcePosition position() const {
    return {std::string(file_), number_, column()};
  }
  // Whether a number is next.
  [[nodiscard]] bool at_digit() const;
  // The next word, which stays to be read; empty where there is none.
  [[nodiscard]] std::string_view peek_word() const;

  // Takes the character if it is next.
  [[nodiscard]] bool accept(char character);
  void expect(char character, const std::string& expected);
  // The next word must be separated by a blank from what was read so far.
  void expect_blank();

  // One or more of A-Z a-z 0-9 _ . + -.
  [[nodiscard]] std::string_view word(const std::string& expected);
  // A word, or any text in double quotes with the escapes \" \\ \n \t \r \xHH.
  [[nodiscard]] std::string text(const std::string& expected);
  [[nodiscard]] std::int64_t integer(const std::string& expected);
  // From 0 to 2^64 - 1.
  [[nodiscard]] std::uint64_t natural(const std::string& expected);
  [[nodiscard]] double real(const std::string& expected);

  [[nodiscard]] base::Diagnostic diagnostic(int column, const std::string& key,
                                            const std::string& message, const std::string& expected,
                                            const std::string& suggestion = {}) const;
  [[noreturn]] void fail(int column, const std::string& message, const std::string& expected,
                         const std::string& suggestion = {}) const;
  // An unknown word at the column, with the known one nearest to it.
  [[noreturn]] void fail_unknown(int column, const std::string& what, std::string_view found,
                                 const std::vector<std::string>& known) const;

 private:
  template <class T>
  T number(const std::string& expected);
  [[noreturn]] void fail_here(const std::string& expected) const;
  [[nodiscard]] std::string quoted_text();
  [[nodiscard]] char escaped();

  std::string_view line_;
  std::string_view file_;
  int number_;
  std::size_t position_ = 0;
};

// Appends the text as LineScanner::text() reads it.
void append_text(std::string& out, std::string_view text);

}  // namespace orrery::command
