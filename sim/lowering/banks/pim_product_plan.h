// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <variant>

#include "lowering/banks/pim_product_layout.h"
#include "lowering/banks/pim_target.h"
#include "workload/graph.h"

namespace orrery::lowering {

// What is decided of a matrix product in the banks of a memory before tensors have their places:
// y[m, n] = x[m, k] * w[k, n], one vector of x after the other.
struct PimProductPlan : PimTarget {
  PimProductLayout layout;
  std::int64_t m = 1;

  // Vectors that may be in the scratchpad together, and wait in rows of the memory: two blocks.
  static constexpr std::int64_t kMostVectors = 16;
  [[nodiscard]] std::int64_t most_vectors() const { return std::min(m, kMostVectors); }
  // Rows of one bank's extent, each with a chunk of a vector, in every channel. Number i lies in
  // row i / banks of bank i mod banks.
  [[nodiscard]] std::int64_t vector_chunks() const { return 2 * most_vectors() * layout.chunks(); }
  // Of each bank; 0 where vectors come from the scratchpad.
  [[nodiscard]] std::int64_t vector_rows() const {
    return commands.loads_rows() ? base::divide_up(vector_chunks(), layout.banks) : 0;
  }
  // Bytes from the first of the weight to that of an element.
  [[nodiscard]] std::int64_t offset(const PimProductLayout::Place& place) const {
    return banks->address(place.channel, place.bank, place.row, place.element * element_bytes());
  }
};

// Plans a matrix product. An obstacle: what find_pim_target says, a second operand that is no
// weight matrix or is read by others than products of the same form, a first one that is transposed
// or of another type.
[[nodiscard]] std::variant<PimProductPlan, PimObstacle> plan_pim_product(
    const workload::Graph& graph, const workload::Operator& op, const Machine& machine);

}  // namespace orrery::lowering
