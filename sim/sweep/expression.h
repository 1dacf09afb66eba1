// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace orrery::sweep {

// What is wrong with an expression.
struct ExpressionError {
  std::string message;
};

// A parsed expression over figures of points; docs/studies.md has the grammar. Figures are
// reported, never timed, so they are floating point: the delays of a DRAM standard, which are exact
// and know no axes, have an evaluator of their own.
struct Expression {
  enum class Kind {
    kNumber,
    kName,
    kNegation,
    kBinary,     // name: "+", "-", "*", "/", "^", "<", ..., "!=", "and", "or"
    kCall,       // name: the function
    kSelection,  // of another place: operands.front() where `selected` holds
    kAggregate   // name: the function; operands.front() over `axes`
  };
  Kind kind = Kind::kNumber;
  double number = 0.0;
  std::string name;
  std::vector<std::shared_ptr<const Expression>> operands;
  std::vector<std::pair<std::string, std::string>> selected;  // axis, label
  std::vector<std::string> axes;
};

using ExpressionPointer = std::shared_ptr<const Expression>;

// Throws ExpressionError.
[[nodiscard]] ExpressionPointer parse_expression(const std::string& text);

// Functions of numbers, and of a figure over axes.
[[nodiscard]] const std::vector<std::string>& function_names();
[[nodiscard]] const std::vector<std::string>& aggregate_names();

// The value of an operator of two numbers; what is true is 1, what is not 0.
[[nodiscard]] double apply_operator(const std::string& name, double left, double right);

// The value of a function; the number of arguments was checked by the parser.
[[nodiscard]] double apply_function(const std::string& name, const std::vector<double>& arguments);

}  // namespace orrery::sweep
