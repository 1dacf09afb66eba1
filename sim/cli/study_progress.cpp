// SPDX-License-Identifier: Apache-2.0
#include "cli/study_progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <iostream>

#include "sweep/findings.h"

namespace orrery::cli {
namespace {

// A longer line would wrap, and could not be written over.
std::size_t terminal_columns() {
  constexpr std::size_t kDefault = 80;
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kDefault;
}

}  // namespace

StudyProgress::StudyProgress(const sweep::Study& study, const sweep::FigureSet& figures,
                             const std::vector<sweep::Point>& points,
                             const std::vector<sweep::PointOutcome>& outcomes, std::size_t jobs)
    : study_(study),
      figures_(figures),
      points_(points),
      outcomes_(outcomes),
      jobs_(jobs),
      terminal_(isatty(STDERR_FILENO) == 1) {}

StudyProgress::~StudyProgress() {
  if (shown_) {
    std::cerr << "\r\033[K" << std::flush;
  }
}

void StudyProgress::count(bool failed) {
  ++ended_;
  failed_ += failed ? 1U : 0U;
}

void StudyProgress::show() {
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  constexpr double kQuietSeconds = 1.0;
  if (!terminal_ || seconds < kQuietSeconds) {
    return;
  }
  shown_ = true;
  // All points are looked at: not ten times a second.
  if (best_of_ != ended_ && (best_of_ == 0 || seconds - best_seconds_ > kQuietSeconds)) {
    best_of_ = ended_;
    best_seconds_ = seconds;
    best_ = best();
  }
  std::cerr << "\r\033[K" << line(seconds).substr(0, terminal_columns() - 1) << std::flush;
}

std::string StudyProgress::line(double seconds) const {
  std::string text = fmt::format("{} of {} points, {} failed", ended_, jobs_, failed_);
  if (ended_ > 0) {
    const double each = seconds / static_cast<double>(ended_);
    text += fmt::format(", {:.3g} a second, about {:.0f} s left", 1.0 / each,
                        each * static_cast<double>(jobs_ - ended_));
  }
  return text + best_;
}

// ", best seconds 0.0012 (rows=16 dataflow=os)"; empty where there is none.
std::string StudyProgress::best() const {
  if (study_.objectives.empty()) {
    return {};
  }
  const sweep::Objective objective =
      sweep::seek_objective(study_, figures_, study_.objectives.front(), points_, outcomes_);
  if (!objective.best) {
    return {};
  }
  return fmt::format(", best {} {:.4g} ({})", objective.figure->name,
                     objective.values[*objective.best].value, points_[*objective.best].id);
}

}  // namespace orrery::cli
