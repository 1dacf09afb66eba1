// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace orrery::memory::trace {

using base::Cycle;

// Lines of several channels in the order of (cycle, channel, order within the channel), though the
// channels run one after another: each channel's lines wait in a temporary file without a name
// until finish(). Those of a single channel are handed on at once.
class MergedLines {
 public:
  using Sink = std::function<void(Cycle cycle, std::string_view line)>;

  // channels >= 1. Throws base::UserError where no temporary file can be made.
  MergedLines(int channels, Sink sink);

  // Cycles of one channel must not go backwards.
  void add(int channel, Cycle cycle, std::string_view line);
  // Hands on everything. Throws base::UserError where the temporary files could not hold it.
  void finish();

 private:
  struct Closer {
    void operator()(std::FILE* file) const { (void)std::fclose(file); }
  };
  using File = std::unique_ptr<std::FILE, Closer>;
  struct Line {
    Cycle cycle = 0;
    std::string text;
  };

  [[nodiscard]] static bool read(std::FILE* file, Line& line);

  Sink sink_;
  std::vector<File> files_;  // empty for a single channel
};

}  // namespace orrery::memory::trace
