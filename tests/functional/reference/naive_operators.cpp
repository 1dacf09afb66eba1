// SPDX-License-Identifier: Apache-2.0
#include "tests/functional/reference/naive_operators.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/random.h"

namespace orrery::testing {
namespace {

using namespace orrery::workload;

std::size_t at(std::int64_t index) {
  return static_cast<std::size_t>(index);
}

// One operator: its tensors and what they hold.
class Naive {
 public:
  Naive(const Graph& graph, std::size_t index, std::uint64_t seed, std::vector<Values>& values)
      : graph_(graph), op_(graph.operators[index]), seed_(seed + index), values_(values) {
    y().assign(at(tensor(op_.output).elements()), 0.0);
  }

  void operator()(const Convolution& c) {
    const auto& xs = input_shape(0);
    const auto& ws = input_shape(1);
    const auto& ys = tensor(op_.output).shape;
    std::size_t next = 0;
    for (std::int64_t n = 0; n < ys[0]; ++n) {
      for (std::int64_t oh = 0; oh < ys[1]; ++oh) {
        for (std::int64_t ow = 0; ow < ys[2]; ++ow) {
          for (std::int64_t f = 0; f < ys[3]; ++f) {
            double sum = op_.inputs.size() > 2 ? input(2)[at(f)] : 0.0;
            for (std::int64_t kh = 0; kh < ws[0]; ++kh) {
              for (std::int64_t kw = 0; kw < ws[1]; ++kw) {
                const std::int64_t h = oh * c.stride_h + kh * c.dilation_h - c.pad_top;
                const std::int64_t w = ow * c.stride_w + kw * c.dilation_w - c.pad_left;
                if (h < 0 || h >= xs[1] || w < 0 || w >= xs[2]) {
                  continue;
                }
                for (std::int64_t ch = 0; ch < xs[3]; ++ch) {
                  sum += input(0)[at(((n * xs[1] + h) * xs[2] + w) * xs[3] + ch)] *
                         input(1)[at(((kh * ws[1] + kw) * ws[2] + ch) * ws[3] + f)];
                }
              }
            }
            y()[next++] = sum;
          }
        }
      }
    }
  }

  void operator()(const MatrixMultiplication& attributes) {
    const bool transposed = attributes.transposed_weight;
    const std::int64_t k_size = input_shape(1)[transposed ? 1 : 0];
    const std::int64_t n_size = input_shape(1)[transposed ? 0 : 1];
    const std::int64_t m_size = tensor(op_.inputs[0]).elements() / k_size;
    for (std::int64_t m = 0; m < m_size; ++m) {
      for (std::int64_t n = 0; n < n_size; ++n) {
        double sum = op_.inputs.size() > 2 ? input(2)[at(n)] : 0.0;
        for (std::int64_t k = 0; k < k_size; ++k) {
          sum += input(0)[at(m * k_size + k)] *
                 input(1)[at(transposed ? n * k_size + k : k * n_size + n)];
        }
        y()[at(m * n_size + n)] = sum;
      }
    }
  }

  void operator()(const Attention& a) {
    const std::int64_t batch = input_shape(0)[0];
    const std::int64_t length = a.past_length + a.query_length;
    const std::int64_t size = a.head_size;
    for (const std::size_t cache : {std::size_t{3}, std::size_t{4}}) {
      for (std::int64_t b = 0; b < batch; ++b) {
        for (std::int64_t h = 0; h < a.kv_heads; ++h) {
          for (std::int64_t t = 0; t < a.query_length; ++t) {
            for (std::int64_t i = 0; i < size; ++i) {
              input(cache)[at(((b * a.kv_heads + h) * length + a.past_length + t) * size + i)] =
                  input(cache - 2)[at(((b * a.query_length + t) * a.kv_heads + h) * size + i)];
            }
          }
        }
      }
    }
    for (std::int64_t b = 0; b < batch; ++b) {
      for (std::int64_t h = 0; h < a.heads; ++h) {
        for (std::int64_t t = 0; t < a.query_length; ++t) {
          attend(a, b, h, t);
        }
      }
    }
  }

