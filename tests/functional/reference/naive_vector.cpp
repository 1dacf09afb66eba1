// SPDX-License-Identifier: Apache-2.0
#include "tests/functional/reference/naive_vector.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/random.h"

namespace orrery::testing {
namespace {

using namespace orrery::workload;
using Index = std::vector<std::int64_t>;

std::size_t at(std::int64_t index) {
  return static_cast<std::size_t>(index);
}

// Position of an index in a row-major tensor; indices beyond 1 in dimensions of size 1 are 0, and
// leading ones too many are left out.
std::size_t position(const Index& index, const Index& shape) {
  std::int64_t result = 0;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    const std::int64_t i = index[index.size() - shape.size() + d];
    result = result * shape[d] + (shape[d] == 1 ? 0 : i);
  }
  return at(result);
}

Index index_of(std::size_t position, const Index& shape) {
  Index index(shape.size());
  auto rest = static_cast<std::int64_t>(position);
  for (std::size_t d = shape.size(); d-- > 0;) {
    index[d] = rest % shape[d];
    rest /= shape[d];
  }
  return index;
}

double apply(const Elementwise& attributes, double x, double other) {
  const auto& p = attributes.parameters;
  switch (attributes.kind) {
    case ElementwiseKind::kAdd:
      return x + other;
    case ElementwiseKind::kMultiply:
      return x * other;
    case ElementwiseKind::kSubtract:
      return x - other;
    case ElementwiseKind::kDivide:
      return x / other;
    case ElementwiseKind::kMaximum:
      return x > other ? x : other;
    case ElementwiseKind::kMinimum:
      return x < other ? x : other;
    case ElementwiseKind::kRelu:
      return x > 0.0 ? x : 0.0;
    case ElementwiseKind::kGelu:
      // tanh(z) = 1 - 2 / (e^2z + 1)
      return x *
             (1.0 - 1.0 / (std::exp(2.0 * std::sqrt(2.0 / M_PI) * (x + 0.044715 * std::pow(x, 3))) +
                           1.0));
    case ElementwiseKind::kSilu:
      return x / (1.0 + std::exp(-x));
    case ElementwiseKind::kExp:
      return std::exp(x);
    case ElementwiseKind::kTanh:
      return 1.0 - 2.0 / (std::exp(2.0 * x) + 1.0);
    case ElementwiseKind::kErf:
      return 1.0 - std::erfc(x);
    case ElementwiseKind::kSigmoid:
      return std::exp(x) / (1.0 + std::exp(x));
    case ElementwiseKind::kSqrt:
      return std::pow(x, 0.5);
    case ElementwiseKind::kReciprocal:
      return std::pow(x, -1.0);
    case ElementwiseKind::kReciprocalSqrt:
      return std::pow(x, -0.5);
    case ElementwiseKind::kLog:
      return std::log2(x) * M_LN2;
    case ElementwiseKind::kAbs:
      return x < 0.0 ? -x : x;
    case ElementwiseKind::kNegate:
      return 0.0 - x;
    case ElementwiseKind::kClip:
      return x < p[0] ? p[0] : x > p[1] ? p[1] : x;
    case ElementwiseKind::kLeakyRelu:
      return x < 0.0 ? p[0] * x : x;
    case ElementwiseKind::kHardSigmoid:
      return std::fmax(0.0, std::fmin(1.0, p[0] * x + p[1]));
    case ElementwiseKind::kHardSwish:
      return x * std::fmax(0.0, std::fmin(6.0, x + 3.0)) / 6.0;
    case ElementwiseKind::kPower:
      return std::exp(p[0] * std::log(x));
    case ElementwiseKind::kSin:
      return std::cos(x - M_PI_2);
    case ElementwiseKind::kCos:
      return std::sin(x + M_PI_2);
  }
  return 0.0;
}

}  // namespace

const NaiveVector::Shape& NaiveVector::shape(std::size_t i) const {
  return graph_.tensors[at(op_.inputs[i])].shape;
}
const NaiveVector::Shape& NaiveVector::output_shape() const {
  return graph_.tensors[at(op_.output)].shape;
}
Values& NaiveVector::input(std::size_t i) {
  return values_[at(op_.inputs[i])];
}
Values& NaiveVector::y() {
  return values_[at(op_.output)];
}

std::vector<std::int64_t> NaiveVector::drawn(const std::vector<std::int64_t>& listed,
                                             std::int64_t count, std::int64_t size) const {
  if (!listed.empty()) {
    return listed;
  }
  base::Random random(seed_);
  std::vector<std::int64_t> result;
  for (std::int64_t i = 0; i < count; ++i) {
    result.push_back(random.integer(0, size - 1));
  }
  return result;
}

void NaiveVector::operator()(const Elementwise& attributes) {
  for (std::size_t i = 0; i < y().size(); ++i) {
    const Index index = index_of(i, output_shape());
    double x = input(0)[position(index, shape(0))];
    double other = attributes.scalar.value_or(0.0);
    if (op_.inputs.size() > 1) {
      other = input(1)[position(index, shape(1))];
    }
    if (attributes.scalar_first) {
      std::swap(x, other);
    }
    y()[i] = apply(attributes, x, other);
  }
}

