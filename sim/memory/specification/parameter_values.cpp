// SPDX-License-Identifier: Apache-2.0
#include "memory/specification/parameter_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace orrery::memory::dram {

namespace {

constexpr std::string_view kCount = "count";

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

}  // namespace

bool names_count(std::string_view expression) {
  for (std::size_t at = expression.find(kCount); at != std::string_view::npos;
       at = expression.find(kCount, at + 1)) {
    const std::size_t end = at + kCount.size();
    if ((at == 0 || !is_word(expression[at - 1])) &&
        (end == expression.size() || !is_word(expression[end]))) {
      return true;
    }
  }
  return false;
}

bool ParameterValues::define(const ParameterDescription& parameter) {
  names_.push_back(parameter.name.text);
  return definitions_.emplace(parameter.name.text, &parameter.value).second;
}

base::Rational ParameterValues::evaluate(const std::string& expression,
                                         std::optional<std::int64_t> count) {
  open_.clear();
  count_ = count;
  return dram::evaluate(expression, tck_, [this](std::string_view name) { return lookup(name); });
}

const LocatedText* ParameterValues::definition(std::string_view name) const {
  const auto found = definitions_.find(name);
  return found == definitions_.end() ? nullptr : found->second;
}

std::optional<base::Rational> ParameterValues::lookup(std::string_view name) {
  if (name == kCount && count_ && open_.empty()) {
    return base::Rational(*count_);
  }
  const auto known = values_.find(name);
  if (known != values_.end()) {
    return known->second;
  }
  const LocatedText* const defined = definition(name);
  if (defined == nullptr) {
    return std::nullopt;
  }
  if (std::find(open_.begin(), open_.end(), name) != open_.end()) {
    throw ExpressionError{fmt::format("parameter '{}' is defined by itself", name), {}};
  }
  open_.emplace_back(name);
  const base::Rational value =
      dram::evaluate(defined->text, tck_, [this](std::string_view n) { return lookup(n); });
  open_.pop_back();
  values_.emplace(name, value);
  return value;
}

}  // namespace orrery::memory::dram
