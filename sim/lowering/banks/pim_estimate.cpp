// SPDX-License-Identifier: Apache-2.0
#include "lowering/banks/pim_estimate.h"

#include <algorithm>

#include "base/integer.h"
#include "base/rational.h"
#include "requests/attention_estimate.h"

namespace orrery::lowering {

using base::divide_up;
using base::Rational;

std::optional<std::int64_t> bank_cycles(const PimProductPlan& plan, const Machine& machine,
                                        const PimProductOrder& order) {
  const PimCosts* costs = machine.tiers[plan.tier].pim_costs.get();
  if (costs == nullptr) {
    return std::nullopt;
  }
  const PimProductLayout& layout = plan.layout;
  const std::int64_t most = plan.banks->row_bytes() / plan.banks->column_bytes;
  // Vectors are loaded again for each part of the tiles.
  const std::int64_t turns = divide_up(layout.tiles(), order.tiles);
  const std::int64_t blocks = divide_up(plan.m, order.vectors);
  Rational cycles = 0;
  for (std::int64_t chunk = 0; chunk < layout.chunks(); ++chunk) {
    const std::int64_t columns = divide_up(layout.chunk_elements(chunk), plan.column_elements());
    const Rational round = costs->round.of(columns, most);
    if (order.rows_outer) {
      cycles += Rational(layout.tiles()) *
                (Rational(blocks) * round +
                 Rational(plan.m - blocks) * costs->round_open.of(columns, most));
    } else {
      cycles += Rational(plan.m) * (Rational(turns) * round + Rational(layout.tiles() - turns) *
                                                                  costs->tile.of(columns, most));
    }
  }
  return base::ceil(cycles);
}

bool prefers_rows_outer(const PimProductPlan& plan, const Machine& machine, PimProductOrder order) {
  if (order.vectors == 1) {
    return false;
  }
  order.rows_outer = true;
  const auto rows = bank_cycles(plan, machine, order);
  order.rows_outer = false;
  const auto vectors = bank_cycles(plan, machine, order);
  return rows && vectors ? *rows < *vectors : order.tiles == 1;
}

std::optional<std::int64_t> estimate_product(const PimProductPlan& plan, const Machine& machine,
                                             const PimProductOrder& order) {
  const auto banks = bank_cycles(plan, machine, order);
  if (!banks) {
    return std::nullopt;
  }
  const Machine::Tier& tier = machine.tiers[plan.tier];
  const std::int64_t vector = plan.layout.k * plan.element_bytes();
  const std::int64_t outputs = plan.layout.n * plan.element_bytes();
  const std::int64_t copies = plan.commands.loads_rows() ? plan.layout.channels : 0;
  const std::int64_t memory = tier.cycles(plan.m * (vector * (1 + copies) + outputs));
  // In: load, store to rows. Out: results, store.
  const std::int64_t steps = copies > 0 ? 4 : 3;
  const std::int64_t edges = steps * tier.latency_cycles + tier.cycles(vector * (1 + copies)) +
                             tier.cycles(outputs * std::min(plan.m, order.vectors));
  return std::max(*banks, memory) + edges;
}

std::optional<std::int64_t> estimate_attention(const PimAttentionPlan& plan,
                                               const Machine& machine) {
  const PimCosts* costs = machine.tiers[plan.tier].pim_costs.get();
  if (costs == nullptr) {
    return std::nullopt;
  }
  const PimKvShape& shape = plan.layout.shape();
  requests::PimAttentionShape cost_shape;
  cost_shape.banks = shape.banks;
  cost_shape.row_elements = shape.row_elements;
  cost_shape.heads = plan.heads;
  cost_shape.head_size = shape.head_size;
  requests::PimAttentionCosts parts;
  parts.tile = base::ceil(costs->tile.all);
  parts.vector_write = std::max<std::int64_t>(base::ceil(costs->round.all - costs->tile.all), 0);
  std::int64_t most = 0;
  for (const auto& channel : plan.channels) {
    std::int64_t cycles = 0;
    for (const std::size_t request : channel) {
      cycles +=
          requests::attention_cycles(cost_shape, parts, plan.layout.requests()[request].tokens);
    }
    most = std::max(most, cycles);
  }
  return most + 4 * machine.tiers[plan.tier].latency_cycles;
}

}  // namespace orrery::lowering