void NaiveVector::operator()(const Reduction& attributes) {
  const auto is_axis = [&](std::size_t d) {
    return std::find(attributes.axes.begin(), attributes.axes.end(),
                     static_cast<std::int64_t>(d)) != attributes.axes.end();
  };
  Index kept_shape = shape(0);
  double count = 1.0;
  for (std::size_t d = 0; d < kept_shape.size(); ++d) {
    count *= is_axis(d) ? static_cast<double>(kept_shape[d]) : 1.0;
    kept_shape[d] = is_axis(d) ? 1 : kept_shape[d];
  }
  double start = 0.0;
  if (attributes.kind == ReductionKind::kMaximum) {
    start = -std::numeric_limits<double>::infinity();
  } else if (attributes.kind == ReductionKind::kMinimum) {
    start = std::numeric_limits<double>::infinity();
  }
  std::fill(y().begin(), y().end(), start);
  for (std::size_t i = 0; i < input(0).size(); ++i) {
    const double x = input(0)[i];
    double& result = y()[position(index_of(i, shape(0)), kept_shape)];
    switch (attributes.kind) {
      case ReductionKind::kSum:
        result += x;
        break;
      case ReductionKind::kMean:
        result += x / count;
        break;
      case ReductionKind::kMaximum:
        result = std::max(result, x);
        break;
      case ReductionKind::kMinimum:
        result = std::min(result, x);
        break;
    }
  }
}

void NaiveVector::operator()(const Reshape& /*attributes*/) {
  y() = input(0);
}

void NaiveVector::operator()(const Transpose& attributes) {
  for (std::size_t i = 0; i < y().size(); ++i) {
    const Index index = index_of(i, output_shape());
    Index from(index.size());
    for (std::size_t d = 0; d < index.size(); ++d) {
      from[at(attributes.permutation[d])] = index[d];
    }
    y()[i] = input(0)[position(from, shape(0))];
  }
}

void NaiveVector::operator()(const Concatenation& attributes) {
  const std::size_t axis = at(attributes.axis);
  for (std::size_t i = 0; i < y().size(); ++i) {
    Index index = index_of(i, output_shape());
    std::size_t source = 0;
    while (index[axis] >= shape(source)[axis]) {
      index[axis] -= shape(source)[axis];
      ++source;
    }
    y()[i] = input(source)[position(index, shape(source))];
  }
}

void NaiveVector::operator()(const Slice& attributes) {
  for (std::size_t i = 0; i < y().size(); ++i) {
    Index index = index_of(i, output_shape());
    for (std::size_t d = 0; d < index.size(); ++d) {
      index[d] = attributes.starts[d] + index[d] * attributes.steps[d];
    }
    y()[i] = input(0)[position(index, shape(0))];
  }
}

void NaiveVector::operator()(const Pad& attributes) {
  for (std::size_t i = 0; i < y().size(); ++i) {
    Index index = index_of(i, output_shape());
    bool inside = true;
    for (std::size_t d = 0; d < index.size(); ++d) {
      index[d] -= attributes.before[d];
      inside = inside && index[d] >= 0 && index[d] < shape(0)[d];
    }
    y()[i] = inside ? input(0)[position(index, shape(0))] : attributes.value;
  }
}

void NaiveVector::operator()(const Expand& /*attributes*/) {
  for (std::size_t i = 0; i < y().size(); ++i) {
    y()[i] = input(0)[position(index_of(i, output_shape()), shape(0))];
  }
}

void NaiveVector::operator()(const Gather& attributes) {
  const std::size_t axis = at(attributes.axis);
  const auto indices = drawn(attributes.indices, attributes.count, shape(0)[axis]);
  for (std::size_t i = 0; i < y().size(); ++i) {
    Index index = index_of(i, output_shape());
    index[axis] = indices[at(index[axis])];
    y()[i] = input(0)[position(index, shape(0))];
  }
}

void NaiveVector::operator()(const Scatter& attributes) {
  y() = input(0);
  const auto indices = drawn(attributes.indices, shape(1)[0], shape(0)[0]);
  const std::size_t row = y().size() / at(shape(0)[0]);
  for (std::size_t j = 0; j < indices.size(); ++j) {
    for (std::size_t i = 0; i < row; ++i) {
      double& place = y()[at(indices[j]) * row + i];
      place = input(1)[j * row + i] + (attributes.accumulate ? place : 0.0);
    }
  }
}

void NaiveVector::operator()(const ChannelAffine& /*attributes*/) {
  for (std::size_t i = 0; i < y().size(); ++i) {
    const std::size_t c = i % at(shape(0).back());
    y()[i] = input(0)[i] * input(1)[c] + input(2)[c];
  }
}

void NaiveVector::operator()(const LinearRecurrence& a) {
  const std::int64_t batch = shape(0)[0];
  const bool by_key = shape(3).back() != a.heads || a.key_size == 1;
  for (std::int64_t b = 0; b < batch; ++b) {
    for (std::int64_t h = 0; h < a.heads; ++h) {
      for (std::int64_t v = 0; v < a.value_size; ++v) {
        const auto state = [&](std::int64_t k) -> double& {
          return input(4)[at(((b * a.heads + h) * a.key_size + k) * a.value_size + v)];
        };
        for (std::int64_t t = 0; t < a.length; ++t) {
          const std::int64_t token = b * a.length + t;
          double sum = 0.0;
          for (std::int64_t k = 0; k < a.key_size; ++k) {
            const std::size_t key = at((token * a.heads + h) * a.key_size + k);
            const double decay = input(3)[by_key ? key : at(token * a.heads + h)];
            const double before = t == 0 && a.from_zero ? 0.0 : state(k);
            state(k) = decay * before +
                       input(1)[key] * input(2)[at((token * a.heads + h) * a.value_size + v)];
            sum += input(0)[key] * state(k);
          }
          y()[at((token * a.heads + h) * a.value_size + v)] = sum;
        }
      }
    }
  }
}

}  // namespace orrery::testing
