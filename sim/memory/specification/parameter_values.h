// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/rational.h"
#include "memory/specification/expression.h"
#include "memory/specification/spec_description.h"

namespace orrery::memory::dram {

// Whether an expression names `count`, the repetitions of a composite command.
[[nodiscard]] bool names_count(std::string_view expression);

// Named parameters that are expressions over one another.
class ParameterValues {
 public:
  // tck in femtoseconds; see evaluate().
  explicit ParameterValues(const base::Rational& tck) : tck_(tck) {}

  // False when the name is defined already. The description must outlive this object.
  bool define(const ParameterDescription& parameter);

  // In cycles. count: the value of that name, if it has one. Throws ExpressionError.
  [[nodiscard]] base::Rational evaluate(const std::string& expression,
                                        std::optional<std::int64_t> count);

  // Where a parameter is defined; null where there is none of that name.
  [[nodiscard]] const LocatedText* definition(std::string_view name) const;
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

 private:
  [[nodiscard]] std::optional<base::Rational> lookup(std::string_view name);

  base::Rational tck_;
  std::map<std::string, const LocatedText*, std::less<>> definitions_;
  std::map<std::string, base::Rational, std::less<>> values_;
  std::vector<std::string> names_;
  std::vector<std::string> open_;  // being evaluated
  std::optional<std::int64_t> count_;
};

}  // namespace orrery::memory::dram
