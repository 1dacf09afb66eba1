// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "lowering/machine/machine.h"
#include "lowering/tiling/matrix_tiling.h"

namespace orrery::lowering {

// Every tiling of a problem that a search may try within a budget, with its estimate: for each
// dimension the sizes of choose_tiling(), even divisions by 2 to 6 and those rounded up to the
// array's edge; both loop orders; operands that stream or stay. The order is the same everywhere.
[[nodiscard]] std::vector<MatrixTiling> tiling_space(const MatrixProblem& problem,
                                                     const Machine& machine,
                                                     const MatrixWishes& wishes,
                                                     std::int64_t scratchpad_bytes, int buffers);

}  // namespace orrery::lowering