  void operator()(const Normalization& attributes) {
    const std::int64_t columns = input_shape(0).back();
    for (std::size_t row = 0; row < y().size(); row += at(columns)) {
      double mean = 0.0;
      double squares = 0.0;
      for (std::int64_t c = 0; c < columns; ++c) {
        mean += input(0)[row + at(c)] / static_cast<double>(columns);
        squares += std::pow(input(0)[row + at(c)], 2) / static_cast<double>(columns);
      }
      const bool layer = attributes.kind == NormalizationKind::kLayer;
      // variance = mean of squares - square of mean
      const double variance = layer ? squares - mean * mean : squares;
      for (std::int64_t c = 0; c < columns; ++c) {
        const double x = input(0)[row + at(c)] - (layer ? mean : 0.0);
        y()[row + at(c)] = x / std::sqrt(variance + attributes.epsilon) * input(1)[at(c)] +
                           (layer ? input(2)[at(c)] : 0.0);
      }
    }
  }

  void operator()(const Softmax& /*attributes*/) {
    const std::size_t columns = at(input_shape(0).back());
    for (std::size_t row = 0; row < y().size(); row += columns) {
      const auto begin = input(0).begin() + static_cast<std::ptrdiff_t>(row);
      const double most = *std::max_element(begin, begin + static_cast<std::ptrdiff_t>(columns));
      double total = 0.0;
      for (std::size_t c = 0; c < columns; ++c) {
        total += std::exp(input(0)[row + c] - most);
      }
      for (std::size_t c = 0; c < columns; ++c) {
        y()[row + c] = std::exp(input(0)[row + c] - most) / total;
      }
    }
  }

  void operator()(const Elementwise& attributes) {
    for (std::size_t i = 0; i < y().size(); ++i) {
      const double x = input(0)[i];
      switch (attributes.kind) {
        case ElementwiseKind::kAdd:
          y()[i] = x + input(1)[i];
          break;
        case ElementwiseKind::kMultiply:
          y()[i] = x * input(1)[i];
          break;
        case ElementwiseKind::kRelu:
          y()[i] = x > 0.0 ? x : 0.0;
          break;
        case ElementwiseKind::kGelu:
          // tanh(z) = (e^2z - 1) / (e^2z + 1)
          y()[i] =
              x * (1.0 -
                   1.0 / (std::exp(2.0 * std::sqrt(2.0 / M_PI) * (x + 0.044715 * std::pow(x, 3))) +
                          1.0));
          break;
        case ElementwiseKind::kSilu:
          y()[i] = x / (1.0 + std::exp(-x));
          break;
      }
    }
  }

  void operator()(const Pooling& p) {
    const auto& xs = input_shape(0);
    const auto& ys = tensor(op_.output).shape;
    std::size_t next = 0;
    for (std::int64_t n = 0; n < ys[0]; ++n) {
      for (std::int64_t oh = 0; oh < ys[1]; ++oh) {
        for (std::int64_t ow = 0; ow < ys[2]; ++ow) {
          for (std::int64_t c = 0; c < ys[3]; ++c) {
            double most = -std::numeric_limits<double>::infinity();
            double sum = 0.0;
            double count = 0.0;
            for (std::int64_t h = oh * p.stride_h - p.pad_top;
                 h < oh * p.stride_h - p.pad_top + p.kernel_h; ++h) {
              for (std::int64_t w = ow * p.stride_w - p.pad_left;
                   w < ow * p.stride_w - p.pad_left + p.kernel_w; ++w) {
                if (h >= 0 && h < xs[1] && w >= 0 && w < xs[2]) {
                  const double x = input(0)[at(((n * xs[1] + h) * xs[2] + w) * xs[3] + c)];
                  most = std::max(most, x);
                  sum += x;
                  count += 1.0;
                }
              }
            }
            y()[next++] = p.kind == PoolingKind::kMaximum ? most : sum / count;
          }
        }
      }
    }
  }

