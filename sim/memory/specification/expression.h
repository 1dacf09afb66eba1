// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/rational.h"

namespace orrery::memory::dram {

// What is wrong with an expression. `unknown_name` is set when a name could not be resolved.
struct ExpressionError {
  std::string message;
  std::string unknown_name;
};

// The value of a name, or nullopt where there is none.
using NameLookup = std::function<std::optional<base::Rational>(std::string_view)>;

// Evaluates a delay exactly, in cycles: decimal numbers, names, + - * /, parentheses, max(a, b,
// ...), min(a, b, ...), ceil(x), floor(x), and ns(x) = ceil(x nanoseconds / tCK), floor_ns(x)
// likewise rounded down. tck in femtoseconds. Throws ExpressionError.
[[nodiscard]] base::Rational evaluate(std::string_view text, const base::Rational& tck,
                                      const NameLookup& lookup);

}  // namespace orrery::memory::dram
