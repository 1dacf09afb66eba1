// SPDX-License-Identifier: Apache-2.0
#include "workload/transformer_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "workload/graph_builder.h"

namespace orrery::workload {
namespace {

class TransformerBuilder {
 public:
  TransformerBuilder(const std::string& name, const TransformerModel& model,
                     const TransformerStep& step)
      : model_(model),
        step_(step),
        tokens_(model.image ? model.image->tokens() : step.tokens),
        builder_(name, step.types) {
    options_.where = model.where;
    if (model.experts) {
      mixture_.emplace(*model.experts, step.moe, step.batch * step.tokens, step.seed, model.where);
    }
  }

  Graph build() {
    TensorId x = step_.blocks_only
                     ? builder_.input("hidden", {step_.batch, tokens_, model_.hidden}, options_)
                     : embedding();
    const std::int64_t layers = step_.layers.value_or(model_.layers);
    for (std::int64_t i = 0; i < layers; ++i) {
      const std::string layer = fmt::format("layer{}", i);
      layer_ = i;
      x = part(layer + ".attention", x, &TransformerBuilder::attention);
      x = part(layer + ".mlp", x,
               has_experts(i) ? &TransformerBuilder::experts : &TransformerBuilder::mlp);
    }
    if (model_.final_norm && !step_.blocks_only) {
      x = normalization("final_norm", x);
    }
    if (step_.head && !step_.blocks_only) {
      head(x);
    }
    return builder_.finish();
  }

 private:
  using Part = TensorId (TransformerBuilder::*)(const std::string& name, TensorId x);

  TensorId embedding() {
    TensorId x = model_.image ? image_tokens(*model_.image) : token_embedding();
    if (model_.token_types) {
      const TensorId type =
          builder_.embedding("embedding.token_type", *model_.token_types, model_.hidden,
                             {step_.batch, tokens_}, Embedding{}, options_);
      x = add("embedding.token_type_add", x, type);
    }
    if (model_.positions) {
      const std::int64_t first = model_.position_offset;
      const TensorId position = builder_.embedding(
          "embedding.position", first + *model_.positions, model_.hidden, {step_.batch, tokens_},
          Embedding{EmbeddingRows::kPosition, first + step_.past, positions_behind(first)},
          options_);
      x = add("embedding.add", x, position);
    }
    return model_.embedding_norm ? normalization("embedding.norm", x) : x;
  }

  // The first position of each sequence in a table with so many rows before it.
  [[nodiscard]] PastLengths positions_behind(std::int64_t rows) const {
    if (!step_.pasts || rows == 0) {
      return step_.pasts;
    }
    std::vector<std::int64_t> positions = *step_.pasts;
    for (std::int64_t& position : positions) {
      position += rows;
    }
    return std::make_shared<const std::vector<std::int64_t>>(std::move(positions));
  }

  TensorId token_embedding() {
    TensorId x = builder_.embedding("embedding", model_.vocabulary,
                                    model_.embedding_width.value_or(model_.hidden),
                                    {step_.batch, tokens_}, Embedding{}, options_);
    if (model_.embedding_scale) {
      x = builder_.apply("embedding.scale",
                         Elementwise{ElementwiseKind::kMultiply, model_.embedding_scale}, {x},
                         options_);
    }
    if (model_.embedding_width) {
      x = builder_.linear("embedding.project", x, model_.hidden, false, options_);
    }
    return x;
  }

  // The patches of an image as tokens behind that of the class, [batch, 1 + patches, hidden].
  TensorId image_tokens(const ImagePatches& image) {
    const TensorId pixels =
        builder_.input("image", {step_.batch, image.height, image.width, image.channels}, options_);
    const Convolution whole_patches{.stride_h = image.patch, .stride_w = image.patch};
    const TensorId patches =
        builder_.convolution("patches", pixels, whole_patches, {image.patch, image.patch},
                             model_.hidden, true, options_);
    const TensorId tokens = builder_.apply(
        "patches.tokens", Reshape{{step_.batch, tokens_ - 1, model_.hidden}}, {patches}, options_);
    // A table of one row, which every image reads.
    const TensorId class_token =
        builder_.embedding("class_token", 1, model_.hidden, {step_.batch, 1},
                           Embedding{EmbeddingRows::kPosition, 0, nullptr}, options_);
    return builder_.apply("embedding", Concatenation{1}, {class_token, tokens}, options_);
  }

  // One of the two parts of a block with its normalization and the sum around it.
  TensorId part(const std::string& name, TensorId x, Part function) {
    if (model_.normalizes_sums) {
      const TensorId y = summed(name, (this->*function)(name, x));
      return normalization(name + ".norm", add(name + ".residual", x, y));
    }
    const TensorId y = summed(name, (this->*function)(name, normalization(name + ".norm", x)));
    return add(name + ".residual", x, y);
  }

  // Over the devices that hold a share of the part each.
  TensorId summed(const std::string& name, TensorId x) {
    return step_.all_reduce == 1
               ? x
               : builder_.all_reduce(name + ".all_reduce", x, step_.all_reduce, options_);
  }

