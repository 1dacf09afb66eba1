// SPDX-License-Identifier: Apache-2.0
#include "sweep/expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <string_view>

#include "base/error.h"

namespace orrery::sweep {
namespace {

using Arguments = std::vector<double>;

struct Function {
  std::string_view name;
  std::size_t fewest;
  std::size_t most;
  double (*apply)(const Arguments& arguments);
};

constexpr std::size_t kAny = 64;
const std::array<Function, 9> kFunctions = {{
    {"min", 1, kAny, [](const Arguments& a) { return *std::min_element(a.begin(), a.end()); }},
    {"max", 1, kAny, [](const Arguments& a) { return *std::max_element(a.begin(), a.end()); }},
    {"abs", 1, 1, [](const Arguments& a) { return std::abs(a[0]); }},
    {"sqrt", 1, 1, [](const Arguments& a) { return std::sqrt(a[0]); }},
    {"log", 1, 1, [](const Arguments& a) { return std::log(a[0]); }},
    {"log2", 1, 1, [](const Arguments& a) { return std::log2(a[0]); }},
    {"exp", 1, 1, [](const Arguments& a) { return std::exp(a[0]); }},
    {"ceil", 1, 1, [](const Arguments& a) { return std::ceil(a[0]); }},
    {"floor", 1, 1, [](const Arguments& a) { return std::floor(a[0]); }},
}};

struct Operator {
  std::string_view name;
  double (*apply)(double left, double right);
};

constexpr double truth(bool holds) {
  return holds ? 1.0 : 0.0;
}

const std::array<Operator, 13> kOperators = {{
    {"+", [](double left, double right) { return left + right; }},
    {"-", [](double left, double right) { return left - right; }},
    {"*", [](double left, double right) { return left * right; }},
    {"/", [](double left, double right) { return left / right; }},
    {"^", [](double left, double right) { return std::pow(left, right); }},
    {"<", [](double left, double right) { return truth(left < right); }},
    {"<=", [](double left, double right) { return truth(left <= right); }},
    {">", [](double left, double right) { return truth(left > right); }},
    {">=", [](double left, double right) { return truth(left >= right); }},
    {"==", [](double left, double right) { return truth(left == right); }},
    {"!=", [](double left, double right) { return truth(left != right); }},
    {"and", [](double left, double right) { return truth(left != 0.0 && right != 0.0); }},
    {"or", [](double left, double right) { return truth(left != 0.0 || right != 0.0); }},
}};

const Function* find_function(std::string_view name) {
  const auto* found = std::find_if(kFunctions.begin(), kFunctions.end(),
                                   [&](const Function& function) { return function.name == name; });
  return found == kFunctions.end() ? nullptr : found;
}

bool is_aggregate(std::string_view name) {
  const auto& names = aggregate_names();
  return std::find(names.begin(), names.end(), name) != names.end();
}

ExpressionPointer make(Expression expression) {
  return std::make_shared<const Expression>(std::move(expression));
}

// Recursive descent: choice = both {or both}, both = comparison {and comparison},
// comparison = sum [(<|<=|>|>=|==|!=) sum], sum = product {(+|-) product},
// product = unary {(*|/) unary}, unary = - unary | power, power = place [^ unary],
// place = atom {[axis=label, ...]}.
class Parser {
 public:
  explicit Parser(const std::string& text) : text_(text) {}

  ExpressionPointer parse() {
    ExpressionPointer value = choice();
    if (peek() != '\0') {
      fail(fmt::format("unexpected '{}'", peek()));
    }
    return value;
  }