  void operator()(const Embedding& e) {
    const std::int64_t rows = input_shape(0)[0];
    const std::int64_t width = input_shape(0)[1];
    const auto& ys = tensor(op_.output).shape;
    base::Random random(seed_);
    for (std::int64_t token = 0; token < tensor(op_.output).elements() / width; ++token) {
      const std::int64_t row = e.rows == EmbeddingRows::kSeed
                                   ? random.integer(0, rows - 1)
                                   : e.past_length + token % ys[ys.size() - 2];
      for (std::int64_t c = 0; c < width; ++c) {
        y()[at(token * width + c)] = input(0)[at(row * width + c)];
      }
    }
  }

  void operator()(const RotaryEmbedding& r) {
    const std::int64_t half = r.head_size / 2;
    const std::int64_t tokens = input_shape(0)[1];
    for (std::int64_t row = 0; row < input_shape(0)[0] * tokens; ++row) {
      for (std::int64_t h = 0; h < r.heads; ++h) {
        for (std::int64_t i = 0; i < half; ++i) {
          const double angle =
              static_cast<double>(r.past_length + row % tokens) /
              std::pow(r.theta, 2.0 * static_cast<double>(i) / static_cast<double>(r.head_size));
          const std::size_t first = at((row * r.heads + h) * r.head_size + i);
          const std::size_t second = first + at(half);
          y()[first] = input(0)[first] * std::cos(angle) - input(0)[second] * std::sin(angle);
          y()[second] = input(0)[first] * std::sin(angle) + input(0)[second] * std::cos(angle);
        }
      }
    }
  }

  void operator()(const SelectLast& /*attributes*/) {
    const auto& xs = input_shape(0);
    for (std::int64_t b = 0; b < xs[0]; ++b) {
      for (std::int64_t c = 0; c < xs[2]; ++c) {
        y()[at(b * xs[2] + c)] = input(0)[at((b * xs[1] + xs[1] - 1) * xs[2] + c)];
      }
    }
  }

 private:
  // Output of query head h, new token t.
  void attend(const Attention& a, std::int64_t b, std::int64_t h, std::int64_t t) {
    const std::int64_t length = a.past_length + a.query_length;
    const std::int64_t seen = a.causal ? a.past_length + t + 1 : length;
    const std::int64_t kv_head = h / (a.heads / a.kv_heads);
    const std::size_t query = at(((b * a.query_length + t) * a.heads + h) * a.head_size);
    const auto cached = [&](std::int64_t token) {
      return at(((b * a.kv_heads + kv_head) * length + token) * a.head_size);
    };
    Values weights;
    for (std::int64_t s = 0; s < seen; ++s) {
      double logit = 0.0;
      for (std::int64_t i = 0; i < a.head_size; ++i) {
        logit += input(0)[query + at(i)] * input(3)[cached(s) + at(i)];
      }
      weights.push_back(a.scale * logit);
    }
    const double most = *std::max_element(weights.begin(), weights.end());
    double total = 0.0;
    for (double& weight : weights) {
      weight = std::exp(weight - most);
      total += weight;
    }
    for (std::int64_t i = 0; i < a.head_size; ++i) {
      for (std::int64_t s = 0; s < seen; ++s) {
        y()[query + at(i)] += weights[at(s)] / total * input(4)[cached(s) + at(i)];
      }
    }
  }

  [[nodiscard]] const Tensor& tensor(TensorId id) const { return graph_.tensors[at(id)]; }
  [[nodiscard]] const std::vector<std::int64_t>& input_shape(std::size_t i) const {
    return tensor(op_.inputs[i]).shape;
  }
  [[nodiscard]] Values& input(std::size_t i) { return values_[at(op_.inputs[i])]; }
  [[nodiscard]] Values& y() { return values_[at(op_.output)]; }

  const Graph& graph_;
  const Operator& op_;
  std::uint64_t seed_;
  std::vector<Values>& values_;
};

}  // namespace

void evaluate(const Graph& graph, std::uint64_t seed, std::vector<Values>& values) {
  for (std::size_t i = 0; i < graph.operators.size(); ++i) {
    Naive naive(graph, i, seed, values);
    std::visit([&](const auto& attributes) { naive(attributes); }, graph.operators[i].attributes);
  }
}

}  // namespace orrery::testing