  TensorId attention(const std::string& name, TensorId x) {
    const std::int64_t key_width = model_.kv_heads * model_.head_size;
    const std::int64_t query_width = model_.heads * model_.head_size;
    const bool bias = model_.query_key_value_bias;
    TensorId query = builder_.linear(name + ".query", x, query_width, bias, options_);
    TensorId key = builder_.linear(name + ".key", x, key_width, bias, options_);
    const TensorId value = builder_.linear(name + ".value", x, key_width, bias, options_);
    if (model_.rotary_theta) {
      query = rotary(name + ".query_rotary", query, model_.heads);
      key = rotary(name + ".key_rotary", key, model_.kv_heads);
    }
    const Attention attributes{.heads = model_.heads,
                               .kv_heads = model_.kv_heads,
                               .head_size = model_.head_size,
                               .query_length = tokens_,
                               .past_length = step_.past,
                               .causal = !model_.is_encoder,
                               .scale = 1.0 / std::sqrt(static_cast<double>(model_.head_size)),
                               .window = window(),
                               .cached = !model_.is_encoder,
                               .key_length = model_.is_encoder ? tokens_ : 0,
                               .past_lengths = step_.pasts,
                               .channels = step_.channels};
    const TensorId core =
        builder_.attention(name + ".core", query, key, value, attributes, options_);
    return builder_.linear(name + ".output", core, model_.hidden, model_.attention_output_bias,
                           options_);
  }

  // The window of the layer being built; 0: none, or larger than all there is to see.
  [[nodiscard]] std::int64_t window() const {
    const std::vector<bool>& windowed = model_.windowed_layers;
    const auto index = static_cast<std::size_t>(layer_);
    const bool has_window =
        model_.window && (windowed.empty() || windowed[index % windowed.size()]);
    return has_window && *model_.window < step_.past + tokens_ ? *model_.window : 0;
  }

  TensorId rotary(const std::string& name, TensorId x, std::int64_t heads) {
    return builder_.apply(
        name,
        RotaryEmbedding{heads, model_.head_size, step_.past, *model_.rotary_theta, step_.pasts},
        {x}, options_);
  }

  TensorId mlp(const std::string& name, TensorId x) {
    TensorId inner = kNoTensor;
    if (model_.gated_mlp) {
      const TensorId gate = inner_linear(name + ".gate", x);
      const TensorId up = inner_linear(name + ".up", x);
      inner = builder_.apply(name + ".product", Elementwise{ElementwiseKind::kMultiply},
                             {activation(name, gate), up}, options_);
    } else {
      inner = activation(name, inner_linear(name + ".up", x));
    }
    return builder_.linear(name + ".down", inner, model_.hidden, model_.mlp_bias, options_);
  }

  [[nodiscard]] bool has_experts(std::int64_t block) const {
    const auto& dense = model_.mlp_layers;
    return model_.experts && (block + 1) % model_.expert_stride == 0 &&
           std::find(dense.begin(), dense.end(), block) == dense.end();
  }

  TensorId experts(const std::string& name, TensorId x) {
    return mixture_->add(builder_, name, x, layer_, options_);
  }

  TensorId inner_linear(const std::string& name, TensorId x) {
    return builder_.linear(name, x, model_.mlp_size, model_.mlp_bias, options_);
  }

  TensorId activation(const std::string& name, TensorId x) {
    return builder_.apply(name + ".activation", Elementwise{model_.activation}, {x}, options_);
  }

  TensorId normalization(const std::string& name, TensorId x) {
    return builder_.normalization(name, x, model_.normalization, options_);
  }

  TensorId add(const std::string& name, TensorId a, TensorId b) {
    return builder_.apply(name, Elementwise{ElementwiseKind::kAdd}, {a, b}, options_);
  }

  void head(TensorId x) {
    if (model_.head == TransformerHead::kLanguageModel) {
      language_model_head(x);
      return;
    }
    const TensorId first = builder_.apply(
        "first_token", Slice{{0, 0, 0}, {step_.batch, 1, model_.hidden}, {1, 1, 1}}, {x}, options_);
    if (model_.head == TransformerHead::kClassifier) {
      builder_.linear("classifier", first, model_.classes, true, options_);
      return;
    }
    const TensorId pooled = builder_.linear("pooler", first, model_.hidden, true, options_);
    builder_.apply("pooler.activation", Elementwise{ElementwiseKind::kTanh}, {pooled}, options_);
  }

  void language_model_head(TensorId x) {
    if (tokens_ > 1) {
      x = builder_.apply("last_token", SelectLast{}, {x}, options_);
    }
    if (model_.embedding_width) {
      x = builder_.linear("lm_head.project", x, *model_.embedding_width, false, options_);
    }
    // A tied head of another type multiplies by a copy of the table.
    if (model_.tied_head && !step_.types.lm_head) {
      builder_.apply("lm_head", MatrixMultiplication{.transposed_b = true},
                     {x, builder_.find("embedding.weight")}, options_);
    } else {
      PartOptions options = options_;
      options.weight_type = step_.types.head_type();
      builder_.linear("lm_head", x, model_.vocabulary, false, options);
    }
  }

  const TransformerModel& model_;
  const TransformerStep& step_;
  const std::int64_t tokens_;
  GraphBuilder builder_;
  PartOptions options_;
  std::optional<MixtureBuilder> mixture_;
  std::int64_t layer_ = 0;  // that is being built
};

}  // namespace

TransformerModel tensor_share(const TransformerModel& model, std::int64_t devices) {
  TransformerModel share = model;
  share.heads = model.heads / devices;
  share.kv_heads = std::max<std::int64_t>(model.kv_heads / devices, 1);
  share.mlp_size = model.mlp_size / devices;
  return share;
}

Graph build_transformer(const std::string& name, const TransformerModel& model,
                        const TransformerStep& step) {
  return TransformerBuilder(name, model, step).build();
}

}  // namespace orrery::workload