 private:
  [[noreturn]] void fail(const std::string& message) const {
    throw ExpressionError{fmt::format("{} at character {} of '{}'", message, position_ + 1, text_)};
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

  void expect(char symbol) {
    if (!accept(symbol)) {
      fail(fmt::format("expected '{}'", symbol));
    }
  }

  ExpressionPointer binary(std::string_view symbol, ExpressionPointer left,
                           ExpressionPointer right) {
    Expression result;
    result.kind = Expression::Kind::kBinary;
    result.name = symbol;
    result.operands = {std::move(left), std::move(right)};
    return make(std::move(result));
  }

  // A word that is not the beginning of a longer name.
  bool accept_word(std::string_view word) {
    peek();
    const std::size_t end = position_ + word.size();
    const bool longer =
        end < text_.size() &&
        (std::isalnum(static_cast<unsigned char>(text_[end])) != 0 || text_[end] == '_');
    if (longer || text_.compare(position_, word.size(), word) != 0) {
      return false;
    }
    position_ = end;
    return true;
  }

  ExpressionPointer choice() {
    constexpr int kDeepest = 50;
    if (++depth_ > kDeepest) {
      fail("too many nested parentheses");
    }
    ExpressionPointer value = both();
    while (accept_word("or")) {
      value = binary("or", value, both());
    }
    --depth_;
    return value;
  }

  ExpressionPointer both() {
    ExpressionPointer value = comparison();
    while (accept_word("and")) {
      value = binary("and", value, comparison());
    }
    return value;
  }

  [[nodiscard]] std::string_view accept_comparison() {
    constexpr std::array<std::string_view, 6> kSymbols{"<=", ">=", "==", "!=", "<", ">"};
    peek();
    for (const std::string_view symbol : kSymbols) {
      if (text_.compare(position_, symbol.size(), symbol) == 0) {
        position_ += symbol.size();
        return symbol;
      }
    }
    return {};
  }

  ExpressionPointer comparison() {
    ExpressionPointer value = sum();
    const std::string_view symbol = accept_comparison();
    if (symbol.empty()) {
      return value;
    }
    value = binary(symbol, value, sum());
    if (!accept_comparison().empty()) {
      fail("a comparison of a comparison needs parentheses");
    }
    return value;
  }

  ExpressionPointer sum() {
    ExpressionPointer value = product();
    for (char symbol = peek(); symbol == '+' || symbol == '-'; symbol = peek()) {
      ++position_;
      value = binary({&symbol, 1}, value, product());
    }
    return value;
  }

  ExpressionPointer product() {
    ExpressionPointer value = unary();
    for (char symbol = peek(); symbol == '*' || symbol == '/'; symbol = peek()) {
      ++position_;
      value = binary({&symbol, 1}, value, unary());
    }
    return value;
  }

  ExpressionPointer unary() {
    bool negative = false;
    while (accept('-')) {
      negative = !negative;
    }
    ExpressionPointer value = power();
    if (!negative) {
      return value;
    }
    Expression result;
    result.kind = Expression::Kind::kNegation;
    result.operands = {value};
    return make(std::move(result));
  }

  ExpressionPointer power() {
    ExpressionPointer value = place();
    if (!accept('^')) {
      return value;
    }
    // 2 ^ -1; a tower of powers must say how it is meant.
    const bool negative = accept('-');
    ExpressionPointer exponent = place();
    if (negative) {
      Expression result;
      result.kind = Expression::Kind::kNegation;
      result.operands = {exponent};
      exponent = make(std::move(result));
    }
    if (peek() == '^') {
      fail("a power of a power needs parentheses");
    }
    return binary("^", value, exponent);
  }

  ExpressionPointer place() {
    ExpressionPointer value = atom();
    while (accept('[')) {
      Expression result;
      result.kind = Expression::Kind::kSelection;
      result.operands = {value};
      do {
        const std::string axis = name("the name of an axis");
        if (!accept('=') && !accept(':')) {
          fail("expected '=' and a label");
        }
        result.selected.emplace_back(axis, label());
      } while (accept(','));
      expect(']');
      value = make(std::move(result));
    }
    return value;
  }

  ExpressionPointer atom() {
    if (accept('(')) {
      ExpressionPointer value = choice();
      expect(')');
      return value;
    }
    const auto first = static_cast<unsigned char>(peek());
    if (std::isdigit(first) != 0 || first == '.') {
      return number();
    }
    if (std::isalpha(first) != 0 || first == '_') {
      return name_or_call();
    }
    fail(first == '\0' ? std::string("the expression ends early")
                       : fmt::format("unexpected '{}'", static_cast<char>(first)));
  }

  ExpressionPointer number() {
    Expression result;
    const char* begin = text_.data() + position_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), result.number);
    if (error != std::errc()) {
      fail("a number that cannot be read");
    }
    position_ += static_cast<std::size_t>(end - begin);
    return make(std::move(result));
  }

