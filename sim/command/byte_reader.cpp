// SPDX-License-Identifier: Apache-2.0
#include "command/byte_reader.h"

#include <fmt/format.h>

#include <bit>

#include "command/printable.h"
#include "command/stream_checker.h"

namespace orrery::command {
namespace {

constexpr std::size_t kBufferBytes = 64 << 10;

}  // namespace

base::Diagnostic ByteReader::diagnostic(std::uint64_t offset, const std::string& field,
                                        const std::string& message, const std::string& expected,
                                        const std::string& suggestion) const {
  const std::string part = part_.empty() ? fmt::format("command {}", command_) : part_;
  std::string path = fmt::format("{} at byte {}", part, offset);
  if (!field.empty()) {
    path += ", " + field;
  }
  return {
      {file_, 0, 0}, std::move(path), one_line(message), one_line(expected), one_line(suggestion)};
}

void ByteReader::fail_at(std::uint64_t offset, const std::string& message,
                         const std::string& expected) const {
  throw base::UserError(diagnostic(offset, "", message, expected));
}

bool ByteReader::fill() {
  base_ += buffer_.size();
  position_ = 0;
  buffer_.resize(kBufferBytes);
  in_->read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
  buffer_.resize(static_cast<std::size_t>(in_->gcount()));
  if (in_->bad()) {
    fail_at(base_, "cannot be read", "");
  }
  return !buffer_.empty();
}

bool ByteReader::at_end() {
  return position_ == buffer_.size() && !fill();
}

unsigned char ByteReader::next() {
  if (at_end()) {
    fail_at(offset(), "the file ends early", "the rest of the stream");
  }
  return static_cast<unsigned char>(buffer_[position_++]);
}

unsigned char ByteReader::byte() {
  item_ = offset();
  return next();
}

unsigned char ByteReader::choice(std::size_t limit, const char* what) {
  const unsigned char value = byte();
  if (value >= limit) {
    fail(fmt::format("no {} {}", what, value), fmt::format("0 to {}", limit - 1));
  }
  return value;
}

std::uint64_t ByteReader::natural() {
  item_ = offset();
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const unsigned char part = next();
    const std::uint64_t bits = part & 0x7FU;
    const bool overflows = shift == 63 && bits > 1;
    const bool is_padded = shift > 0 && part == 0;
    if (overflows || is_padded) {
      break;
    }
    value |= bits << shift;
    if ((part & 0x80U) == 0) {
      return value;
    }
  }
  fail("no number", "a number of 64 bits in as few bytes as it takes");
}

std::uint64_t ByteReader::natural(std::uint64_t most, const char* what) {
  const std::uint64_t value = natural();
  if (value > most) {
    fail(fmt::format("{} {}", what, value), fmt::format("at most {}", most));
  }
  return value;
}

std::int64_t ByteReader::integer() {
  const std::uint64_t value = natural();
  return static_cast<std::int64_t>((value >> 1U) ^ (0 - (value & 1U)));
}

double ByteReader::real() {
  item_ = offset();
  std::uint64_t bits = 0;
  for (unsigned shift = 0; shift < 64; shift += 8) {
    bits |= static_cast<std::uint64_t>(next()) << shift;
  }
  return std::bit_cast<double>(bits);
}

std::string ByteReader::text() {
  const std::uint64_t length = natural(kLongestText, "a text of length");
  std::string result;
  for (std::uint64_t i = 0; i < length; ++i) {
    result += static_cast<char>(next());
  }
  if (!is_utf8(result)) {
    fail("a text that is not UTF-8", "UTF-8");
  }
  return result;
}

}  // namespace orrery::command
