// SPDX-License-Identifier: Apache-2.0
#include "workload/graph_operator.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "workload/expert_mixture.h"
#include "workload/graph_operator_keys.h"

namespace orrery::workload {
namespace {

using MaybeLengths = std::optional<std::vector<std::int64_t>>;

config::Codec<MaybeLengths> past_lengths_codec() {
  return config::maybe(config::list(config::integer(0, kLargestSize), 1));
}

std::int64_t longest(std::int64_t past_length, const MaybeLengths& lengths) {
  return lengths ? *std::max_element(lengths->begin(), lengths->end()) : past_length;
}

PastLengths shared(const MaybeLengths& lengths) {
  return lengths ? std::make_shared<const std::vector<std::int64_t>>(*lengths) : nullptr;
}

template <class Op>
void check_past_lengths(const Op& value, const config::Node& node, config::Reader& reader) {
  const config::Node* past = node.find("past_length");
  if (value.past_lengths && past != nullptr && value.past_length != 0) {
    const config::Reader::Scope scope(reader, "past_length");
    reader.error(past->where(), "has no meaning beside past_lengths", "no such key");
  }
}

struct AttentionOperator : GraphOperator {
  std::int64_t heads = 1, head_size = 1, past_length = 0;
  std::optional<std::int64_t> kv_heads;
  MaybeLengths past_lengths;
  MaybeLengths channels;
  std::optional<std::int64_t> window, value_size;
  bool causal = true;
  bool cache = true;
  std::optional<double> scale;

  void add_to(GraphBuilder& builder, const std::vector<TensorId>& x) const override {
    for (std::size_t i = 0; i < (cache ? 1 : 2); ++i) {
      if (x[i] == kNoTensor) {
        return;
      }
      const Shape& shape = builder.tensor(x[i]).shape;
      if (shape.size() != 3) {
        builder.report(
            {where, options().key_path,
             fmt::format("'{}': input '{}' has the shape {}", name, inputs[i], shape_text(shape)),
             i == 0 ? "[B, T, heads * head_size]" : "[B, T, kv_heads * head_size]", ""});
        return;
      }
    }
    const Attention attributes{
        .heads = heads,
        .kv_heads = kv_heads.value_or(heads),
        .head_size = head_size,
        .query_length = builder.tensor(x[0]).shape[1],
        .past_length = longest(past_length, past_lengths),
        .causal = causal,
        .scale = scale.value_or(1.0 / std::sqrt(static_cast<double>(head_size))),
        .window = window.value_or(0),
        .value_size = value_size.value_or(0),
        .cached = cache,
        .key_length = cache ? 0 : builder.tensor(x[1]).shape[1],
        .past_lengths = shared(past_lengths),
        .channels = shared(channels)};
    builder.attention(name, x[0], x[1], x[2], attributes, options());
  }
};

config::Kind<GraphOperator> attention_kind() {
  using Op = AttentionOperator;
  config::Schema<Op> schema("attention",
                            "Multi-head attention of the inputs query, key and value, with or "
                            "without a cache of keys and values.");
  add_common(schema, 3, 3);
  schema.required("heads", &Op::heads, size_codec(), "Query heads.")
      .required("head_size", &Op::head_size, size_codec(), "Elements of one head.")
      .optional("kv_heads", &Op::kv_heads, config::maybe(size_codec()),
                "Key-value heads, a divisor of heads; left out: heads.")
      .optional("past_length", &Op::past_length, config::integer(0, kLargestSize),
                "Tokens before the first of query: those that are in the cache already.")
      .optional("past_lengths", &Op::past_lengths, past_lengths_codec(),
                "past_length of each sequence of the batch, where they differ.")
      .optional("channels", &Op::channels, past_lengths_codec(),
                "With past_lengths, the memory channel of each sequence's cache, for memories that "
                "compute in their banks; left out: up to the mapping.")
      .optional("cache", &Op::cache, config::boolean(),
                "Whether key and value are appended to a cache; false: they hold all tokens that "
                "can be seen.")
      .optional("causal", &Op::causal, config::boolean(),
                "Whether a token sees itself and earlier ones only.")
      .optional("window", &Op::window, config::maybe(size_codec()),
                "Keys that a token sees at most, itself and those before it; causal only. Left "
                "out: all.")
      .optional("value_size", &Op::value_size, config::maybe(size_codec()),
                "Elements of one head of value; left out: head_size.")
      .optional("scale", &Op::scale, config::maybe(config::number(0, 1e6)),
                "Factor of the logits; left out: 1 / sqrt(head_size).")
      .check(check_past_lengths<Op>);
  return config::make_kind<GraphOperator>("attention", schema);
}

struct NormalizationOperator : GraphOperator {
  NormalizationKind function = NormalizationKind::kLayer;
  double epsilon = 1e-5;

