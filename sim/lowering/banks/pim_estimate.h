// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "lowering/banks/pim_attention_plan.h"
#include "lowering/banks/pim_product_plan.h"
#include "lowering/machine/machine.h"

namespace orrery::lowering {

// How a product in banks goes over its vectors and tiles.
struct PimProductOrder {
  std::int64_t vectors = 1;  // in the scratchpad together: a block
  std::int64_t tiles = 1;    // of a channel whose results are in the scratchpad together
  std::int64_t slots = 1;    // of blocks, and of results
  // All vectors of a block go over a tile while its row is open; else a vector goes over all tiles.
  bool rows_outer = false;
};

// Cycles in which the banks of a channel that has all tiles compute, by PimCosts: of each vector
// and chunk one round and tiles - 1 further tiles; or of each tile and chunk of a block one round
// and vectors - 1 rounds in an open row. nullopt where the costs are not known.
[[nodiscard]] std::optional<std::int64_t> bank_cycles(const PimProductPlan& plan,
                                                      const Machine& machine,
                                                      const PimProductOrder& order);

// Which of the two takes fewer of these cycles. Where they are not known: rows outside only with
// one tile at a time, which adds no load.
[[nodiscard]] bool prefers_rows_outer(const PimProductPlan& plan, const Machine& machine,
                                      PimProductOrder order);

// The larger of bank_cycles and the memory's time for vectors (to all channels) and outputs; plus
// what nothing overlaps: the first block's way in, and the last outputs' way out.
[[nodiscard]] std::optional<std::int64_t> estimate_product(const PimProductPlan& plan,
                                                           const Machine& machine,
                                                           const PimProductOrder& order);

// NeuPIMs' Algorithm 1 (requests::attention_cycles) with measured costs: the channel that has most
// to do.
[[nodiscard]] std::optional<std::int64_t> estimate_attention(const PimAttentionPlan& plan,
                                                             const Machine& machine);

}  // namespace orrery::lowering
