// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace orrery::workload {

// The functions of Elementwise; elementwise_kinds() has their names and formulas.
enum class ElementwiseKind : std::uint8_t {
  kAdd,
  kMultiply,
  kRelu,
  kGelu,
  kSilu,
  kSubtract,
  kDivide,
  kMaximum,
  kMinimum,
  kExp,
  kTanh,
  kErf,
  kSigmoid,
  kSqrt,
  kReciprocal,
  kReciprocalSqrt,
  kLog,
  kAbs,
  kNegate,
  kClip,
  kLeakyRelu,
  kHardSigmoid,
  kHardSwish,
  kPower,
  kSin,
  kCos,
};

// A function of each element. inputs: one tensor; or two for a binary function without `scalar`,
// whose shapes are broadcast as numpy does: aligned at the last dimension, each size equal or 1.
struct Elementwise {
  ElementwiseKind kind = ElementwiseKind::kAdd;
  std::optional<double> scalar = std::nullopt;  // the other operand of a binary function
  bool scalar_first = false;                    // scalar - x instead of x - scalar
  // clip: low, high; leaky_relu: alpha; hard_sigmoid: alpha, beta; power: exponent.
  std::array<double, 3> parameters{};
};

enum class ReductionKind : std::uint8_t { kSum, kMean, kMaximum, kMinimum };
// Over `axes`, ascending. inputs: x. output: x without those axes, or with size 1 there.
struct Reduction {
  ReductionKind kind = ReductionKind::kSum;
  std::vector<std::int64_t> axes;
  bool keep_dimensions = false;
};

// The same elements in the same order in another shape: a view, no commands and no bytes. inputs:
// x. output: `shape`, of x's type.
struct Reshape {
  std::vector<std::int64_t> shape;
};

// y[i[0], i[1], ...] = x[...] with dimension permutation[d] of x as dimension d of y.
struct Transpose {
  std::vector<std::int64_t> permutation;
};

// inputs: two or more tensors alike save for the size of `axis`, one behind the other along it.
struct Concatenation {
  std::int64_t axis = 0;
};

// y[i] = x[starts + i * steps] in every dimension; output: `sizes`. Steps may be negative.
struct Slice {
  std::vector<std::int64_t> starts;
  std::vector<std::int64_t> sizes;
  std::vector<std::int64_t> steps;
};

// `before` and `after` elements of `value` around x in every dimension.
struct Pad {
  std::vector<std::int64_t> before;
  std::vector<std::int64_t> after;
  double value = 0.0;
};

// x repeated along dimensions of size 1, or along new ones in front, to `shape`.
struct Expand {
  std::vector<std::int64_t> shape;
};

// y[o, j, i] = x[o, indices[j], i], with o all dimensions before `axis` and i all behind it.
// Without indices, `count` of them are drawn uniformly from the run's seed. Where they depend on
// each other, each piece is asked for when the one before it has arrived.
struct Gather {
  std::int64_t axis = 0;
  std::vector<std::int64_t> indices;
  std::int64_t count = 0;
  bool dependent = false;
};

// y = x, then for j in turn y[indices[j]] = u[j], or += u[j] with `accumulate`. inputs: x [R, ...],
// u [indices, ...]. Without indices they are drawn uniformly from the run's seed.
struct Scatter {
  bool accumulate = false;
  std::vector<std::int64_t> indices;
};

// y[..., c] = x[..., c] * scale[c] + shift[c]: a batch normalization of an image [N, H, W, C] at
// inference. inputs: x, scale [C], shift [C].
struct ChannelAffine {};

// The recurrence of gated linear attention and of diagonal state spaces, per sequence b and head h:
//   state[k, v] = decay[k] * state[k, v] + key[k] * value[v]
//   y[v] = sum over k of query[k] * state[k, v]
// for `length` tokens in turn. inputs: query and key [B, T, heads * key_size], value [B, T, heads *
// value_size], decay [B, T, heads] (one for all k) or [B, T, heads * key_size], state [B, heads,
// key_size, value_size], which is replaced by the last token's. output: as value. With from_zero
// the state begins as zero and is not read.
struct LinearRecurrence {
  std::int64_t heads = 1, key_size = 1, value_size = 1, length = 1;
  bool from_zero = false;
};

}  // namespace orrery::workload
