// SPDX-License-Identifier: Apache-2.0
#include "report/format.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <utility>

namespace orrery::report {

std::string format_count(std::int64_t value) {
  std::string digits = std::to_string(value);
  const std::size_t first = value < 0 ? 1 : 0;
  for (std::size_t i = digits.size(); i > first + 3;) {
    i -= 3;
    digits.insert(i, 1, ',');
  }
  return digits;
}

std::string format_si(double value, const std::string& unit) {
  constexpr std::array<std::pair<double, const char*>, 9> kPrefixes{{{1e12, "T"},
                                                                     {1e9, "G"},
                                                                     {1e6, "M"},
                                                                     {1e3, "k"},
                                                                     {1.0, ""},
                                                                     {1e-3, "m"},
                                                                     {1e-6, "u"},
                                                                     {1e-9, "n"},
                                                                     {1e-12, "p"}}};
  const auto text = [&unit](double number, const std::string& prefix) {
    const std::string suffix = prefix + unit;
    return fmt::format("{:.4g}{}{}", number, suffix.empty() ? "" : " ", suffix);
  };
  for (const auto& [factor, prefix] : kPrefixes) {
    // What rounds to 1000 of one prefix is 1 of the next.
    if (std::abs(value) >= factor * 0.99995) {
      return text(value / factor, prefix);
    }
  }
  return text(value, "");
}

std::string format_bytes(std::int64_t bytes) {
  constexpr std::array<std::pair<double, const char*>, 4> kUnits{
      {{1099511627776.0, "TiB"}, {1073741824.0, "GiB"}, {1048576.0, "MiB"}, {1024.0, "KiB"}}};
  for (const auto& [factor, unit] : kUnits) {
    if (std::abs(static_cast<double>(bytes)) >= factor) {
      return fmt::format("{:.1f} {}", static_cast<double>(bytes) / factor, unit);
    }
  }
  return fmt::format("{} B", bytes);
}

std::string format_percent(double fraction) {
  return fmt::format("{:.1f} %", fraction * 100.0);
}

}  // namespace orrery::report
