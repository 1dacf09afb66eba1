// SPDX-License-Identifier: Apache-2.0
#include "memory/trace/merged_lines.h"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <optional>

#include "base/error.h"

namespace orrery::memory::trace {

namespace {

[[noreturn]] void fail() {
  throw base::UserError(base::Diagnostic{{"temporary file", 0, 0},
                                         "",
                                         std::string("cannot be written: ") + std::strerror(errno),
                                         "",
                                         ""});
}

}  // namespace

MergedLines::MergedLines(int channels, Sink sink) : sink_(std::move(sink)) {
  for (int channel = 0; channels > 1 && channel < channels; ++channel) {
    files_.emplace_back(std::tmpfile());
    if (!files_.back()) {
      fail();
    }
  }
}

void MergedLines::add(int channel, Cycle cycle, std::string_view line) {
  if (files_.empty()) {
    sink_(cycle, line);
    return;
  }
  std::FILE* file = files_[static_cast<std::size_t>(channel)].get();
  const std::uint64_t size = line.size();
  if (std::fwrite(&cycle, sizeof cycle, 1, file) != 1 ||
      std::fwrite(&size, sizeof size, 1, file) != 1 ||
      std::fwrite(line.data(), 1, line.size(), file) != line.size()) {
    fail();
  }
}

bool MergedLines::read(std::FILE* file, Line& line) {
  std::uint64_t size = 0;
  if (std::fread(&line.cycle, sizeof line.cycle, 1, file) != 1 ||
      std::fread(&size, sizeof size, 1, file) != 1) {
    return false;
  }
  line.text.resize(size);
  return std::fread(line.text.data(), 1, size, file) == size;
}

void MergedLines::finish() {
  std::vector<std::optional<Line>> next;
  for (const File& file : files_) {
    if (std::fflush(file.get()) != 0) {
      fail();
    }
    std::rewind(file.get());
    next.emplace_back(Line());
    if (!read(file.get(), *next.back())) {
      next.back().reset();
    }
  }
  while (true) {
    std::optional<std::size_t> first;
    for (std::size_t i = 0; i < next.size(); ++i) {
      if (next[i] && (!first || next[i]->cycle < next[*first]->cycle)) {
        first = i;
      }
    }
    if (!first) {
      return;
    }
    sink_(next[*first]->cycle, next[*first]->text);
    if (!read(files_[*first].get(), *next[*first])) {
      next[*first].reset();
    }
  }
}

}  // namespace orrery::memory::trace
