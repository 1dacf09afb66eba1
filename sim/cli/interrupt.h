// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

namespace orrery::cli {

// While it lives, the first Ctrl-C (SIGINT or SIGTERM) only raises a flag, so that a run can end in
// order; the second ends the program as usual.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  [[nodiscard]] const std::atomic<bool>& flag() const;
};

}  // namespace orrery::cli
