// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"
#include "workload/graph.h"
#include "workload/types.h"

namespace orrery::workload {

// What sets one decoder-only transformer apart from another. Each importer fills this in.
struct DecoderModel {
  std::int64_t layers = 0, hidden = 0, heads = 0, kv_heads = 0, head_size = 0;
  std::int64_t mlp_size = 0, vocabulary = 0;
  Normalization normalization;
  bool query_key_value_bias = false;
  bool attention_output_bias = false;
  bool mlp_bias = false;
  bool gated_mlp = false;  // down(activation(gate(x)) * up(x)), else down(activation(up(x)))
  ElementwiseKind activation = ElementwiseKind::kGelu;
  std::optional<double> rotary_theta;
  std::optional<std::int64_t> positions;  // rows of a learned position embedding
  bool tied_head = false;                 // the head is the token embedding's table, transposed
  base::SourcePosition where;             // of the model's file
};

// One step of a decoder: `tokens` new tokens of each of `batch` sequences after `past` cached ones.
struct DecoderStep {
  std::int64_t batch = 1;
  std::int64_t tokens = 1;
  std::int64_t past = 0;
  std::optional<std::int64_t> layers;  // blocks to build instead of the model's own number
  bool head = true;                    // the language model's head, for the last token only
  ElementTypes types;
};

// The operators of one step, in order: embedding (plus embedding.position and embedding.add), per
// block layerN.attention.{norm, query, key, value, query_rotary, key_rotary, core, output,
// residual} and layerN.mlp.{norm, gate, up, activation, product, down, residual}, then final_norm,
// last_token (more than one token only) and lm_head. Throws base::UserError for sizes that overflow
// and positions that the model does not have.
[[nodiscard]] Graph build_decoder(const std::string& name, const DecoderModel& model,
                                  const DecoderStep& step);

}  // namespace orrery::workload
