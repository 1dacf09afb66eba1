// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "sweep/evaluator.h"

namespace orrery::cli {

// One line on standard error, only on a terminal: done, failed, rate, remaining, and of a study
// with objectives the best point so far in the first. Gone when the object dies.
class StudyProgress {
 public:
  // All must outlive it; `outcomes` fill as points end, `jobs` of them in this run.
  StudyProgress(const sweep::Study& study, const sweep::FigureSet& figures,
                const std::vector<sweep::Point>& points,
                const std::vector<sweep::PointOutcome>& outcomes, std::size_t jobs);
  ~StudyProgress();
  StudyProgress(const StudyProgress&) = delete;
  StudyProgress& operator=(const StudyProgress&) = delete;

  void count(bool failed);
  void show();

 private:
  [[nodiscard]] std::string line(double seconds) const;
  [[nodiscard]] std::string best() const;

  const sweep::Study& study_;
  const sweep::FigureSet& figures_;
  const std::vector<sweep::Point>& points_;
  const std::vector<sweep::PointOutcome>& outcomes_;
  std::size_t jobs_;
  bool terminal_;
  bool shown_ = false;
  std::size_t ended_ = 0;
  std::size_t failed_ = 0;
  std::string best_;
  std::size_t best_of_ = 0;    // points that had ended when it was sought
  double best_seconds_ = 0.0;  // when that was
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace orrery::cli
