// SPDX-License-Identifier: Apache-2.0
#include "cli/progress_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include <iostream>

#include "report/format.h"

namespace orrery::cli {
namespace {

constexpr double kQuietSeconds = 2.0;
constexpr const char* kClearLine = "\r\033[K";

std::string remaining(double seconds) {
  const auto whole = static_cast<std::int64_t>(seconds + 0.5);
  return whole < 90 ? fmt::format("{} s", whole)
                    : fmt::format("{} min {:02d} s", whole / 60, whole % 60);
}

}  // namespace

ProgressLine::ProgressLine(std::string title)
    : title_(std::move(title)), terminal_(isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() {
  if (shown_) {
    std::cerr << kClearLine << std::flush;
  }
}

void ProgressLine::show(const platform::Progress& progress) {
  if (!terminal_ || progress.host_seconds < kQuietSeconds) {
    return;
  }
  shown_ = true;
  std::cerr << kClearLine << title_ << text(progress) << std::flush;
}

std::string ProgressLine::text(const platform::Progress& progress) {
  const double simulated =
      static_cast<double>(progress.simulated) / static_cast<double>(base::kFemtosecondsPerSecond);
  std::string line = fmt::format(
      "{} simulated, {} per second", report::format_si(simulated, "s"),
      report::format_si(progress.host_seconds > 0 ? simulated / progress.host_seconds : 0.0, "s"));
  if (progress.layers > 0) {
    line += fmt::format(", layer {} of {}", progress.layer + 1, progress.layers);
  }
  if (progress.layer > 0) {
    // Layers differ, so this is no more than an estimate.
    const double rest =
        static_cast<double>(progress.layers - progress.layer) / static_cast<double>(progress.layer);
    line += fmt::format(", about {} left", remaining(progress.host_seconds * rest));
  }
  return line;
}

}  // namespace orrery::cli