  void add_to(GraphBuilder& builder, const std::vector<TensorId>& x) const override {
    builder.normalization(name, x[0], Normalization{function, epsilon}, options());
  }
};

config::Kind<GraphOperator> normalization_kind() {
  using Op = NormalizationOperator;
  config::Schema<Op> schema("normalization", "Normalization over the last dimension.");
  add_common(schema, 1, 1);
  schema
      .required("function", &Op::function,
                config::choice<NormalizationKind>(
                    {{"layer", NormalizationKind::kLayer}, {"rms", NormalizationKind::kRms}}),
                "layer: by mean and variance; rms: by the root of the mean square.")
      .optional("epsilon", &Op::epsilon, config::number(0, 1), "Added below the root.");
  return config::make_kind<GraphOperator>("normalization", schema);
}

struct SoftmaxOperator : GraphOperator {
  void add_to(GraphBuilder& builder, const std::vector<TensorId>& x) const override {
    builder.apply(name, Softmax{}, x, options());
  }
};

struct SelectLastOperator : GraphOperator {
  void add_to(GraphBuilder& builder, const std::vector<TensorId>& x) const override {
    builder.apply(name, SelectLast{}, x, options());
  }
};

// An operator without parameters of its own.
template <class Op>
config::Kind<GraphOperator> plain_kind(const std::string& name, const std::string& help) {
  config::Schema<Op> schema(name, help);
  add_common(schema, 1, 1);
  return config::make_kind<GraphOperator>(name, schema);
}

struct PoolingOperator : GraphOperator {
  PoolingKind function = PoolingKind::kMaximum;
  Sizes kernel{1, 1}, stride{1, 1}, padding{0, 0, 0, 0};

  void add_to(GraphBuilder& builder, const std::vector<TensorId>& x) const override {
    const Pooling attributes{.kind = function,
                             .kernel_h = kernel[0],
                             .kernel_w = kernel[1],
                             .stride_h = stride[0],
                             .stride_w = stride[1],
                             .pad_top = padding[0],
                             .pad_left = padding[1],
                             .pad_bottom = padding[2],
                             .pad_right = padding[3]};
    builder.apply(name, attributes, x, options());
  }
};

config::Kind<GraphOperator> pooling_kind() {
  using Op = PoolingOperator;
  config::Schema<Op> schema("pooling", "Maximum or average over windows of an image.");
  add_common(schema, 1, 1);
  schema
      .required("function", &Op::function,
                config::choice<PoolingKind>(
                    {{"maximum", PoolingKind::kMaximum}, {"average", PoolingKind::kAverage}}),
                "Padding is left out of both.")
      .required("kernel", &Op::kernel, pair(), "Size of the windows.")
      .optional("stride", &Op::stride, pair(), "Distance of neighbouring windows.")
      .optional("padding", &Op::padding, padding(), "Padding around the image.");
  return config::make_kind<GraphOperator>("pooling", schema);
}

struct EmbeddingOperator : GraphOperator {
  std::int64_t rows = 1, width = 1, past_length = 0;
  MaybeLengths past_lengths;
  Sizes tokens{1, 1};
  EmbeddingRows lookup = EmbeddingRows::kSeed;

  void add_to(GraphBuilder& builder, const std::vector<TensorId>& /*x*/) const override {
    builder.embedding(name, rows, width, tokens,
                      Embedding{lookup, longest(past_length, past_lengths), shared(past_lengths)},
                      options());
  }
};

void check_lookup(const EmbeddingOperator& value, const config::Node& node,
                  config::Reader& reader) {
  if (value.past_lengths && value.lookup == EmbeddingRows::kSeed) {
    const config::Reader::Scope scope(reader, "past_lengths");
    reader.error(node.find("past_lengths")->where(), "has no meaning with lookup: seed",
                 "no such key");
  }
}

config::Kind<GraphOperator> embedding_kind() {
  using Op = EmbeddingOperator;
  config::Schema<Op> schema("embedding", "One row of a table for each token.");
  add_common(schema, 0, 0);
  add_weight_type(schema);
  schema.required("rows", &Op::rows, size_codec(), "Rows of the table.")
      .required("width", &Op::width, size_codec(), "Elements of a row.")
      .required("tokens", &Op::tokens, sizes(2, 1, "sequences and tokens of each"),
                "Leading dimensions of the output.")
      .optional("lookup", &Op::lookup,
                config::choice<EmbeddingRows>(
                    {{"seed", EmbeddingRows::kSeed}, {"position", EmbeddingRows::kPosition}}),
                "seed: rows drawn from the workload's seed; position: token t reads row "
                "past_length + t.")
      .optional("past_length", &Op::past_length, config::integer(0, kLargestSize),
                "Position of the first token.")
      .optional("past_lengths", &Op::past_lengths, past_lengths_codec(),
                "past_length of each sequence of the batch, where they differ.")
      .check(check_past_lengths<Op>)
      .check(check_lookup);
  return config::make_kind<GraphOperator>("embedding", schema);
}

struct RotaryEmbeddingOperator : GraphOperator {
  std::int64_t heads = 1, head_size = 2, past_length = 0;
  MaybeLengths past_lengths;
  double theta = 10000.0;

