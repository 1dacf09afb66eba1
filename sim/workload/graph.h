// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/error.h"
#include "numeric/element_type.h"
#include "workload/vector_attributes.h"

namespace orrery::workload {

using TensorId = std::int32_t;
inline constexpr TensorId kNoTensor = -1;

// kState: read and replaced in its place, like kKeyValueCache, by one operator.
enum class TensorRole : std::uint8_t {
  kInput,
  kWeight,
  kActivation,
  kOutput,
  kKeyValueCache,
  kState
};

// Row-major; images are N, H, W, C. Sizes in elements.
struct Tensor {
  std::string name;
  std::vector<std::int64_t> shape;
  numeric::ElementType type = numeric::ElementType::kFp16;
  TensorRole role = TensorRole::kActivation;

  [[nodiscard]] std::int64_t elements() const;
  // Rows of the last dimension are filled up to whole bytes.
  [[nodiscard]] std::int64_t bytes() const;
};

// y[n, oh, ow, f] = sum over kh, kw, c of x[n, oh*stride_h + kh*dilation_h - pad_top,
//   ow*stride_w + kw*dilation_w - pad_left, c] * w[kh, kw, c, f] + bias[f].
// inputs: x [N, H, W, C], w [KH, KW, C / groups, F], optional bias [F]. output: [N, OH, OW, F].
// With several groups, channels and filters are cut into `groups` equal parts, and a filter sums
// over the channels of its own part only: c above runs over these. x may be [N, L, C], an image of
// height 1; the output is [N, OL, F] then.
struct Convolution {
  std::int64_t stride_h = 1, stride_w = 1;
  std::int64_t pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  std::int64_t dilation_h = 1, dilation_w = 1;
  std::int64_t groups = 1;
};

// The transpose of a convolution's reading: input position (ih, iw) and tap (kh, kw) meet output
// position (ih*stride_h + kh*dilation_h - pad_top, iw*stride_w + kw*dilation_w - pad_left), and
// y[n, oh, ow, f] = sum over all that meet there, and c, of x[n, ih, iw, c] * w[kh, kw, c, f]
// + bias[f]. inputs and groups as above. output: OH = (H - 1)*stride_h + (KH - 1)*dilation_h + 1
// - pad_top - pad_bottom + output_padding_h, with rows of bias alone where no tap reaches.
struct TransposedConvolution {
  std::int64_t stride_h = 1, stride_w = 1;
  std::int64_t pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  std::int64_t dilation_h = 1, dilation_w = 1;
  std::int64_t output_padding_h = 0, output_padding_w = 0;
  std::int64_t groups = 1;
};

// y[..., m, n] = alpha * sum over k of a[..., m, k] * b[..., k, n] (+ beta * bias[n]).
// inputs: a [..., M, K] or [K], b [..., K, N], optional bias [N]. Leading dimensions are broadcast
// as numpy does. With transposed_a (transposed_b) the matrices of that input are stored [K, M]
// ([N, K]): a language model's head that shares the token embedding's table, or keys.
struct MatrixMultiplication {
  bool transposed_b = false;
  bool transposed_a = false;
  double alpha = 1.0, beta = 1.0;
};

// Tokens before the new ones, one number for each sequence; none where all have as many.
using PastLengths = std::shared_ptr<const std::vector<std::int64_t>>;

// The memory channel of each sequence's cache; none where that is open.
using RequestChannels = std::shared_ptr<const std::vector<std::int64_t>>;

// Multi-head attention of `query_length` tokens, T, after `past_length` earlier ones.
// With a cache, inputs: q [B, T, heads * head_size], k [B, T, kv_heads * head_size] and v [B, T,
// kv_heads * value_head_size()] of the new tokens, key cache and value cache [B, kv_heads, past +
// T, head size of its side] (kKeyValueCache; their first `past_length` tokens hold the past, the
// new ones are appended by this operator). Where sequences have pasts of different lengths, each of
// them has a [kv_heads, past + T, head size] of its own, one sequence after the other: the caches
// have the size [tokens of all sequences, kv_heads, head size of their side] then.
// Without one, inputs: q, and k [B, S, kv_heads * head_size] and v [B, S, kv_heads *
// value_head_size()] of all S = key_length tokens that can be seen; S = past + T where causal, any
// length else (encoders, cross attention).
// output: [B, T, heads * value_head_size()]. Query head h reads key-value head h / (heads /
// kv_heads). Causal: token t sees past_length + t + 1 tokens, of which a window leaves the last
// `window`.
struct Attention {
  std::int64_t heads = 1, kv_heads = 1, head_size = 1;
  std::int64_t query_length = 1, past_length = 0;
  bool causal = true;
  double scale = 1.0;           // of the logits, 1/sqrt(head_size) as a rule
  std::int64_t window = 0;      // 0: none. Causal attention only
  std::int64_t value_size = 0;  // elements of a head of v; 0: head_size
  bool cached = true;
  std::int64_t key_length = 0;    // without a cache: tokens of k and v
  PastLengths past_lengths = {};  // with a cache; past_length is the largest of them
  RequestChannels channels = {};  // with past_lengths, where the cache lies in memory that computes

