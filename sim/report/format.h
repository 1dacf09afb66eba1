// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace orrery::report {

// Figures for people: three or four digits that count and the unit that suits them.
[[nodiscard]] std::string format_count(std::int64_t value);                  // "1,234,567"
[[nodiscard]] std::string format_si(double value, const std::string& unit);  // "1.235 ms"
[[nodiscard]] std::string format_bytes(std::int64_t bytes);                  // "24.0 MiB"
[[nodiscard]] std::string format_percent(double fraction);                   // "43.2 %"

}  // namespace orrery::report
