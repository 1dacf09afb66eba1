// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <streambuf>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace orrery::memory::trace {

// The lines of a text file, plain or compressed by gzip (told by its first two bytes), one at a
// time and in constant memory. Files, pipes and devices.
class LineSource {
 public:
  // Longer lines are no lines of a trace.
  static constexpr std::size_t kLongestLine = 1024;

  // Throws base::UserError where the file cannot be opened.
  explicit LineSource(const std::filesystem::path& path);
  ~LineSource();
  LineSource(const LineSource&) = delete;
  LineSource& operator=(const LineSource&) = delete;

  // The next line without its end, valid until the next call; false at the end of the file. Throws
  // base::UserError, with the place, for what cannot be read on: broken compression, a line that is
  // too long, a byte that stands in no text.
  [[nodiscard]] bool next(std::string_view& line);

  // Where a column of the line returned last stands; columns count from 1.
  [[nodiscard]] base::SourcePosition position(std::size_t column) const;

 private:
  [[nodiscard]] bool fill();
  void check_text(std::string_view line) const;
  [[noreturn]] void fail(const base::SourcePosition& where, std::string message,
                         std::string expected = {}) const;

  std::string file_;
  std::filebuf plain_;
  std::unique_ptr<std::streambuf> unpacked_;  // reads plain_, when that is compressed
  std::streambuf* bytes_ = nullptr;
  std::vector<char> buffer_;
  std::size_t next_ = 0;  // in buffer_
  std::size_t filled_ = 0;
  std::string split_;  // a line that lies in two buffers
  int line_ = 0;
};

}  // namespace orrery::memory::trace
