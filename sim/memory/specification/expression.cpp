// SPDX-License-Identifier: Apache-2.0
#include "memory/specification/expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

namespace orrery::memory::dram {

namespace {

using base::Rational;

constexpr std::int64_t kFemtosecondsPerNanosecond = 1'000'000;

Rational round_up(const Rational& value) {
  const Rational magnitude = value < 0 ? -value : value;
  return value < 0 ? Rational(-base::floor(magnitude)) : Rational(base::ceil(magnitude));
}

Rational round_down(const Rational& value) {
  return -round_up(-value);
}

using Arguments = std::vector<Rational>;

struct Function {
  std::string_view name;
  std::size_t least_arguments;
  std::size_t most_arguments;
  Rational (*apply)(const Arguments& arguments, const Rational& tck);
};

Rational in_cycles(const Rational& nanoseconds, const Rational& tck) {
  return nanoseconds * kFemtosecondsPerNanosecond / tck;
}

constexpr std::size_t kAny = 64;
const std::array<Function, 6> kFunctions = {{
    {"max", 1, kAny,
     [](const Arguments& a, const Rational&) { return *std::max_element(a.begin(), a.end()); }},
    {"min", 1, kAny,
     [](const Arguments& a, const Rational&) { return *std::min_element(a.begin(), a.end()); }},
    {"ceil", 1, 1, [](const Arguments& a, const Rational&) { return round_up(a[0]); }},
    {"floor", 1, 1, [](const Arguments& a, const Rational&) { return round_down(a[0]); }},
    {"ns", 1, 1,
     [](const Arguments& a, const Rational& tck) { return round_up(in_cycles(a[0], tck)); }},
    {"floor_ns", 1, 1,
     [](const Arguments& a, const Rational& tck) { return round_down(in_cycles(a[0], tck)); }},
}};

// Recursive descent: sum = product {(+|-) product}, product = atom {(*|/) atom}.
class Parser {
 public:
  Parser(std::string_view text, const Rational& tck, const NameLookup& lookup)
      : text_(text), tck_(tck), lookup_(lookup) {}

  Rational parse() {
    const Rational value = sum();
    if (peek() != '\0') {
      fail(fmt::format("unexpected '{}'", peek()));
    }
    return value;
  }

 private:
  [[noreturn]] void fail(const std::string& message) const {
    throw ExpressionError{fmt::format("{} at character {} of '{}'", message, position_ + 1, text_),
                          {}};
  }

  char peek() {
    while (position_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[position_]))) {
      ++position_;
    }
    return position_ < text_.size() ? text_[position_] : '\0';
  }

  bool accept(char symbol) {
    if (peek() != symbol) {
      return false;
    }
    ++position_;
    return true;
  }

  Rational sum() {
    Rational value = product();
    while (true) {
      if (accept('+')) {
        value = bounded(value + product());
      } else if (accept('-')) {
        value = bounded(value - product());
      } else {
        return value;
      }
    }
  }

  Rational product() {
    Rational value = atom();
    while (true) {
      if (accept('*')) {
        value = bounded(value * atom());
      } else if (accept('/')) {
        const Rational divisor = atom();
        if (divisor == 0) {
          fail("division by zero");
        }
        value = bounded(value / divisor);
      } else {
        return value;
      }
    }
  }

  Rational atom() {
    if (accept('-')) {
      return -atom();
    }
    if (accept('(')) {
      const Rational value = nested(&Parser::sum);
      expect_close();
      return value;
    }
    const char first = peek();
    if (std::isdigit(static_cast<unsigned char>(first)) != 0) {
      return number();
    }
    if (std::isalpha(static_cast<unsigned char>(first)) != 0 || first == '_') {
      return name_or_call();
    }
    fail(first == '\0' ? std::string("the expression ends early")
                       : fmt::format("unexpected '{}'", first));
  }

  Rational nested(Rational (Parser::*rule)()) {
    constexpr int kDeepest = 50;
    if (++depth_ > kDeepest) {
      fail("too many nested parentheses");
    }
    const Rational value = (this->*rule)();
    --depth_;
    return value;
  }

  void expect_close() {
    if (!accept(')')) {
      fail("expected ')'");
    }
  }

  template <class Predicate>
  std::string_view take_while(Predicate predicate) {
    const std::size_t start = position_;
    while (position_ < text_.size() && predicate(static_cast<unsigned char>(text_[position_]))) {
      ++position_;
    }
    return text_.substr(start, position_ - start);
  }

  Rational number() {
    const std::string_view digits =
        take_while([](unsigned char c) { return std::isdigit(c) != 0 || c == '.'; });
    const std::optional<Rational> value = base::parse_rational(digits);
    if (!value) {
      fail(fmt::format("'{}' is not a number of at most nine digits on either side of the point",
                       digits));
    }
    return bounded(*value);
  }

  // Keeps the exact arithmetic within 64 bits: products of two such values still fit.
  Rational bounded(const Rational& value) const {
    constexpr std::int64_t kLargest = 1'000'000'000;
    if (value.numerator() > kLargest || value.numerator() < -kLargest ||
        value.denominator() > kLargest) {
      fail("a value too large");
    }
    return value;
  }

  Rational name_or_call() {
    const std::string_view name =
        take_while([](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
    if (accept('(')) {
      return call(name);
    }
    const std::optional<Rational> value = lookup_(name);
    if (!value) {
      throw ExpressionError{fmt::format("unknown name '{}' in '{}'", name, text_),
                            std::string(name)};
    }
    return *value;
  }

  Rational call(std::string_view name) {
    const auto* function = std::find_if(kFunctions.begin(), kFunctions.end(),
                                        [&](const Function& f) { return f.name == name; });
    if (function == kFunctions.end()) {
      fail(fmt::format("unknown function '{}' (there are max, min, ceil, floor, ns, floor_ns)",
                       name));
    }
    Arguments arguments = {nested(&Parser::sum)};
    while (accept(',')) {
      arguments.push_back(nested(&Parser::sum));
    }
    expect_close();
    if (arguments.size() < function->least_arguments ||
        arguments.size() > function->most_arguments) {
      fail(fmt::format("wrong number of arguments to '{}'", name));
    }
    return bounded(function->apply(arguments, tck_));
  }

  std::string_view text_;
  const Rational& tck_;
  const NameLookup& lookup_;
  std::size_t position_ = 0;
  int depth_ = 0;
};

}  // namespace

base::Rational evaluate(std::string_view text, const base::Rational& tck,
                        const NameLookup& lookup) {
  try {
    return Parser(text, tck, lookup).parse();
  } catch (const boost::bad_rational&) {
    throw ExpressionError{fmt::format("'{}' is not a finite number", text), {}};
  }
}

}  // namespace orrery::memory::dram
