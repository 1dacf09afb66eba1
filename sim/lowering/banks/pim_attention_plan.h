// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/error.h"
#include "lowering/banks/pim_kv_layout.h"
#include "lowering/banks/pim_target.h"
#include "lowering/machine/machine.h"
#include "lowering/mapping/layer_mapping.h"
#include "requests/channel_assignment.h"
#include "workload/graph.h"

namespace orrery::lowering {

// What is decided of attention in a PIM memory, or of caches that it will read, before tensors have
// their places.
struct PimAttentionPlan : PimTarget {
  PimKvLayout layout;
  numeric::ElementType input_type{};  // of queries, new keys and new values; `type` is the caches'
  std::optional<requests::ChannelRule> rule;       // absent: the workload names channels
  std::vector<std::vector<std::size_t>> channels;  // the requests of each, in their order
  std::int64_t heads = 1;                          // of queries
  bool computes = true;                            // false: caches alone lie in the banks

  // Query heads that read one key-value head.
  [[nodiscard]] std::int64_t group() const { return heads / layout.shape().kv_heads; }
  // Vectors of queries (of softmax weights, at most) that a request sends into its channel.
  [[nodiscard]] std::int64_t query_vectors() const { return layout.key_chunks() * group(); }
  [[nodiscard]] std::int64_t weight_vectors() const;
  // Rows of memory in which vectors of a channel wait, three requests at a time; 0 where vectors
  // come from the scratchpad. Vector i lies in row i / banks of bank i mod banks.
  static constexpr std::int64_t kVectorSlots = 3;
  [[nodiscard]] std::int64_t vectors() const {
    return kVectorSlots * (query_vectors() + weight_vectors());
  }
  [[nodiscard]] std::int64_t vector_rows() const;
  // Whether vector units convert queries, new keys and new values to the type of the caches.
  [[nodiscard]] bool converts() const { return input_type != type; }
  // Whether softmax gives integers: round(most * exp(logit - largest logit)), whose sum results are
  // divided by.
  [[nodiscard]] bool has_integer_weights() const { return numeric::info(type).is_integer; }
  // Whether values wait beside the banks until they fill a burst of each row.
  [[nodiscard]] bool has_staging() const { return layout.shape().value_block > 1; }
  // Adds the keys of a layer rule that asks for this layout.
  void add_keys(config::Node& node) const;
  // Tiles of logits over which softmax of a request goes: whole columns of weights.
  [[nodiscard]] std::int64_t softmax_tiles(std::int64_t request) const;
  // Bytes from the first of the cache to that of an element's place.
  [[nodiscard]] std::int64_t offset(const PimKvLayout::Place& place) const;
};

// Plans the attention operator of a mapping that asks for PIM, or for its caches in banks. Null
// after a diagnostic: no PIM memory, no engine or decode step where banks compute, no caches or
// something in them where they do not, types or a head size that cannot be placed, an address map
// whose rows do not lie one after the other, requests that fit in no channel.
[[nodiscard]] std::shared_ptr<const PimAttentionPlan> plan_pim_attention(
    const workload::Graph& graph, const workload::Operator& op, const LayerMapping& mapping,
    const Machine& machine, base::Diagnostics& diagnostics, bool computes = true);

}  // namespace orrery::lowering