  struct Keys {
    std::int64_t begin = 0, end = 0;
    [[nodiscard]] std::int64_t count() const { return end - begin; }
  };
  [[nodiscard]] std::int64_t value_head_size() const {
    return value_size == 0 ? head_size : value_size;
  }
  [[nodiscard]] std::int64_t past(std::int64_t sequence) const {
    return past_lengths ? (*past_lengths)[static_cast<std::size_t>(sequence)] : past_length;
  }
  // Keys that are there for the longest sequence, seen or not.
  [[nodiscard]] std::int64_t length() const {
    return cached ? past_length + query_length : key_length;
  }
  [[nodiscard]] std::int64_t length(std::int64_t sequence) const {
    return cached ? past(sequence) + query_length : key_length;
  }
  // The sum of length() over `batch` sequences.
  [[nodiscard]] std::int64_t total_length(std::int64_t batch) const;
  // Keys that some token of [first, first + count) of a sequence sees.
  [[nodiscard]] Keys visible(std::int64_t sequence, std::int64_t first, std::int64_t count) const;
};

enum class NormalizationKind : std::uint8_t { kLayer, kRms };
// Over the last dimension. inputs: x, gamma [C], and beta [C] for kLayer.
struct Normalization {
  NormalizationKind kind = NormalizationKind::kLayer;
  double epsilon = 1e-5;
};

// inputs: x. Over the last dimension.
struct Softmax {};

enum class PoolingKind : std::uint8_t { kMaximum, kAverage };
// inputs: x [N, H, W, C]. output: [N, OH, OW, C]. Padding is left out of maximum and average.
struct Pooling {
  PoolingKind kind = PoolingKind::kMaximum;
  std::int64_t kernel_h = 1, kernel_w = 1;
  std::int64_t stride_h = 1, stride_w = 1;
  std::int64_t pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
};

// kSeed: drawn uniformly from the run's seed, one row each token. kPosition: output is [B, T,
// width] and token t of every sequence reads row past_length + t.
enum class EmbeddingRows : std::uint8_t { kSeed, kPosition };
// inputs: table [rows, width]. output: [..., width]: one row of the table for each token.
struct Embedding {
  EmbeddingRows rows = EmbeddingRows::kSeed;
  std::int64_t past_length = 0;   // kPosition only
  PastLengths past_lengths = {};  // kPosition only; past_length is the largest of them

  [[nodiscard]] std::int64_t past(std::int64_t sequence) const {
    return past_lengths ? (*past_lengths)[static_cast<std::size_t>(sequence)] : past_length;
  }
};

// Rotary position embedding on pairs (i, i + head_size / 2) of every head. inputs: x [B, T, heads *
// head_size]. Token t has position past_length + t.
struct RotaryEmbedding {
  std::int64_t heads = 1, head_size = 2, past_length = 0;
  double theta = 10000.0;
  PastLengths past_lengths = {};  // past_length is the largest of them

