// SPDX-License-Identifier: Apache-2.0
#include "base/units.h"

#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <tuple>
#include <utility>

namespace orrery::base {
namespace {

struct Multiple {
  std::string_view name;
  std::int64_t factor;
};

constexpr std::array<Multiple, 9> kByteMultiples{{{"", 1},
                                                  {"B", 1},
                                                  {"KiB", 1LL << 10},
                                                  {"MiB", 1LL << 20},
                                                  {"GiB", 1LL << 30},
                                                  {"TiB", 1LL << 40},
                                                  {"KB", 1'000},
                                                  {"MB", 1'000'000},
                                                  {"GB", 1'000'000'000}}};
constexpr std::array<Multiple, 4> kFrequencyMultiples{
    {{"Hz", 1}, {"kHz", 1'000}, {"MHz", 1'000'000}, {"GHz", 1'000'000'000}}};
constexpr std::array<Multiple, 6> kDurationMultiples{{{"fs", 1},
                                                      {"ps", 1'000},
                                                      {"ns", 1'000'000},
                                                      {"us", 1'000'000'000},
                                                      {"ms", 1'000'000'000'000},
                                                      {"s", 1'000'000'000'000'000}}};

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
    text.remove_prefix(1);
  }
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
    text.remove_suffix(1);
  }
  return text;
}

// Splits "24 MiB" into "24" and "MiB".
std::pair<std::string_view, std::string_view> split_unit(std::string_view text) {
  text = trim(text);
  std::size_t end = text.size();
  while (end > 0 &&
         (std::isalpha(static_cast<unsigned char>(text[end - 1])) != 0 || text[end - 1] == '%')) {
    --end;
  }
  return {trim(text.substr(0, end)), text.substr(end)};
}

template <std::size_t N>
std::optional<Rational> parse_multiple(std::string_view text,
                                       const std::array<Multiple, N>& multiples) {
  const auto [number_text, unit] = split_unit(text);
  const auto number = parse_rational(number_text);
  if (!number) {
    return std::nullopt;
  }
  for (const Multiple& multiple : multiples) {
    if (multiple.name == unit) {
      const double size = std::abs(to_double(*number)) * static_cast<double>(multiple.factor);
      if (size >= 9.0e18) {
        return std::nullopt;
      }
      return *number * Rational(multiple.factor);
    }
  }
  return std::nullopt;
}

// The largest multiple of which the value is a whole number; where there is none, the one that
// gives the shortest fraction.
template <std::size_t N>
std::string write_multiple(const Rational& value, const std::array<Multiple, N>& multiples) {
  const Multiple* best = nullptr;
  const auto weight = [&](const Multiple& multiple) {
    const Rational scaled = value / Rational(multiple.factor);
    const bool whole = scaled.denominator() == 1;
    return std::tuple(
        !whole, whole ? -multiple.factor : std::abs(scaled.numerator()) + scaled.denominator());
  };
  for (const Multiple& multiple : multiples) {
    if (!multiple.name.empty() && (value != Rational(0) || multiple.factor == 1) &&
        (best == nullptr || weight(multiple) < weight(*best))) {
      best = &multiple;
    }
  }
  return to_string(value / Rational(best->factor)) + ' ' + std::string(best->name);
}

}  // namespace

std::optional<Bytes> parse_bytes(std::string_view text) {
  const auto value = parse_multiple(text, kByteMultiples);
  if (!value || value->denominator() != 1) {
    return std::nullopt;
  }
  return Bytes{value->numerator()};
}

std::optional<Frequency> parse_frequency(std::string_view text) {
  const auto value = parse_multiple(text, kFrequencyMultiples);
  return value ? std::optional(Frequency{*value}) : std::nullopt;
}

std::optional<Duration> parse_duration(std::string_view text) {
  const auto value = parse_multiple(text, kDurationMultiples);
  return value ? std::optional(Duration{*value}) : std::nullopt;
}

std::optional<double> parse_quantity(std::string_view text, std::string_view unit) {
  const auto [number_text, unit_text] = split_unit(text);
  double number = 0.0;
  const auto [end, error] =
      std::from_chars(number_text.data(), number_text.data() + number_text.size(), number);
  if (error != std::errc() || end != number_text.data() + number_text.size() ||
      !std::isfinite(number)) {
    return std::nullopt;
  }
  constexpr std::array<std::pair<std::string_view, double>, 9> kPrefixes{{{"", 1.0},
                                                                          {"m", 1e3},
                                                                          {"u", 1e6},
                                                                          {"n", 1e9},
                                                                          {"p", 1e12},
                                                                          {"f", 1e15},
                                                                          {"k", 1e-3},
                                                                          {"M", 1e-6},
                                                                          {"G", 1e-9}}};
  for (const auto& [prefix, divisor] : kPrefixes) {
    if (unit_text.size() == prefix.size() + unit.size() && unit_text.starts_with(prefix) &&
        unit_text.ends_with(unit)) {
      return number / divisor;
    }
  }
  return std::nullopt;
}

std::string to_string(Bytes value) {
  return write_multiple(Rational(value.value), kByteMultiples);
}
std::string to_string(const Frequency& value) {
  return write_multiple(value.hertz, kFrequencyMultiples);
}
std::string to_string(const Duration& value) {
  return write_multiple(value.femtoseconds, kDurationMultiples);
}

}  // namespace orrery::base
