// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace orrery::workload {

// A non-negative count that remembers whether it still fits 63 bits: products and sums of sizes
// from a user's file are made of these and asked once at the end.
class CheckedSize {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): so that formulas read like formulas.
  CheckedSize(std::int64_t value) : value_(value) {}

  [[nodiscard]] bool fits() const { return fits_; }
  // Meaningful only where fits().
  [[nodiscard]] std::int64_t value() const { return value_; }

  friend CheckedSize operator*(CheckedSize a, CheckedSize b) {
    CheckedSize result(0);
    const bool overflow = __builtin_mul_overflow(a.value_, b.value_, &result.value_);
    result.fits_ = a.fits_ && b.fits_ && !overflow;
    return result;
  }
  friend CheckedSize operator+(CheckedSize a, CheckedSize b) {
    CheckedSize result(0);
    const bool overflow = __builtin_add_overflow(a.value_, b.value_, &result.value_);
    result.fits_ = a.fits_ && b.fits_ && !overflow;
    return result;
  }

 private:
  std::int64_t value_;
  bool fits_ = true;
};

}  // namespace orrery::workload
