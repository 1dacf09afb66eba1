// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <istream>
#include <memory>
#include <string>

#include "base/error.h"

namespace orrery::command {

// Reads a text line by line, holding no more than one line.
class LineReader {
 public:
  LineReader(std::unique_ptr<std::istream> in, std::string file);

  // The next line without its end ("\n" or "\r\n"). False at the end of the file. Throws
  // base::UserError for lines beyond 1 MiB, text that is not UTF-8 and files that cannot be read.
  [[nodiscard]] bool next();

  [[nodiscard]] const std::string& line() const { return line_; }
  // Of the last line, from 1.
  [[nodiscard]] int number() const { return number_; }
  [[nodiscard]] const std::string& file() const { return file_; }

 private:
  [[noreturn]] void fail(std::string message, std::string expected) const;
  [[nodiscard]] bool fill();

  std::unique_ptr<std::istream> in_;
  std::string file_;
  std::string buffer_;
  std::size_t position_ = 0;  // in the buffer
  std::string line_;
  int number_ = 0;
};

}  // namespace orrery::command
