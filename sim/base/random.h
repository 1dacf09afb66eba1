// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <random>

namespace orrery::base {

// A seeded generator whose results are the same on every platform: the standard fixes the engine's
// sequence but not its distributions, so those stand here.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  [[nodiscard]] std::uint64_t bits() { return engine_(); }

  // Uniform in [low, high]; high >= low.
  [[nodiscard]] std::int64_t integer(std::int64_t low, std::int64_t high) {
    const auto span = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) + 1;
    if (span == 0) {
      return static_cast<std::int64_t>(engine_());
    }
    const auto product = static_cast<unsigned __int128>(engine_()) * span;
    return low + static_cast<std::int64_t>(static_cast<std::uint64_t>(product >> 64U));
  }

  // Uniform in [0, 1), 53 bits.
  [[nodiscard]] double real() { return static_cast<double>(engine_() >> 11U) * 0x1.0p-53; }

 private:
  std::mt19937_64 engine_;
};

}  // namespace orrery::base