  std::string name(const std::string& what) {
    peek();
    const std::size_t start = position_;
    while (
        position_ < text_.size() &&
        (std::isalnum(static_cast<unsigned char>(text_[position_])) || text_[position_] == '_')) {
      ++position_;
    }
    if (position_ == start) {
      fail("expected " + what);
    }
    return text_.substr(start, position_ - start);
  }

  // In quotes, or all up to ',' or ']' without the blanks around it.
  std::string label() {
    const char quote = peek();
    const bool quoted = quote == '\'' || quote == '"';
    const std::size_t start = quoted ? position_ + 1 : position_;
    const std::size_t end = text_.find_first_of(quoted ? std::string(1, quote) : ",]", start);
    if (end == std::string::npos) {
      fail(quoted ? "a label whose quotes do not end" : "expected ']'");
    }
    std::string result = text_.substr(start, end - start);
    position_ = quoted ? end + 1 : end;
    while (!quoted && result.ends_with(' ')) {
      result.pop_back();
    }
    if (result.empty()) {
      fail("expected a label");
    }
    return result;
  }

  ExpressionPointer name_or_call() {
    Expression result;
    result.kind = Expression::Kind::kName;
    result.name = name("a name");
    if (accept('(')) {
      return call(std::move(result));
    }
    return make(std::move(result));
  }

  bool accept_over() {
    peek();
    if (text_.compare(position_, 5, "over ") != 0) {
      return false;
    }
    position_ += 5;
    return true;
  }

  ExpressionPointer call(Expression result) {
    const Function* function = find_function(result.name);
    if (function == nullptr && !is_aggregate(result.name)) {
      std::vector<std::string> names = aggregate_names();
      for (const std::string& known : function_names()) {
        if (!is_aggregate(known)) {
          names.push_back(known);
        }
      }
      const std::string nearest = base::nearest_name(result.name, names);
      fail(fmt::format("unknown function '{}'{}", result.name,
                       nearest.empty() ? fmt::format(" (there are {})", fmt::join(names, ", "))
                                       : " (did you mean '" + nearest + "'?)"));
    }
    result.kind = Expression::Kind::kCall;
    result.operands.push_back(choice());
    if (is_aggregate(result.name) && accept_over()) {
      result.kind = Expression::Kind::kAggregate;
      do {
        result.axes.push_back(name("the name of an axis"));
      } while (accept(','));
      expect(')');
      return make(std::move(result));
    }
    if (function == nullptr) {
      fail(fmt::format("expected 'over AXIS' in {}()", result.name));
    }
    while (accept(',')) {
      result.operands.push_back(choice());
    }
    expect(')');
    if (result.operands.size() < function->fewest || result.operands.size() > function->most) {
      fail(fmt::format("wrong number of arguments to '{}'", result.name));
    }
    return make(std::move(result));
  }

  const std::string& text_;
  std::size_t position_ = 0;
  int depth_ = 0;
};

}  // namespace

ExpressionPointer parse_expression(const std::string& text) {
  // Trees are walked by recursion: this bounds their depth.
  constexpr std::size_t kLongest = 4000;
  if (text.size() > kLongest) {
    throw ExpressionError{
        fmt::format("an expression of {} characters; at most {}", text.size(), kLongest)};
  }
  return Parser(text).parse();
}

const std::vector<std::string>& function_names() {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> names;
    for (const Function& function : kFunctions) {
      names.emplace_back(function.name);
    }
    return names;
  }();
  return kNames;
}

const std::vector<std::string>& aggregate_names() {
  static const std::vector<std::string> kNames{"mean", "geomean", "sum", "count", "min", "max"};
  return kNames;
}

double apply_operator(const std::string& name, double left, double right) {
  const auto* found = std::find_if(kOperators.begin(), kOperators.end(),
                                   [&](const Operator& one) { return one.name == name; });
  base::require_invariant(found != kOperators.end(), "every operator has a meaning", name);
  return found->apply(left, right);
}

double apply_function(const std::string& name, const std::vector<double>& arguments) {
  const Function* function = find_function(name);
  base::require_invariant(function != nullptr, "functions are checked by the parser", name);
  return function->apply(arguments);
}

}  // namespace orrery::sweep
