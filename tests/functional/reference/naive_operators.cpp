// SPDX-License-Identifier: Apache-2.0
#include "tests/functional/reference/naive_operators.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/random.h"
#include "tests/functional/reference/naive_vector.h"

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
      : graph_(graph),
        op_(graph.operators[index]),
        index_(index),
        base_seed_(seed),
        seed_(seed + index),
        values_(values) {
    y().assign(at(tensor(op_.output).elements()), 0.0);
  }

  void operator()(const Convolution& c) {
    const Shape4 xs = image(input_shape(0));
    const auto& ws = input_shape(1);
    const Shape4 ys = image(tensor(op_.output).shape);
    std::size_t next = 0;
    for (std::int64_t n = 0; n < ys[0]; ++n) {
      for (std::int64_t oh = 0; oh < ys[1]; ++oh) {
        for (std::int64_t ow = 0; ow < ys[2]; ++ow) {
          for (std::int64_t f = 0; f < ys[3]; ++f) {
            const std::int64_t first = f / (ys[3] / c.groups) * ws[2];  // channel of f's group
            double sum = op_.inputs.size() > 2 ? input(2)[at(f)] : 0.0;
            for (std::int64_t kh = 0; kh < ws[0]; ++kh) {
              for (std::int64_t kw = 0; kw < ws[1]; ++kw) {
                const std::int64_t h = oh * c.stride_h + kh * c.dilation_h - c.pad_top;
                const std::int64_t w = ow * c.stride_w + kw * c.dilation_w - c.pad_left;
                if (h < 0 || h >= xs[1] || w < 0 || w >= xs[2]) {
                  continue;
                }
                for (std::int64_t ch = 0; ch < ws[2]; ++ch) {
                  sum += input(0)[at(((n * xs[1] + h) * xs[2] + w) * xs[3] + first + ch)] *
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

  // Each input element is spread over the outputs that it reaches.
  void operator()(const TransposedConvolution& c) {
    const Shape4 xs = image(input_shape(0));
    const Shape4 ys = image(tensor(op_.output).shape);
    for (std::size_t i = 0; i < y().size() && op_.inputs.size() > 2; ++i) {
      y()[i] = input(2)[i % at(ys[3])];
    }
    for (std::int64_t n = 0; n < xs[0]; ++n) {
      for (std::int64_t ih = 0; ih < xs[1]; ++ih) {
        for (std::int64_t iw = 0; iw < xs[2]; ++iw) {
          for (std::int64_t ch = 0; ch < xs[3]; ++ch) {
            spread(c, n, ih, iw, ch);
          }
        }
      }
    }
  }

  void operator()(const MatrixMultiplication& p) {
    const auto& as = input_shape(0);
    const auto& bs = input_shape(1);
    const std::int64_t n_size = p.transposed_b ? bs[bs.size() - 2] : bs.back();
    const std::int64_t k_size = p.transposed_b ? bs.back() : bs[bs.size() - 2];
    const std::int64_t m_size = as.size() == 1 ? 1 : p.transposed_a ? as.back() : as[as.size() - 2];
    const auto& ys = tensor(op_.output).shape;
    const std::size_t batch_rank = as.size() == 1 ? 0 : ys.size() - 2;
    const std::int64_t matrices = tensor(op_.output).elements() / (m_size * n_size);
    for (std::int64_t matrix = 0; matrix < matrices; ++matrix) {
      const std::int64_t a = broadcast(ys, batch_rank, matrix, as) * m_size * k_size;
      const std::int64_t b = broadcast(ys, batch_rank, matrix, bs) * k_size * n_size;
      for (std::int64_t m = 0; m < m_size; ++m) {
        for (std::int64_t n = 0; n < n_size; ++n) {
          double sum = 0.0;
          for (std::int64_t k = 0; k < k_size; ++k) {
            sum += input(0)[at(a + (p.transposed_a ? k * m_size + m : m * k_size + k))] *
                   input(1)[at(b + (p.transposed_b ? n * k_size + k : k * n_size + n))];
          }
          y()[at((matrix * m_size + m) * n_size + n)] =
              p.alpha * sum + (op_.inputs.size() > 2 ? p.beta * input(2)[at(n)] : 0.0);
        }
      }
    }
  }

  void operator()(const Attention& a) {
    const std::int64_t batch = input_shape(0)[0];
    for (const std::size_t cache : {std::size_t{3}, std::size_t{4}}) {
      const std::int64_t size = cache == 3 ? a.head_size : value_size(a);
      for (std::int64_t b = 0; a.cached && b < batch; ++b) {
        for (std::int64_t h = 0; h < a.kv_heads; ++h) {
          for (std::int64_t t = 0; t < a.query_length; ++t) {
            for (std::int64_t i = 0; i < size; ++i) {
              input(cache)[cache_row(a, b, h, past(a, b) + t) * at(size) + at(i)] =
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

  // As if all devices took their steps one after the other; the exchange says what comes in.
  void operator()(const workload::AllReduce& a) {
    const std::int64_t n = a.devices;
    const std::int64_t elements = tensor(op_.inputs[0]).elements();
    const std::int64_t chunk = a.chunk(elements);
    const auto exchanged = [&](std::int64_t side, std::int64_t step, std::int64_t i) -> double& {
      return input(1)[at((side * 2 * (n - 1) + step) * chunk + i)];
    };
    Values held = input(0);  // sums so far, later whole sums
    for (std::int64_t step = 0; step < 2 * (n - 1); ++step) {
      const bool adds = step < n - 1;
      const std::int64_t sent = ((adds ? -step : 1 - (step - (n - 1))) + 2 * n) % n;
      const std::int64_t received = (sent + n - 1) % n;
      for (std::int64_t i = 0; i < chunk; ++i) {
        if (sent * chunk + i < elements) {
          exchanged(0, step, i) = held[at(sent * chunk + i)];
        }
        if (received * chunk + i < elements) {
          double& value = held[at(received * chunk + i)];
          value = exchanged(1, step, i) + (adds ? value : 0.0);
        }
      }
    }
    y() = held;
  }

  // What stands in naive_vector.h.
  template <class Other>
  void operator()(const Other& attributes) {
    NaiveVector(graph_, index_, base_seed_, values_)(attributes);
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
                                   : past(e, token / ys[ys.size() - 2]) + token % ys[ys.size() - 2];
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
              static_cast<double>(past(r, row / tokens) + row % tokens) /
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

  void operator()(const ExpertGate& gate) {
    const std::int64_t experts = input_shape(0).back();
    const std::int64_t k = gate.experts_per_token;
    for (std::int64_t t = 0; t < tensor(op_.inputs[0]).elements() / experts; ++t) {
      double total = 0.0;
      for (std::int64_t e = 0; e < experts; ++e) {
        const auto begin = gate.chosen->begin() + t * k;
        const bool is_chosen = std::find(begin, begin + k, e) != begin + k;
        total += is_chosen || !gate.normalized ? std::exp(input(0)[at(t * experts + e)]) : 0.0;
      }
      for (std::int64_t j = 0; j < k; ++j) {
        const std::int64_t expert = (*gate.chosen)[at(t * k + j)];
        y()[at(t * k + j)] = std::exp(input(0)[at(t * experts + expert)]) / total;
      }
    }
  }

  void operator()(const ExpertDispatch& dispatch) {
    const std::int64_t columns = input_shape(0).back();
    for (std::size_t i = 0; i < dispatch.rows->size(); ++i) {
      for (std::int64_t c = 0; c < columns; ++c) {
        y()[i * at(columns) + at(c)] = input(0)[at((*dispatch.rows)[i] * columns + c)];
      }
    }
  }

  void operator()(const ExpertCombine& combine) {
    const std::int64_t columns = tensor(op_.output).shape.back();
    for (std::size_t t = 0; t < combine.terms->size(); ++t) {
      for (const CombineTerm& term : (*combine.terms)[t]) {
        double score = 1.0;
        if (term.scores != CombineTerm::kNoScores) {
          const auto scores = static_cast<std::size_t>(term.scores);
          score = input(scores)[t * at(input_shape(scores).back()) + at(term.column)];
        }
        for (std::int64_t c = 0; c < columns; ++c) {
          y()[t * at(columns) + at(c)] +=
              score * input(static_cast<std::size_t>(term.source))[at(term.row * columns + c)];
        }
      }
    }
  }

 private:
  using Shape4 = std::array<std::int64_t, 4>;

  static Shape4 image(const std::vector<std::int64_t>& shape) {
    return shape.size() == 3 ? Shape4{shape[0], 1, shape[1], shape[2]}
                             : Shape4{shape[0], shape[1], shape[2], shape[3]};
  }

  // Adds what channel ch of an input position gives to every output.
  void spread(const TransposedConvolution& c, std::int64_t n, std::int64_t ih, std::int64_t iw,
              std::int64_t ch) {
    const Shape4 xs = image(input_shape(0));
    const Shape4 ys = image(tensor(op_.output).shape);
    const auto& ws = input_shape(1);
    const double x = input(0)[at(((n * xs[1] + ih) * xs[2] + iw) * xs[3] + ch)];
    const std::int64_t filters = ys[3] / c.groups;
    const std::int64_t group = ch / ws[2];
    for (std::int64_t kh = 0; kh < ws[0]; ++kh) {
      for (std::int64_t kw = 0; kw < ws[1]; ++kw) {
        const std::int64_t oh = ih * c.stride_h + kh * c.dilation_h - c.pad_top;
        const std::int64_t ow = iw * c.stride_w + kw * c.dilation_w - c.pad_left;
        if (oh < 0 || oh >= ys[1] || ow < 0 || ow >= ys[2]) {
          continue;
        }
        for (std::int64_t f = group * filters; f < (group + 1) * filters; ++f) {
          y()[at(((n * ys[1] + oh) * ys[2] + ow) * ys[3] + f)] +=
              x * input(1)[at(((kh * ws[1] + kw) * ws[2] + ch % ws[2]) * ws[3] + f)];
        }
      }
    }
  }

  // The matrix of an operand that output matrix `matrix` reads: dimensions of size 1 stay at 0.
  static std::int64_t broadcast(const std::vector<std::int64_t>& ys, std::size_t batch_rank,
                                std::int64_t matrix, const std::vector<std::int64_t>& shape) {
    std::int64_t result = 0;
    std::int64_t scale = 1;
    for (std::size_t i = 0; i < batch_rank; ++i) {  // innermost first
      const std::int64_t position = matrix % ys[batch_rank - 1 - i];
      matrix /= ys[batch_rank - 1 - i];
      if (shape.size() < i + 3) {
        break;
      }
      const std::int64_t size = shape[shape.size() - 3 - i];
      result += size == 1 ? 0 : position * scale;
      scale *= size;
    }
    return result;
  }

  static std::int64_t value_size(const Attention& a) {
    return a.value_size == 0 ? a.head_size : a.value_size;
  }

  // Tokens before the new ones of a sequence.
  template <class Operator>
  static std::int64_t past(const Operator& op, std::int64_t b) {
    return op.past_lengths ? (*op.past_lengths)[at(b)] : op.past_length;
  }

  // Row of a cache: [kv_heads, tokens] of each sequence, one after the other.
  static std::size_t cache_row(const Attention& a, std::int64_t b, std::int64_t h,
                               std::int64_t token) {
    std::int64_t row = 0;
    for (std::int64_t before = 0; before < b; ++before) {
      row += a.kv_heads * (past(a, before) + a.query_length);
    }
    return at(row + h * (past(a, b) + a.query_length) + token);
  }

  // Output of query head h, token t.
  void attend(const Attention& a, std::int64_t b, std::int64_t h, std::int64_t t) {
    const std::int64_t length = a.cached ? past(a, b) + a.query_length : input_shape(1)[1];
    const std::int64_t position = past(a, b) + t;
    const std::int64_t kv_head = h / (a.heads / a.kv_heads);
    const std::size_t query = at(((b * a.query_length + t) * a.heads + h) * a.head_size);
    const std::size_t result = at(((b * a.query_length + t) * a.heads + h) * value_size(a));
    // Element 0 of a key (value): [b, head, token] in a cache, [b, token, head] without.
    const auto row = [&](std::int64_t token, std::int64_t size) {
      return (a.cached ? cache_row(a, b, kv_head, token)
                       : at((b * length + token) * a.kv_heads + kv_head)) *
             at(size);
    };
    const std::size_t keys = a.cached ? 3 : 1;
    std::vector<std::int64_t> seen;
    Values weights;
    for (std::int64_t s = 0; s < length; ++s) {
      if (a.causal && (s > position || (a.window > 0 && s <= position - a.window))) {
        continue;
      }
      double logit = 0.0;
      for (std::int64_t i = 0; i < a.head_size; ++i) {
        logit += input(0)[query + at(i)] * input(keys)[row(s, a.head_size) + at(i)];
      }
      seen.push_back(s);
      weights.push_back(a.scale * logit);
    }
    const double most = *std::max_element(weights.begin(), weights.end());
    double total = 0.0;
    for (double& weight : weights) {
      weight = std::exp(weight - most);
      total += weight;
    }
    for (std::int64_t i = 0; i < value_size(a); ++i) {
      for (std::size_t s = 0; s < seen.size(); ++s) {
        y()[result + at(i)] +=
            weights[s] / total * input(keys + 1)[row(seen[s], value_size(a)) + at(i)];
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
  std::size_t index_;
  std::uint64_t base_seed_;
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
