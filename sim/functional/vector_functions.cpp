// SPDX-License-Identifier: Apache-2.0
#include "functional/vector_functions.h"

#include <algorithm>
#include <cmath>
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
  const double valid = parameters[0] + static_cast<double>(index) * parameters[1];
  const auto count = std::min(row.size(), static_cast<std::size_t>(std::max(valid, 0.0)));
  double most = -HUGE_VAL;
  for (std::size_t i = 0; i < count; ++i) {
    most = std::max(most, row[i].value_or(-HUGE_VAL));
  }
  double total = 0.0;
  for (std::size_t i = 0; i < row.size(); ++i) {
    row[i] = i < count ? std::exp(row[i].value_or(-HUGE_VAL) - most) : 0.0;
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

void reduce(VectorKind kind, Row& row) {
  double result = kind == VectorKind::kReduceMaximum ? -HUGE_VAL : 0.0;
  double count = 0.0;
  for (const auto& element : row) {
    if (element) {
      result = kind == VectorKind::kReduceMaximum ? std::max(result, *element) : result + *element;
      count += 1.0;
    }
  }
  row = {kind == VectorKind::kReduceMaximum ? result : result / count};
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

}  // namespace

void apply_stage(VectorKind kind, const Parameters& parameters, std::int64_t index,
                 std::span<const double> operand, Row& row) {
  switch (kind) {
    case VectorKind::kCopy:
      return;
    case VectorKind::kAdd:
      return for_each_element(row, [&](double x, std::size_t i) { return x + operand[i]; });
    case VectorKind::kMultiply:
      return for_each_element(row, [&](double x, std::size_t i) { return x * operand[i]; });
    case VectorKind::kScale:
      return for_each_element(row, [&](double x, std::size_t) { return x * parameters[0]; });
    case VectorKind::kRelu:
      return for_each_element(row, [](double x, std::size_t) { return std::max(x, 0.0); });
    case VectorKind::kGelu:
      return for_each_element(row, [](double x, std::size_t) { return gelu(x); });
    case VectorKind::kSilu:
      return for_each_element(row, [](double x, std::size_t) { return x / (1.0 + std::exp(-x)); });
    case VectorKind::kSoftmax:
      return softmax(parameters, index, row);
    case VectorKind::kLayerNorm:
      return layer_norm(parameters[0], row);
    case VectorKind::kRmsNorm:
      return rms_norm(parameters[0], row);
    case VectorKind::kReduceMaximum:
    case VectorKind::kReduceMean:
      return reduce(kind, row);
    case VectorKind::kRotary:
      return rotary(parameters, index, row);
  }
  throw base::InternalError("known vector kind", "functional");
}

}  // namespace orrery::functional
