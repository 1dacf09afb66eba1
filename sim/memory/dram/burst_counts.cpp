// SPDX-License-Identifier: Apache-2.0
#include "memory/dram/burst_counts.h"

#include <algorithm>

namespace orrery::memory::dram {

void BurstCounts::merge() {
  ++shift_;
  for (std::size_t i = 0; i < kIntervals / 2; ++i) {
    counts_[i] = counts_[2 * i] + counts_[2 * i + 1];
  }
  std::fill(counts_.begin() + kIntervals / 2, counts_.end(), 0);
}

}  // namespace orrery::memory::dram
