// SPDX-License-Identifier: Apache-2.0
#include "workload/zipf.h"

#include <algorithm>
#include <array>
#include <bit>

namespace orrery::workload {
namespace {

using Wide = unsigned __int128;

constexpr int kFractionBits = 32;
constexpr int kMantissaBits = 62;

std::uint64_t square_root(Wide value) {
  std::uint64_t root = 0;
  for (int bit = 63; bit >= 0; --bit) {
    const std::uint64_t tried = root | (std::uint64_t{1} << bit);
    if (Wide{tried} * tried <= value) {
      root = tried;
    }
  }
  return root;
}

// log2(value) with 32 fraction bits, one bit for each squaring of the mantissa.
std::uint64_t logarithm(std::uint64_t value) {
  const int whole = std::bit_width(value) - 1;
  std::uint64_t mantissa = value << (63 - whole);  // in [1, 2), 63 fraction bits
  std::uint64_t fraction = 0;
  for (int i = 0; i < kFractionBits; ++i) {
    const Wide square = (Wide{mantissa} * mantissa) >> 63;
    const bool carries = (square >> 64) != 0;
    fraction = fraction << 1 | (carries ? 1 : 0);
    mantissa = static_cast<std::uint64_t>(carries ? square >> 1 : square);
  }
  return (static_cast<std::uint64_t>(whole) << kFractionBits) + fraction;
}

// 2^(2^-i), i = 1 ... 32, with 62 fraction bits.
const std::array<std::uint64_t, kFractionBits>& roots_of_two() {
  static const std::array<std::uint64_t, kFractionBits> kRoots = [] {
    std::array<std::uint64_t, kFractionBits> roots{};
    std::uint64_t last = std::uint64_t{1} << (kMantissaBits + 1);
    for (std::uint64_t& root : roots) {
      root = last = square_root(Wide{last} << kMantissaBits);
    }
    return roots;
  }();
  return kRoots;
}

// 2^exponent for an exponent from 0 to 32 with 32 fraction bits.
std::uint64_t power_of_two(std::uint64_t exponent) {
  std::uint64_t mantissa = std::uint64_t{1} << kMantissaBits;
  for (std::size_t i = 0; i < roots_of_two().size(); ++i) {
    if ((exponent >> (kFractionBits - 1 - i) & 1) != 0) {
      mantissa = static_cast<std::uint64_t>((Wide{mantissa} * roots_of_two()[i]) >> kMantissaBits);
    }
  }
  return mantissa >> (kMantissaBits - static_cast<int>(exponent >> kFractionBits));
}

}  // namespace

std::vector<std::int64_t> zipf_weights(std::int64_t count, std::int64_t exponent_thousandths) {
  constexpr std::uint64_t kFirst = std::uint64_t{32} << kFractionBits;
  std::vector<std::int64_t> weights;
  for (std::int64_t rank = 1; rank <= count; ++rank) {
    const Wide fall = Wide{logarithm(static_cast<std::uint64_t>(rank))} *
                      static_cast<std::uint64_t>(exponent_thousandths) / 1000;
    const std::uint64_t weight =
        fall >= kFirst ? 1 : power_of_two(kFirst - static_cast<std::uint64_t>(fall));
    weights.push_back(static_cast<std::int64_t>(std::max<std::uint64_t>(weight, 1)));
  }
  return weights;
}

}  // namespace orrery::workload
