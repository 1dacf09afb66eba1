// SPDX-License-Identifier: Apache-2.0
#include "workload/decoder_model.h"

#include <fmt/format.h>

#include <cmath>

#include "workload/graph_builder.h"

namespace orrery::workload {
namespace {

class DecoderBuilder {
 public:
  DecoderBuilder(const std::string& name, const DecoderModel& model, const DecoderStep& step)
      : model_(model), step_(step), builder_(name, step.types) {
    options_.where = model.where;
  }

  Graph build() {
    TensorId x = embedding();
    const std::int64_t layers = step_.layers.value_or(model_.layers);
    for (std::int64_t i = 0; i < layers; ++i) {
      const std::string layer = fmt::format("layer{}", i);
      x = attention(layer + ".attention", x);
      x = mlp(layer + ".mlp", x);
    }
    x = builder_.normalization("final_norm", x, model_.normalization, options_);
    if (step_.head) {
      head(x);
    }
    return builder_.finish();
  }

 private:
  TensorId embedding() {
    const Shape tokens{step_.batch, step_.tokens};
    const TensorId x = builder_.embedding("embedding", model_.vocabulary, model_.hidden, tokens,
                                          Embedding{}, options_);
    if (!model_.positions) {
      return x;
    }
    const TensorId position =
        builder_.embedding("embedding.position", *model_.positions, model_.hidden, tokens,
                           Embedding{EmbeddingRows::kPosition, step_.past}, options_);
    return builder_.apply("embedding.add", Elementwise{ElementwiseKind::kAdd}, {x, position},
                          options_);
  }

  TensorId attention(const std::string& name, TensorId x) {
    const std::int64_t key_width = model_.kv_heads * model_.head_size;
    const std::int64_t query_width = model_.heads * model_.head_size;
    const bool bias = model_.query_key_value_bias;
    const TensorId normalized =
        builder_.normalization(name + ".norm", x, model_.normalization, options_);
    TensorId query = builder_.linear(name + ".query", normalized, query_width, bias, options_);
    TensorId key = builder_.linear(name + ".key", normalized, key_width, bias, options_);
    const TensorId value = builder_.linear(name + ".value", normalized, key_width, bias, options_);
    if (model_.rotary_theta) {
      query = rotary(name + ".query_rotary", query, model_.heads);
      key = rotary(name + ".key_rotary", key, model_.kv_heads);
    }
    const Attention attributes{.heads = model_.heads,
                               .kv_heads = model_.kv_heads,
                               .head_size = model_.head_size,
                               .query_length = step_.tokens,
                               .past_length = step_.past,
                               .causal = true,
                               .scale = 1.0 / std::sqrt(static_cast<double>(model_.head_size))};
    const TensorId core =
        builder_.attention(name + ".core", query, key, value, attributes, options_);
    const TensorId output = builder_.linear(name + ".output", core, model_.hidden,
                                            model_.attention_output_bias, options_);
    return add(name + ".residual", x, output);
  }

  TensorId rotary(const std::string& name, TensorId x, std::int64_t heads) {
    return builder_.apply(
        name, RotaryEmbedding{heads, model_.head_size, step_.past, *model_.rotary_theta}, {x},
        options_);
  }

  TensorId mlp(const std::string& name, TensorId x) {
    const TensorId normalized =
        builder_.normalization(name + ".norm", x, model_.normalization, options_);
    TensorId inner = kNoTensor;
    if (model_.gated_mlp) {
      const TensorId gate = inner_linear(name + ".gate", normalized);
      const TensorId up = inner_linear(name + ".up", normalized);
      inner = builder_.apply(name + ".product", Elementwise{ElementwiseKind::kMultiply},
                             {activation(name, gate), up}, options_);
    } else {
      inner = activation(name, inner_linear(name + ".up", normalized));
    }
    const TensorId down =
        builder_.linear(name + ".down", inner, model_.hidden, model_.mlp_bias, options_);
    return add(name + ".residual", x, down);
  }

  TensorId inner_linear(const std::string& name, TensorId x) {
    return builder_.linear(name, x, model_.mlp_size, model_.mlp_bias, options_);
  }

  TensorId activation(const std::string& name, TensorId x) {
    return builder_.apply(name + ".activation", Elementwise{model_.activation}, {x}, options_);
  }

  TensorId add(const std::string& name, TensorId a, TensorId b) {
    return builder_.apply(name, Elementwise{ElementwiseKind::kAdd}, {a, b}, options_);
  }

  void head(TensorId x) {
    if (step_.tokens > 1) {
      x = builder_.apply("last_token", SelectLast{}, {x}, options_);
    }
    if (model_.tied_head) {
      builder_.apply("lm_head", MatrixMultiplication{.transposed_weight = true},
                     {x, builder_.find("embedding.weight")}, options_);
    } else {
      builder_.linear("lm_head", x, model_.vocabulary, false, options_);
    }
  }

  const DecoderModel& model_;
  const DecoderStep& step_;
  GraphBuilder builder_;
  PartOptions options_;
};

}  // namespace

Graph build_decoder(const std::string& name, const DecoderModel& model, const DecoderStep& step) {
  return DecoderBuilder(name, model, step).build();
}

}  // namespace orrery::workload
