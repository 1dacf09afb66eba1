// SPDX-License-Identifier: Apache-2.0
#include "functional/vector_functions.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>

#include "base/error.h"

namespace orrery::functional {
namespace {

using command::VectorKind;
using Parameters = std::array<double, 3>;

template <class Function>
void for_each_element(Row& row, Function function) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (row[i]) {
      row[i] = function(*row[i], i);
    }
  }
}

double gelu(double x) {
  const double inner = std::sqrt(2.0 / std::numbers::pi) * (x + 0.044715 * x * x * x);
  return 0.5 * x * (1.0 + std::tanh(inner));
}

double sum(const Row& row) {
  double total = 0.0;
  for (const auto& element : row) {
    total += element.value_or(0.0);
  }
  return total;
}

void softmax(const Parameters& parameters, std::int64_t index, Row& row) {
  const double valid = std::max(parameters[0] + static_cast<double>(index) * parameters[1], 0.0);
  const double first = parameters[2] > 0.0 ? std::max(valid - parameters[2], 0.0) : 0.0;
  const auto end = std::min(row.size(), static_cast<std::size_t>(valid));
  const auto begin = std::min(end, static_cast<std::size_t>(first));
  double most = -HUGE_VAL;
  for (std::size_t i = begin; i < end; ++i) {
    most = std::max(most, row[i].value_or(-HUGE_VAL));
  }
  double total = 0.0;
  for (std::size_t i = 0; i < row.size(); ++i) {
    row[i] = begin <= i && i < end ? std::exp(row[i].value_or(-HUGE_VAL) - most) : 0.0;
    total += *row[i];
  }
  for_each_element(row, [&](double x, std::size_t) { return x / total; });
}

void layer_norm(double epsilon, Row& row) {
  const auto count = static_cast<double>(row.size());
  const double mean = sum(row) / count;
  double squares = 0.0;
  for (const auto& element : row) {
    squares += (*element - mean) * (*element - mean);
  }
  const double deviation = std::sqrt(squares / count + epsilon);
  for_each_element(row, [&](double x, std::size_t) { return (x - mean) / deviation; });
}

void rms_norm(double epsilon, Row& row) {
  double squares = 0.0;
  for (const auto& element : row) {
    squares += *element * *element;
  }
  const double root = std::sqrt(squares / static_cast<double>(row.size()) + epsilon);
  for_each_element(row, [&](double x, std::size_t) { return x / root; });
}

// Folds the elements inside the bounds into one, beginning with `start`.
template <class Function>
void reduce(double start, Row& row, Function function) {
  double result = start;
  for (const auto& element : row) {
    if (element) {
      result = function(result, *element);
    }
  }
  row = {result};
}

void reduce_mean(Row& row) {
  const auto count = static_cast<double>(std::count_if(
      row.begin(), row.end(), [](const auto& element) { return element.has_value(); }));
  row = {sum(row) / count};
}

void rotary(const Parameters& parameters, std::int64_t index, Row& row) {
  const double position = parameters[0] + static_cast<double>(index) * parameters[1];
  const std::size_t half = row.size() / 2;
  for (std::size_t i = 0; i < half; ++i) {
    const double exponent = -2.0 * static_cast<double>(i) / static_cast<double>(row.size());
    const double angle = position * std::pow(parameters[2], exponent);
    const double first = row[i].value_or(0.0);
    const double second = row[i + half].value_or(0.0);
    row[i] = first * std::cos(angle) - second * std::sin(angle);
    row[i + half] = second * std::cos(angle) + first * std::sin(angle);
  }
}

double clamp(double x, double low, double high) {
  return std::min(std::max(x, low), high);
}

using Unary = double (*)(double x, const Parameters& parameters);
using Binary = double (*)(double x, double operand);

