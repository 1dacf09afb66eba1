// SPDX-License-Identifier: Apache-2.0
#include "workload/elementwise_kinds.h"

namespace orrery::workload {

const std::vector<ElementwiseInfo>& elementwise_kinds() {
  using enum ElementwiseKind;
  static const std::vector<ElementwiseInfo> kKinds{
      {kAdd, "add", true, true, "a + b"},
      {kMultiply, "multiply", true, true, "a * b"},
      {kRelu, "relu", false, false, "max(x, 0)"},
      {kGelu, "gelu", false, false, "x * Phi(x)"},
      {kSilu, "silu", false, false, "x / (1 + exp(-x))"},
      {kSubtract, "subtract", true, false, "a - b"},
      {kDivide, "divide", true, false, "a / b"},
      {kMaximum, "maximum", true, true, "max(a, b)"},
      {kMinimum, "minimum", true, true, "min(a, b)"},
      {kExp, "exp", false, false, "exp(x)"},
      {kTanh, "tanh", false, false, "tanh(x)"},
      {kErf, "erf", false, false, "erf(x)"},
      {kSigmoid, "sigmoid", false, false, "1 / (1 + exp(-x))"},
      {kSqrt, "sqrt", false, false, "sqrt(x)"},
      {kReciprocal, "reciprocal", false, false, "1 / x"},
      {kReciprocalSqrt, "reciprocal_sqrt", false, false, "1 / sqrt(x)"},
      {kLog, "log", false, false, "ln(x)"},
      {kAbs, "abs", false, false, "|x|"},
      {kNegate, "negate", false, false, "-x"},
      {kClip, "clip", false, false, "min(max(x, low), high)"},
      {kLeakyRelu, "leaky_relu", false, false, "x, or alpha * x where x < 0"},
      {kHardSigmoid, "hard_sigmoid", false, false, "min(max(alpha * x + beta, 0), 1)"},
      {kHardSwish, "hard_swish", false, false, "x * min(max(x / 6 + 1/2, 0), 1)"},
      {kPower, "power", false, false, "x ^ exponent"},
      {kSin, "sin", false, false, "sin(x)"},
      {kCos, "cos", false, false, "cos(x)"},
  };
  return kKinds;
}

}  // namespace orrery::workload
