// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "lowering/mapping/layer_rule.h"
#include "lowering/mapping/mapping_config.h"

namespace orrery::lowering {

// What the mapping says of one layer: its own keys where no rule says otherwise, and of the rules
// that match, key by key, the last.
struct LayerMapping {
  Wish<Names> engines;
  Wish<timing::Dataflow> dataflow;
  Wish<Sizes> tiles;
  Wish<Kernels> kernels;
  Wish<Names> loop_order;
  Wish<std::string> arrays_share;
  Wish<Names> residency;
  Wish<Sizes> buffers;
  bool double_buffering = true;
  std::int64_t tile_budget_percent = 50;
  Wish<Names> fuse;                        // absent: whatever can
  std::optional<AttentionForm> attention;  // absent: row-tiled, one-pass where rows do not fit
  Wish<CacheLayout> cache;                 // absent: plain, of attention in banks there
  Wish<requests::ChannelRule> channels;    // absent: round-robin
  Wish<PimAppend> append;                  // absent: by blocks
  Wish<OffloadPolicy> offload;             // absent: never, but for attention: pim
  Wish<std::int64_t> offload_below;        // absent: the ridge of the roofline
  SoftmaxForm softmax = SoftmaxForm::kOnline;
  TableForm tables = TableForm::kFused;
  bool packing = true;
  std::int64_t operands_first_percent = 0;
};

// `op`: the first operator of the layer.
[[nodiscard]] LayerMapping layer_mapping(const MappingConfig& mapping,
                                         const workload::Operator& op);

}  // namespace orrery::lowering
