// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace orrery::lowering {

// Buffers begin at multiples of this many bytes.
inline constexpr std::int64_t kBufferAlignment = 64;
[[nodiscard]] inline std::int64_t aligned_buffer(std::int64_t bytes) {
  return (bytes + kBufferAlignment - 1) / kBufferAlignment * kBufferAlignment;
}

// A busy memory answers later than an idle one: estimates of how long a buffer is on its way count
// this many times the latency of a lone request (2 to 3 measured on HBM2 and DDR4 at 60 % load).
inline constexpr std::int64_t kLoadedLatency = 3;

// Partial sums are four bytes in every accumulator type.
inline constexpr std::int64_t kPartialSumBytes = 4;

}  // namespace orrery::lowering
