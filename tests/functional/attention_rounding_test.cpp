// SPDX-License-Identifier: Apache-2.0
// The recurrence of one-pass attention in fp32 arithmetic, against the definition in fp64 on the
// same logits.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.h"

namespace orrery::testing {
namespace {

struct Row {
  std::vector<float> logits;
  std::vector<float> values;
};

float one_pass(const Row& row, std::size_t tile) {
  float maximum = 0.0F;
  float sum = 0.0F;
  float result = 0.0F;
  for (std::size_t first = 0; first < row.logits.size(); first += tile) {
    const std::size_t end = std::min(row.logits.size(), first + tile);
    float highest = row.logits[first];
    for (std::size_t i = first; i < end; ++i) {
      highest = std::max(highest, row.logits[i]);
    }
    highest = first == 0 ? highest : std::max(highest, maximum);
    const float correction = first == 0 ? 0.0F : std::exp(maximum - highest);
    float tile_sum = 0.0F;
    float tile_result = 0.0F;
    for (std::size_t i = first; i < end; ++i) {
      const float weight = std::exp(row.logits[i] - highest);
      tile_sum += weight;
      tile_result += weight * row.values[i];
    }
    sum = sum * correction + tile_sum;
    result = result * correction + tile_result;
    maximum = highest;
  }
  return result / sum;
}

double exact(const Row& row) {
  const double maximum = *std::max_element(row.logits.begin(), row.logits.end());
  double sum = 0.0;
  double result = 0.0;
  for (std::size_t i = 0; i < row.logits.size(); ++i) {
    const double weight = std::exp(static_cast<double>(row.logits[i]) - maximum);
    sum += weight;
    result += weight * static_cast<double>(row.values[i]);
  }
  return result / sum;
}

// docs/attention.md: (2 w + 2 M u + u) max |v| with w = T (e + 2 L u + u). e: expf of glibc is
// within 1 unit in the last place, 2 u.
TEST(AttentionRounding, OfOnePassStaysWithinItsBound) {
  constexpr double kRoundoff = 1.0 / (1 << 24);
  base::Random random(1);
  for (int trial = 0; trial < 200; ++trial) {
    Row row;
    const auto keys = static_cast<std::size_t>(random.integer(1, 3000));
    const auto tile = static_cast<std::size_t>(random.integer(1, 200));
    double largest_logit = 0.0;
    double largest_value = 0.0;
    for (std::size_t i = 0; i < keys; ++i) {
      // Rising, so that most tiles raise the maximum: all corrections are at work.
      const double rise = 8.0 * static_cast<double>(i) / static_cast<double>(keys);
      row.logits.push_back(
          static_cast<float>(rise + static_cast<double>(random.integer(-4096, 4096)) / 1024.0));
      row.values.push_back(static_cast<float>(random.integer(-4096, 4096)) / 4096.0F);
      largest_logit = std::max(largest_logit, std::abs(static_cast<double>(row.logits.back())));
      largest_value = std::max(largest_value, std::abs(static_cast<double>(row.values.back())));
    }
    const auto tiles = static_cast<double>((keys + tile - 1) / tile);
    const double weight = tiles * (2.0 * kRoundoff + 2.0 * largest_logit * kRoundoff + kRoundoff);
    const double bound =
        (2.0 * weight + 2.0 * static_cast<double>(keys) * kRoundoff + kRoundoff) * largest_value;
    EXPECT_LE(std::abs(static_cast<double>(one_pass(row, tile)) - exact(row)), bound)
        << keys << " keys by " << tile;
    if (keys > 100) {
      // The bound is no idle one: a tenth of a percent of the largest value.
      EXPECT_LT(bound, 0.02 * largest_value);
    }
  }
}

}  // namespace
}  // namespace orrery::testing
