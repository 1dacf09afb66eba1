// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "config/located.h"
#include "config/schema.h"
#include "lowering/mapping/attention_form.h"
#include "lowering/mapping/kernel.h"
#include "lowering/mapping/offload_policy.h"
#include "lowering/mapping/placement_rule.h"
#include "lowering/mapping/softmax_form.h"
#include "requests/channel_assignment.h"
#include "timing/dataflow.h"
#include "workload/graph.h"

namespace orrery::lowering {

template <class T>
using Wish = std::optional<config::Located<T>>;  // absent: the lowering decides
using Names = std::vector<std::string>;

// Wishes for the layers that match. Of several rules that match a layer and have the same key, the
// last one counts.
struct LayerRule {
  std::string match = "*";
  Names operators;  // kinds; none: any
  Wish<Names> engines;
  Wish<timing::Dataflow> dataflow;
  Wish<Sizes> tiles;
  Wish<Kernels> kernels;
  Wish<Names> loop_order;
  Wish<std::string> arrays_share;
  Wish<Names> residency;
  Wish<Sizes> buffers;
  std::optional<bool> double_buffering;
  std::optional<std::int64_t> tile_budget_percent;
  Wish<Names> fuse;
  std::vector<PlacementRule> placement;
  std::optional<AttentionForm> attention;
  Wish<CacheLayout> cache;
  Wish<requests::ChannelRule> channels;
  Wish<PimAppend> append;
  Wish<OffloadPolicy> offload;
  Wish<std::int64_t> offload_below;
  std::optional<SoftmaxForm> softmax;
  std::optional<bool> packing;
  base::SourcePosition where;

  // A layer is called by its first operator; what is fused into it may be named too, after '+'.
  [[nodiscard]] bool matches(const workload::Operator& op) const;
  [[nodiscard]] static const config::Schema<LayerRule>& schema();
};

}  // namespace orrery::lowering
