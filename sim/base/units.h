// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/rational.h"

namespace orrery::base {

// Quantities of the input files, distinct types so that one cannot stand for another.
struct Bytes {
  std::int64_t value = 0;
  auto operator<=>(const Bytes&) const = default;
};

struct Frequency {
  Rational hertz = 0;
  bool operator==(const Frequency&) const = default;
  [[nodiscard]] ClockDomain clock() const { return ClockDomain::from_hertz(hertz); }
};

struct Duration {
  Rational femtoseconds = 0;
  bool operator==(const Duration&) const = default;
};

// "24 MiB", "512 KB", "64". KB, MB, GB are powers of 1000; KiB, MiB, GiB of 1024.
[[nodiscard]] std::optional<Bytes> parse_bytes(std::string_view text);
// "940 MHz", "1.2 GHz".
[[nodiscard]] std::optional<Frequency> parse_frequency(std::string_view text);
// "5/6 ns", "20 ns", "3 us".
[[nodiscard]] std::optional<Duration> parse_duration(std::string_view text);
// A number with one of the multiples of `unit`: parse_quantity("12 mW", "W") is 0.012. Energy
// coefficients and the like: they decide no timing, so binary floating point serves.
[[nodiscard]] std::optional<double> parse_quantity(std::string_view text, std::string_view unit);

// The shortest exact text that the parsers above read back to the same value.
[[nodiscard]] std::string to_string(Bytes value);
[[nodiscard]] std::string to_string(const Frequency& value);
[[nodiscard]] std::string to_string(const Duration& value);

}  // namespace orrery::base
