// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <istream>
#include <optional>
#include <string>
#include <string_view>

#include "memory/checker/log_event.h"
#include "memory/checker/log_header.h"
#include "memory/specification/spec.h"

namespace orrery::memory::checker {

// Reads a log line by line and keeps one line. Empty lines and lines that start with '#' are
// skipped.
class LogReader {
 public:
  // Reads the header. file: for messages. Throws base::UserError when the header is malformed, when
  // it names another spec or a controller that does not suit it. The stream and the spec must
  // outlive the reader.
  LogReader(std::istream& in, std::string file, const dram::Spec& spec);

  [[nodiscard]] const LogHeader& header() const { return header_; }

  // The next event; nullopt at the end. At the first malformed line the rest is read for further
  // ones, 20 at most, and all are thrown as one base::UserError with file, line and column.
  [[nodiscard]] std::optional<LogEvent> next();

  // Lines read so far.
  [[nodiscard]] int line() const { return line_number_; }

 private:
  static constexpr std::size_t kMostWords = 9;
  // One word of a line and where it starts.
  struct Word {
    std::string_view text;
    std::size_t start = 0;
  };

  bool read_line();
  void split();
  // The event of the line; nullopt with a complaint.
  std::optional<LogEvent> parse();
  bool parse_arrival(LogEvent& event);
  bool parse_direction(LogEvent& event);
  bool parse_blocked(LogEvent& event);
  bool parse_command(LogEvent& event);
  // Reads word `index` into `value`; `below`: the first number that is too large.
  bool number(std::size_t index, std::uint64_t below, const char* what, std::uint64_t& value);
  bool address(std::size_t first, LogEvent& event);
  // A column that the command has (below > 0) or that is '-'.
  bool optional_number(std::size_t index, bool wanted, std::uint64_t below, const char* what,
                       std::uint32_t& value);
  bool has_words(std::size_t count, const char* form);
  bool complain(std::size_t word, const std::string& message, const std::string& expected,
                const std::string& suggestion = {});

  std::istream& in_;
  std::string file_;
  const dram::Spec& spec_;
  LogHeader header_;
  std::string text_;
  int line_number_ = 0;
  std::array<Word, kMostWords> words_;
  std::size_t count_ = 0;
  base::Diagnostics errors_;
};

}  // namespace orrery::memory::checker
