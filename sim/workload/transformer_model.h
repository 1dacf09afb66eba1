// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "workload/expert_mixture.h"
#include "workload/graph.h"
#include "workload/types.h"

namespace orrery::workload {

// What a transformer computes from the output of its last block.
enum class TransformerHead : std::uint8_t {
  kLanguageModel,  // logits of the last token
  kPooler,         // tanh of a product with the first token
  kClassifier,     // a product with the first token
};

// An image cut into square patches, each of which becomes a token by a product, behind a learned
// token of the class.
struct ImagePatches {
  std::int64_t height = 0, width = 0, channels = 0, patch = 0;

  [[nodiscard]] std::int64_t rows() const { return height / patch; }
  [[nodiscard]] std::int64_t columns() const { return width / patch; }
  [[nodiscard]] std::int64_t tokens() const { return rows() * columns() + 1; }
};

// What sets one transformer apart from another. Each importer fills this in.
struct TransformerModel {
  std::int64_t layers = 0, hidden = 0, heads = 0, kv_heads = 0, head_size = 0;
  std::int64_t mlp_size = 0, vocabulary = 0;
  bool is_encoder = false;  // each token sees all others, and nothing is cached
  Normalization normalization;
  // Of a block's two parts: norm(x + part(x)), else x + part(norm(x)).
  bool normalizes_sums = false;
  bool final_norm = true;
  bool query_key_value_bias = false;
  bool attention_output_bias = false;
  bool mlp_bias = false;
  bool gated_mlp = false;  // down(activation(gate(x)) * up(x)), else down(activation(up(x)))
  ElementwiseKind activation = ElementwiseKind::kGelu;
  std::optional<double> rotary_theta;
  std::optional<std::int64_t> window;  // a token sees itself and window - 1 before it
  // Blocks that have the window, from the first; further ones repeat the list. Empty: all.
  std::vector<bool> windowed_layers;
  std::optional<std::int64_t> positions;  // tokens that the learned position embedding has rows for
  std::int64_t position_offset = 0;       // rows of that table before the first token's
  // Width of the token embedding where it is not `hidden`: projected before the first block and
  // back before the head, without biases.
  std::optional<std::int64_t> embedding_width;
  std::optional<double> embedding_scale;    // factor of the token embedding
  std::optional<std::int64_t> token_types;  // rows of an embedding of the kind of each token
  bool embedding_norm = false;              // of the sum of the embeddings
  std::optional<ImagePatches> image;        // instead of token embeddings
  // Experts instead of the MLP in every expert_stride-th block, the first of them block
  // expert_stride - 1, save for the blocks of mlp_layers.
  std::optional<ExpertModel> experts;
  std::int64_t expert_stride = 1;
  std::vector<std::int64_t> mlp_layers;
  TransformerHead head = TransformerHead::kLanguageModel;
  std::int64_t classes = 0;    // of a classifier
  bool tied_head = false;      // the head is the token embedding's table, transposed
  base::SourcePosition where;  // of the model's file
};

// One step of a transformer: `tokens` new tokens of each of `batch` sequences (of an image: as many
// as it has) after `past` cached ones.
struct TransformerStep {
  std::int64_t batch = 1;
  std::int64_t tokens = 1;
  std::int64_t past = 0;
  PastLengths pasts;                   // of each sequence; `past` is the largest of them
  RequestChannels channels;            // see Attention::channels
  std::optional<std::int64_t> layers;  // blocks to build instead of the model's own number
  bool blocks_only = false;            // no embedding, final normalization and head
  bool head = true;
  std::int64_t all_reduce = 1;  // devices whose shares are summed behind each part of a block
  ElementTypes types;
  MixtureSettings moe;     // of models that have experts
  std::uint64_t seed = 1;  // the workload's
};

// What one of `devices` holds of a model that is split over them by tensors: some heads of queries,
// keys and values with their columns of the projections and rows of the output projection, and some
// columns of the inner size of the MLP. Where there are fewer key-value heads than devices, those
// that share a head have it each. Embeddings, normalizations and head are whole. The model's heads,
// inner size and the heads of keys and values must divide.
[[nodiscard]] TransformerModel tensor_share(const TransformerModel& model, std::int64_t devices);

// The operators of one step, in order: embedding (plus embedding.scale, embedding.project,
// embedding.token_type, embedding.token_type_add, embedding.position, embedding.add,
// embedding.norm; of an image patches, patches.tokens and class_token before it), per block
// layerN.attention.{norm, query, key, value, query_rotary, key_rotary, core, output, residual} and
// layerN.mlp.{norm, gate, up, activation, product, down, residual}, where the norm of a model that
// normalizes sums stands behind the residual, all_reduce stands before it if there are several
// devices, and MixtureBuilder says what a block with experts has
// behind its norm; then final_norm. The head is last_token (more than one token only),
// lm_head.project and lm_head; or first_token, and pooler and pooler.activation or classifier.
// Blocks alone read the input "hidden". Throws base::UserError for sizes that overflow and
// positions that the model does not have.
[[nodiscard]] Graph build_transformer(const std::string& name, const TransformerModel& model,
                                      const TransformerStep& step);

}  // namespace orrery::workload
