// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace orrery::command {

// Writes what ByteReader reads.
class ByteWriter {
 public:
  void byte(unsigned value) { bytes_ += static_cast<char>(value); }
  void natural(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) {
      byte(static_cast<unsigned>(value & 0x7FU) | 0x80U);
    }
    byte(static_cast<unsigned>(value));
  }
  void integer(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    natural((bits << 1U) ^ (value < 0 ? ~std::uint64_t{0} : 0));
  }
  void real(double value) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    for (unsigned shift = 0; shift < 64; shift += 8) {
      byte(static_cast<unsigned>(bits >> shift) & 0xFFU);
    }
  }
  void text(std::string_view value) {
    natural(value.size());
    bytes_ += value;
  }
  void raw(std::string_view value) { bytes_ += value; }

  // What was written since the last call.
  [[nodiscard]] std::string take() { return std::exchange(bytes_, {}); }

 private:
  std::string bytes_;
};

}  // namespace orrery::command