  [[nodiscard]] std::int64_t past(std::int64_t sequence) const {
    return past_lengths ? (*past_lengths)[static_cast<std::size_t>(sequence)] : past_length;
  }
};

// The last token of every sequence: y[b, c] = x[b, T - 1, c]. A copy of rows, no arithmetic.
// inputs: x [B, T, C]. output: [B, C]. Stands before a language model's head in prefill.
struct SelectLast {};

// The scores with which a mixture of experts weighs what the experts of each token give. Which
// experts those are is known when the graph is built: they are not derived from the numbers.
// inputs: logits [..., E], T rows in all. output: [..., k]; element (t, j) belongs to expert
// chosen[t * k + j]. normalized: softmax over the k chosen logits; else softmax over all E logits,
// of which the k chosen are taken.
struct ExpertGate {
  std::int64_t experts_per_token = 1;
  bool normalized = true;
  std::shared_ptr<const std::vector<std::int32_t>> chosen;  // [T, k], no expert twice in a row
};

// y[i] = x[rows[i]]: the tokens of one expert. inputs: x [..., C]. output: [n, C].
struct ExpertDispatch {
  std::shared_ptr<const std::vector<std::int64_t>> rows;
};

// One addend of a row of ExpertCombine: row `row` of input `source`, times the element `column` of
// this output row's scores in input `scores`.
struct CombineTerm {
  static constexpr std::int32_t kNoScores = -1;
  std::int32_t source = 0;
  std::int64_t row = 0;
  std::int32_t scores = kNoScores;  // kNoScores: taken as it is
  std::int32_t column = 0;
};

// y[t] = sum over the terms of row t of score * source row, in the order of the terms; 0 where
// there is none. inputs: first `score_inputs` tensors of one row for each row of y, then sources
// [..., C]. output: [..., C].
struct ExpertCombine {
  std::int64_t score_inputs = 1;
  std::shared_ptr<const std::vector<std::vector<CombineTerm>>> terms;  // by row of y
};

// The sum of x over `devices` that each hold a part of it, by a ring: x is cut into as many chunks
// of successive elements (the last ones may be shorter, or empty), which travel 2 (devices - 1)
// steps. One device is simulated, number 0. In step s of the first half it sends the sum so far of
// chunk -s mod devices and adds what it receives to its part of chunk -s - 1; then it has the whole
// sum of chunk 1. In step s of the second half it sends chunk 1 - s and receives chunk -s.
// inputs: x, and the exchange [2, 2 (devices - 1), elements of a chunk] (kState) that lies in the
// memory of the neighbours, behind a link: what is sent, then what is received, by step.
// output: like x.
struct AllReduce {
  std::int64_t devices = 2;

  // Elements of a chunk of x but the last.
  [[nodiscard]] std::int64_t chunk(std::int64_t elements) const {
    return (elements + devices - 1) / devices;
  }
};

using Attributes =
    std::variant<Convolution, MatrixMultiplication, Attention, Normalization, Softmax, Elementwise,
                 Pooling, Embedding, RotaryEmbedding, SelectLast, TransposedConvolution, Reduction,
                 Reshape, Transpose, Concatenation, Slice, Pad, Expand, Gather, Scatter,
                 ChannelAffine, LinearRecurrence, ExpertGate, ExpertDispatch, ExpertCombine,
                 AllReduce>;

struct Operator {
  std::string name;  // unique in its graph: "layer3.attention.query"
  Attributes attributes;
  std::vector<TensorId> inputs;
  TensorId output = kNoTensor;
  base::SourcePosition where;  // where the user's file asked for it
};

// How the tokens of one step are spread over the experts of one layer.
struct MixtureSummary {
  std::string name;  // of the layer: "layer3.mlp"
  std::int64_t tokens = 0, experts_per_token = 0;
  std::int64_t dropped = 0;                       // choices over the capacity of their expert
  std::int64_t zero = 0, copy = 0, constant = 0;  // choices of experts that compute next to nothing
  std::vector<std::int64_t> tokens_per_expert;    // feed-forward experts, after dropping

  [[nodiscard]] std::int64_t experts_touched() const;
};

// Operators in an order in which each one's inputs are there before it.
struct Graph {
  std::string name;
  std::vector<Tensor> tensors;
  std::vector<Operator> operators;
  std::vector<MixtureSummary> mixtures;
  std::vector<std::string> notes;  // choices that a reader of results must know
};

// The tensor whose elements a tensor shows: of a chain of views the first, else the tensor itself.
// By TensorId.
[[nodiscard]] std::vector<TensorId> view_bases(const Graph& graph);

// Whether the operator only shows its input in another shape.
[[nodiscard]] bool is_view(const Operator& op);

// "convolution", "matrix_multiplication", ...
[[nodiscard]] const std::string& kind_name(const Attributes& attributes);

// "layer0.mlp: 64 tokens, 2 of 8 experts each, 7 touched; tokens per expert 20 18 ..."
[[nodiscard]] std::string summary_text(const MixtureSummary& mixture);

// Multiply-accumulates that the operator's definition needs: convolutions and matrix products count
// every product of the formula (products with padding included, as published counts do; of a
// transposed convolution those whose output position exists), attention
// only the pairs that its mask leaves. 0 for the others.
[[nodiscard]] std::int64_t useful_macs(const Graph& graph, const Operator& op);

}  // namespace orrery::workload