  void add_to(GraphBuilder& builder, const std::vector<TensorId>& x) const override {
    builder.apply(name,
                  RotaryEmbedding{heads, head_size, longest(past_length, past_lengths), theta,
                                  shared(past_lengths)},
                  x, options());
  }
};

config::Kind<GraphOperator> rotary_embedding_kind() {
  using Op = RotaryEmbeddingOperator;
  config::Schema<Op> schema("rotary_embedding", "Rotary position embedding of every head.");
  add_common(schema, 1, 1);
  schema.required("heads", &Op::heads, size_codec(), "Heads.")
      .required("head_size", &Op::head_size, size_codec(), "Elements of one head, even.")
      .optional("past_length", &Op::past_length, config::integer(0, kLargestSize),
                "Position of the first token.")
      .optional("past_lengths", &Op::past_lengths, past_lengths_codec(),
                "past_length of each sequence of the batch, where they differ.")
      .optional("theta", &Op::theta, config::number(1, 1e12), "Base of the angles.")
      .check(check_past_lengths<Op>);
  return config::make_kind<GraphOperator>("rotary_embedding", schema);
}

struct MixtureOperator : GraphOperator, ExpertModel {
  std::int64_t layer = 0;
  MixtureSettings moe;

  void add_to(GraphBuilder& builder, const std::vector<TensorId>& x) const override {
    if (x[0] == kNoTensor) {
      return;
    }
    const Tensor& input = builder.tensor(x[0]);
    try {
      MixtureBuilder mixture(*this, moe, input.elements() / input.shape.back(), builder.seed(),
                             where);
      // Layers follow on each other: those before this one are routed too.
      for (std::int64_t before = 0; before < layer && !moe.routing.trace; ++before) {
        mixture.skip(before);
      }
      mixture.add(builder, name, x[0], layer, options());
    } catch (const base::UserError& error) {
      for (base::Diagnostic diagnostic : error.diagnostics()) {
        builder.report(std::move(diagnostic));
      }
    }
  }
};

config::Kind<GraphOperator> mixture_kind() {
  using Op = MixtureOperator;
  config::Schema<Op> schema("mixture_of_experts",
                            "Feed-forward experts of which each token goes to a few.");
  add_common(schema, 1, 1);
  const auto size = [](std::int64_t ExpertModel::* member) {
    return static_cast<std::int64_t Op::*>(member);
  };
  const auto flag = [](bool ExpertModel::* member) { return static_cast<bool Op::*>(member); };
  schema
      .required("experts", size(&ExpertModel::experts), config::integer(1, kMostExperts),
                "Feed-forward experts.")
      .required("experts_per_token", size(&ExpertModel::experts_per_token),
                config::integer(1, kMostExpertsPerToken), "Experts that each token goes to.")
      .required("expert_size", size(&ExpertModel::expert_size), size_codec(),
                "Inner size of one expert.")
      .optional("gated", flag(&ExpertModel::gated), config::boolean(),
                "down(activation(gate(x)) * up(x)), else down(activation(up(x))).")
      .optional("activation", static_cast<ElementwiseKind Op::*>(&ExpertModel::activation),
                config::choice<ElementwiseKind>({{"relu", ElementwiseKind::kRelu},
                                                 {"gelu", ElementwiseKind::kGelu},
                                                 {"silu", ElementwiseKind::kSilu}}),
                "Activation of the experts.")
      .optional("normalized_scores", flag(&ExpertModel::normalized_scores), config::boolean(),
                "Scores are a softmax over the chosen experts, else over all of them.")
      .optional("shared_size", size(&ExpertModel::shared_size), config::integer(0, kLargestSize),
                "Inner size of an expert that every token goes to; 0: none.")
      .optional("layer", &Op::layer, config::integer(0, 4095), "Number in a routing trace.")
      .optional("moe", &Op::moe, config::object(MixtureSettings::schema()),
                "How tokens are spread over the experts.");
  return config::make_kind<GraphOperator>("mixture_of_experts", schema);
}

}  // namespace

const config::Codec<GraphOperatorPointer>& graph_operator_codec() {
  static const config::Codec<GraphOperatorPointer> kCodec = [] {
    std::vector<config::Kind<GraphOperator>> kinds{
        convolution_kind(),
        transposed_convolution_kind(),
        matrix_multiplication_kind(),
        attention_kind(),
        normalization_kind(),
        plain_kind<SoftmaxOperator>("softmax", "Softmax over the last dimension."),
        elementwise_operator_kind(),
        pooling_kind(),
        embedding_kind(),
        rotary_embedding_kind(),
        plain_kind<SelectLastOperator>("select_last", "The last token of every sequence."),
        mixture_kind()};
    for (const auto& kind : vector_operator_kinds()) {
      kinds.push_back(kind);
    }
    return config::one_of<GraphOperator>("operator", kinds);
  }();
  return kCodec;
}

}  // namespace orrery::workload
