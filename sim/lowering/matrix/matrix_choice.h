// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/node.h"
#include "lowering/tiling/matrix_tiling.h"

namespace orrery::lowering {

// The keys of a layer rule that fix a tiling: tiles, loop_order, arrays_share, buffers and
// double_buffering. product_names: whether sizes are called m, n, k.
[[nodiscard]] config::Node tiling_keys(const MatrixProblem& problem, const MatrixTiling& tiling,
                                       bool product_names, std::size_t arrays);

}  // namespace orrery::lowering
