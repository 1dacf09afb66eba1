// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <istream>
#include <memory>
#include <string>

#include "base/error.h"

namespace orrery::command {

// Reads the numbers and texts of the binary form. Whatever the writer could not have written is a
// base::UserError, located by the part that is being read (set_part) and the byte.
class ByteReader {
 public:
  ByteReader(std::unique_ptr<std::istream> in, std::string file)
      : in_(std::move(in)), file_(std::move(file)) {}

  // "header", "command 17"
  void set_part(std::string part) { part_ = std::move(part); }
  void set_command(std::uint64_t number) {
    part_.clear();
    command_ = number;
  }

  // Bytes read so far.
  [[nodiscard]] std::uint64_t offset() const { return base_ + position_; }
  [[nodiscard]] bool at_end();

  [[nodiscard]] unsigned char byte();
  // A byte below `limit`, as of an enumeration.
  [[nodiscard]] unsigned char choice(std::size_t limit, const char* what);
  // Little-endian base 128, in as few bytes as it takes.
  [[nodiscard]] std::uint64_t natural();
  [[nodiscard]] std::uint64_t natural(std::uint64_t most, const char* what);
  // Zigzag: 0, -1, 1, -2, ...
  [[nodiscard]] std::int64_t integer();
  [[nodiscard]] double real();
  // Length and UTF-8.
  [[nodiscard]] std::string text();

  [[nodiscard]] base::Diagnostic diagnostic(std::uint64_t offset, const std::string& field,
                                            const std::string& message, const std::string& expected,
                                            const std::string& suggestion = {}) const;
  // A mistake in the number or text that was read last.
  [[noreturn]] void fail(const std::string& message, const std::string& expected) const {
    fail_at(item_, message, expected);
  }
  [[noreturn]] void fail_at(std::uint64_t offset, const std::string& message,
                            const std::string& expected) const;

 private:
  [[nodiscard]] unsigned char next();
  [[nodiscard]] bool fill();

  std::unique_ptr<std::istream> in_;
  std::string file_;
  std::string part_ = "header";
  std::uint64_t command_ = 0;
  std::string buffer_;
  std::size_t position_ = 0;  // in the buffer
  std::uint64_t base_ = 0;    // offset of the buffer
  std::uint64_t item_ = 0;    // offset of what was read last
};

}  // namespace orrery::command
