// SPDX-License-Identifier: Apache-2.0
#include "lowering/mapping/layer_mapping.h"

namespace orrery::lowering {
namespace {

template <class T>
void take(T& to, const T& from) {
  if (from) {
    to = from;
  }
}

template <class T>
void take(T& to, const std::optional<T>& from) {
  to = from.value_or(to);
}

}  // namespace

LayerMapping layer_mapping(const MappingConfig& mapping, const workload::Operator& op) {
  LayerMapping result;
  if (mapping.dataflow) {
    result.dataflow = {*mapping.dataflow, mapping.where, "mapping.dataflow"};
  }
  result.double_buffering = mapping.double_buffering;
  result.tile_budget_percent = mapping.tile_budget_percent;
  if (!mapping.fusion) {
    result.fuse = {{}, mapping.where, "mapping.fusion"};
  }
  result.attention = mapping.attention;
  result.softmax = mapping.softmax;
  result.tables = mapping.tables;
  result.packing = mapping.packing;
  result.operands_first_percent = mapping.operands_first_percent;
  for (const LayerRule& rule : mapping.layers) {
    if (!rule.matches(op)) {
      continue;
    }
    take(result.engines, rule.engines);
    take(result.dataflow, rule.dataflow);
    // Either puts the other of an earlier rule aside.
    if (rule.tiles) {
      result.kernels.reset();
    }
    if (rule.kernels) {
      result.tiles.reset();
    }
    take(result.tiles, rule.tiles);
    take(result.kernels, rule.kernels);
    take(result.loop_order, rule.loop_order);
    take(result.arrays_share, rule.arrays_share);
    take(result.residency, rule.residency);
    take(result.buffers, rule.buffers);
    take(result.double_buffering, rule.double_buffering);
    take(result.tile_budget_percent, rule.tile_budget_percent);
    take(result.fuse, rule.fuse);
    take(result.attention, rule.attention);
    take(result.cache, rule.cache);
    take(result.channels, rule.channels);
    take(result.append, rule.append);
    take(result.offload, rule.offload);
    take(result.offload_below, rule.offload_below);
    take(result.softmax, rule.softmax);
    take(result.packing, rule.packing);
  }
  return result;
}

}  // namespace orrery::lowering
