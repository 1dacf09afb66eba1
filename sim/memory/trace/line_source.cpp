// SPDX-License-Identifier: Apache-2.0
#include "memory/trace/line_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filtering_streambuf.hpp>
#include <cstring>
#include <ios>

namespace orrery::memory::trace {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBufferBytes = std::size_t{1} << 16;

bool is_compressed(std::filebuf& bytes) {
  constexpr int kFirst = 0x1f;
  constexpr int kSecond = 0x8b;
  if (bytes.sgetc() != kFirst) {
    return false;
  }
  const int second = bytes.snextc();
  (void)bytes.sungetc();
  return second == kSecond;
}

}  // namespace

LineSource::LineSource(const fs::path& path) : file_(path.string()), buffer_(kBufferBytes) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) {
    fail({file_, 0, 0}, "no such file");
  }
  if (fs::is_directory(status)) {
    fail({file_, 0, 0}, "is a folder", "a file");
  }
  if (plain_.open(path, std::ios::in | std::ios::binary) == nullptr) {
    fail({file_, 0, 0}, "cannot be opened for reading");
  }
  bytes_ = &plain_;
  try {
    if (is_compressed(plain_)) {
      auto unpacked =
          std::make_unique<boost::iostreams::filtering_streambuf<boost::iostreams::input>>();
      unpacked->push(boost::iostreams::gzip_decompressor());
      unpacked->push(plain_);
      bytes_ = unpacked.get();
      unpacked_ = std::move(unpacked);
    }
  } catch (const std::ios_base::failure&) {
    fail({file_, 0, 0}, "cannot be read");
  }
}

LineSource::~LineSource() = default;

void LineSource::fail(const base::SourcePosition& where, std::string message,
                      std::string expected) const {
  throw base::UserError(base::Diagnostic{where, "", std::move(message), std::move(expected), ""});
}

base::SourcePosition LineSource::position(std::size_t column) const {
  return {file_, line_, static_cast<int>(column)};
}

bool LineSource::fill() {
  next_ = 0;
  filled_ = 0;
  try {
    filled_ = static_cast<std::size_t>(
        std::max<std::streamsize>(0, bytes_->sgetn(buffer_.data(), kBufferBytes)));
  } catch (const boost::iostreams::gzip_error&) {
    fail({file_, line_ + 1, 1}, "the compressed data are broken off or damaged here",
         "a whole gzip file");
  } catch (const std::ios_base::failure&) {
    fail({file_, 0, 0}, "cannot be read");
  }
  return filled_ != 0;
}

bool LineSource::next(std::string_view& line) {
  split_.clear();
  while (next_ != filled_ || fill()) {
    const char* begin = buffer_.data() + next_;
    const std::size_t rest = filled_ - next_;
    const auto* end = static_cast<const char*>(std::memchr(begin, '\n', rest));
    const std::size_t length = end == nullptr ? rest : static_cast<std::size_t>(end - begin);
    next_ += std::min(length + 1, rest);
    if (end != nullptr && split_.empty()) {
      line = {begin, length};
    } else {
      split_.append(begin, std::min(length, kLongestLine + 1));
      line = split_;
    }
    if (end != nullptr || line.size() > kLongestLine) {
      ++line_;
      check_text(line);
      return true;
    }
  }
  if (split_.empty()) {
    return false;
  }
  ++line_;
  check_text(split_);
  line = split_;
  return true;
}

void LineSource::check_text(std::string_view line) const {
  const auto stranger = std::find_if(line.begin(), line.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < ' ' && c != '\t' && c != '\r') || byte == 0x7f;
  });
  if (stranger != line.end()) {
    fail(position(static_cast<std::size_t>(stranger - line.begin()) + 1),
         fmt::format("the byte 0x{:02x} stands in no text", static_cast<unsigned char>(*stranger)),
         "a text file or one compressed by gzip");
  }
  if (line.size() > kLongestLine) {
    fail(position(kLongestLine + 1), "the line is too long",
         fmt::format("at most {} characters", kLongestLine));
  }
}

}  // namespace orrery::memory::trace
