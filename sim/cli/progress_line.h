// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "platform/run.h"

namespace orrery::cli {

// One line on standard error that says how far a run is: simulated time, its rate, layers,
// remaining time. Appears after two seconds, and only on a terminal; gone when the object dies.
class ProgressLine {
 public:
  explicit ProgressLine(std::string title);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(const platform::Progress& progress);

  // The text without control codes, for tests.
  [[nodiscard]] static std::string text(const platform::Progress& progress);

 private:
  std::string title_;
  bool terminal_ = false;
  bool shown_ = false;
};

}  // namespace orrery::cli
