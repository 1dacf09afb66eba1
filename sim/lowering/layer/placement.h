// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/error.h"
#include "lowering/machine/machine.h"
#include "lowering/mapping/fusion.h"
#include "lowering/mapping/mapping_config.h"
#include "workload/graph.h"

namespace orrery::lowering {

// Addresses of tensors are multiples of this: a burst of any standard, and the usual interleaving.
inline constexpr std::int64_t kTensorAlignment = 256;

// Where a tensor lies. Tensors that exist only on their way through a fused layer lie nowhere.
struct Placement {
  static constexpr std::int64_t kForever = INT64_MAX;

  workload::TensorId base = workload::kNoTensor;  // whose place a view shares; none: its own
  bool placed = false;
  std::uint16_t tier = 0;
  std::int64_t address = 0;
  std::int64_t bytes = 0;
  std::int64_t first_layer = -1;             // that writes it; -1: there before the first
  std::int64_t last_layer = kForever;        // that reads it
  std::vector<workload::TensorId> replaces;  // earlier tensors whose memory it uses again
  // Of what lies in whole rows of the banks of a memory that computes: the bytes of one of them; 0:
  // it does not.
  std::int64_t row_stride = 0;
  // Keys and values of attention lie there as PimKvLayout has them, weights of a product as
  // PimProductLayout.
  std::shared_ptr<const PimAttentionPlan> pim = {};
  std::shared_ptr<const PimProductPlan> product = {};
};

// Weights, inputs, outputs and caches lie where they are for the whole run; activations share
// memory where their lives, counted in layers, do not meet. Each goes to the first tier of its rule
// (or of the platform) that has room, at the lowest free address. Adds a diagnostic for each of the
// first ten tensors that do not fit anywhere, and one for all. Indexed by tensor.
[[nodiscard]] std::vector<Placement> place_tensors(const workload::Graph& graph,
                                                   const std::vector<LayerGroup>& groups,
                                                   const Machine& machine,
                                                   const MappingConfig& mapping,
                                                   base::Diagnostics& diagnostics);

}  // namespace orrery::lowering