// Functions of one element by itself.
const std::map<VectorKind, Unary>& unary_functions() {
  using enum VectorKind;
  static const std::map<VectorKind, Unary> kFunctions{
      {kCopy, [](double x, const Parameters&) { return x; }},
      {kScale, [](double x, const Parameters& p) { return x * p[0]; }},
      {kRelu, [](double x, const Parameters&) { return std::max(x, 0.0); }},
      {kGelu, [](double x, const Parameters&) { return gelu(x); }},
      {kSilu, [](double x, const Parameters&) { return x / (1.0 + std::exp(-x)); }},
      {kExp, [](double x, const Parameters&) { return std::exp(x); }},
      {kTanh, [](double x, const Parameters&) { return std::tanh(x); }},
      {kErf, [](double x, const Parameters&) { return std::erf(x); }},
      {kSigmoid, [](double x, const Parameters&) { return 1.0 / (1.0 + std::exp(-x)); }},
      {kSqrt, [](double x, const Parameters&) { return std::sqrt(x); }},
      {kReciprocal, [](double x, const Parameters&) { return 1.0 / x; }},
      {kReciprocalSqrt, [](double x, const Parameters&) { return 1.0 / std::sqrt(x); }},
      {kLog, [](double x, const Parameters&) { return std::log(x); }},
      {kAbs, [](double x, const Parameters&) { return std::abs(x); }},
      {kNegate, [](double x, const Parameters&) { return -x; }},
      {kClip, [](double x, const Parameters& p) { return clamp(x, p[0], p[1]); }},
      {kLeakyRelu, [](double x, const Parameters& p) { return x < 0.0 ? x * p[0] : x; }},
      {kHardSigmoid,
       [](double x, const Parameters& p) { return clamp(x * p[0] + p[1], 0.0, 1.0); }},
      {kHardSwish, [](double x, const Parameters&) { return x * clamp(x / 6.0 + 0.5, 0.0, 1.0); }},
      {kPower, [](double x, const Parameters& p) { return std::pow(x, p[0]); }},
      {kAffine, [](double x, const Parameters& p) { return x * p[0] + p[1]; }},
      {kSin, [](double x, const Parameters&) { return std::sin(x); }},
      {kCos, [](double x, const Parameters&) { return std::cos(x); }},
  };
  return kFunctions;
}

// Functions of one element and its operand.
const std::map<VectorKind, Binary>& binary_functions() {
  using enum VectorKind;
  static const std::map<VectorKind, Binary> kFunctions{
      {kAdd, [](double x, double y) { return x + y; }},
      {kMultiply, [](double x, double y) { return x * y; }},
      {kSubtract, [](double x, double y) { return x - y; }},
      {kDivide, [](double x, double y) { return x / y; }},
      {kMaximum, [](double x, double y) { return std::max(x, y); }},
      {kMinimum, [](double x, double y) { return std::min(x, y); }},
  };
  return kFunctions;
}

// Functions of a whole row.
void apply_to_row(VectorKind kind, const Parameters& parameters, std::int64_t index, Row& row) {
  switch (kind) {
    case VectorKind::kSoftmax:
      return softmax(parameters, index, row);
    case VectorKind::kLayerNorm:
      return layer_norm(parameters[0], row);
    case VectorKind::kRmsNorm:
      return rms_norm(parameters[0], row);
    case VectorKind::kReduceMaximum:
      // Of nothing: the lowest number of fp32, which later differences survive.
      return reduce(-std::numeric_limits<float>::max(), row,
                    [](double a, double b) { return std::max(a, b); });
    case VectorKind::kReduceMinimum:
      return reduce(HUGE_VAL, row, [](double a, double b) { return std::min(a, b); });
    case VectorKind::kReduceSum:
      return reduce(0.0, row, [](double a, double b) { return a + b; });
    case VectorKind::kReduceMean:
      return reduce_mean(row);
    case VectorKind::kRotary:
      return rotary(parameters, index, row);
    default:
      throw base::InternalError("known vector kind", "functional");
  }
}

}  // namespace

void apply_stage(VectorKind kind, const Parameters& parameters, std::int64_t index,
                 std::span<const double> operand, Row& row) {
  if (const auto unary = unary_functions().find(kind); unary != unary_functions().end()) {
    for_each_element(row, [&](double x, std::size_t) { return unary->second(x, parameters); });
  } else if (const auto binary = binary_functions().find(kind);
             binary != binary_functions().end()) {
    for_each_element(row, [&](double x, std::size_t i) { return binary->second(x, operand[i]); });
  } else {
    apply_to_row(kind, parameters, index, row);
  }
}

}  // namespace orrery::functional
