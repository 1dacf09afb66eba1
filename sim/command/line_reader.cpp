// SPDX-License-Identifier: Apache-2.0
#include "command/line_reader.h"

#include <limits>

#include "command/stream_checker.h"

namespace orrery::command {
namespace {

constexpr std::size_t kBufferBytes = 64 << 10;
constexpr std::size_t kLongestLine = 1 << 20;

}  // namespace

LineReader::LineReader(std::unique_ptr<std::istream> in, std::string file)
    : in_(std::move(in)), file_(std::move(file)) {}

void LineReader::fail(std::string message, std::string expected) const {
  throw base::UserError(
      base::Diagnostic{{file_, number_, 1}, "", std::move(message), std::move(expected), ""});
}

bool LineReader::fill() {
  buffer_.resize(kBufferBytes);
  in_->read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
  buffer_.resize(static_cast<std::size_t>(in_->gcount()));
  position_ = 0;
  if (in_->bad()) {
    fail("cannot be read", "");
  }
  return !buffer_.empty();
}

bool LineReader::next() {
  line_.clear();
  bool found_end = false;
  while (!found_end && (position_ < buffer_.size() || fill())) {
    const std::size_t end = buffer_.find('\n', position_);
    found_end = end != std::string::npos;
    const std::size_t stop = found_end ? end : buffer_.size();
    line_.append(buffer_, position_, stop - position_);
    position_ = stop + (found_end ? 1 : 0);
    if (line_.size() > kLongestLine) {
      ++number_;
      fail("a line of more than 1 MiB", "a command stream in text form");
    }
  }
  if (line_.empty() && !found_end) {
    return false;
  }
  number_ += number_ < std::numeric_limits<int>::max() ? 1 : 0;
  if (!line_.empty() && line_.back() == '\r') {
    line_.pop_back();
  }
  if (!is_utf8(line_)) {
    fail("not UTF-8", "a command stream in text form");
  }
  return true;
}

}  // namespace orrery::command
