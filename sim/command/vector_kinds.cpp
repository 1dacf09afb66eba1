// SPDX-License-Identifier: Apache-2.0
#include "command/vector_kinds.h"

namespace orrery::command {
namespace {

timing::PassWork work(int simple, int exponentials = 0, int divides = 0, bool reduces = false) {
  timing::PassWork pass;
  pass.simple = simple;
  pass.exponentials = exponentials;
  pass.divides = divides;
  pass.reduces = reduces;
  return pass;
}

VectorKindInfo unary(VectorKind kind, const char* name, int simple, int exponentials = 0,
                     int divides = 0) {
  return {kind, name, false, false, {{}, work(simple, exponentials, divides)}};
}

VectorKindInfo binary(VectorKind kind, const char* name, int simple, int divides = 0) {
  return {kind, name, true, false, {{}, work(simple, 0, divides)}};
}

// A row to one value.
VectorKindInfo reduction(VectorKind kind, const char* name) {
  return {kind, name, false, true, {{}, work(1, 0, 0, true)}};
}

// A row to a row, after passes over the whole row.
VectorKindInfo row(VectorKind kind, const char* name, std::vector<timing::PassWork> before,
                   int simple) {
  return {kind, name, false, false, {std::move(before), work(simple)}};
}

}  // namespace

const std::vector<VectorKindInfo>& vector_kinds() {
  using enum VectorKind;
  static const std::vector<VectorKindInfo> kKinds{
      unary(kCopy, "copy", 1),  // convert
      binary(kAdd, "add", 1),
      binary(kMultiply, "multiply", 1),
      unary(kScale, "scale", 1),
      unary(kRelu, "relu", 1),        // compare
      unary(kGelu, "gelu", 5, 1),     // x^3 term 3, tanh, blend 2
      unary(kSilu, "silu", 1, 1, 1),  // x / (1 + exp(-x))
      // row maximum; exp(x - maximum) and its sum; times 1 / sum
      row(kSoftmax, "softmax", {work(1, 0, 0, true), work(2, 1, 0, true)}, 1),
      // mean; squares of differences; (x - mean) * factor
      row(kLayerNorm, "layer_norm", {work(1, 0, 0, true), work(2, 0, 0, true)}, 2),
      row(kRmsNorm, "rms_norm", {work(1, 0, 0, true)}, 1),  // squares; times factor
      reduction(kReduceMaximum, "reduce_maximum"),
      reduction(kReduceMean, "reduce_mean"),
      row(kRotary, "rotary", {}, 3),  // two products and a sum
      binary(kSubtract, "subtract", 1),
      binary(kDivide, "divide", 0, 1),
      binary(kMaximum, "maximum", 1),
      binary(kMinimum, "minimum", 1),
      unary(kExp, "exp", 0, 1),
      unary(kTanh, "tanh", 0, 1),
      // x * x, 1 + p|x|, its reciprocal t, a polynomial of degree 5 in t, exp, product, 1 - it,
      // sign
      unary(kErf, "erf", 15, 1, 1),
      unary(kSigmoid, "sigmoid", 0, 1),
      unary(kSqrt, "sqrt", 0, 0, 1),
      unary(kReciprocal, "reciprocal", 0, 0, 1),
      unary(kReciprocalSqrt, "reciprocal_sqrt", 0, 0, 1),
      unary(kLog, "log", 0, 1),
      unary(kAbs, "abs", 1),
      unary(kNegate, "negate", 1),
      unary(kClip, "clip", 2),
      unary(kLeakyRelu, "leaky_relu", 2),      // product, choice
      unary(kHardSigmoid, "hard_sigmoid", 4),  // affine 2, clip 2
      unary(kHardSwish, "hard_swish", 5),      // hard sigmoid 4, product
      unary(kPower, "power", 1, 2),            // exp(exponent * log x)
      unary(kAffine, "affine", 2),
      unary(kSin, "sin", 0, 1),
      unary(kCos, "cos", 0, 1),
      reduction(kReduceSum, "reduce_sum"),
      reduction(kReduceMinimum, "reduce_minimum"),
  };
  return kKinds;
}

}  // namespace orrery::command
