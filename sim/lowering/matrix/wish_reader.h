// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "lowering/tiling/matrix_problem.h"
#include "lowering/tiling/matrix_wishes.h"
#include "workload/graph.h"

namespace orrery::lowering {

struct LayerRequest;

// Whether the layer is a plain matrix product, be it of a convolution.
[[nodiscard]] bool is_product(const MatrixProblem& problem);

// Whether the sizes of an operator's tiles are called m, n, k; else as those of convolutions.
[[nodiscard]] bool has_product_names(const workload::Operator& op);

// The wishes of the layer's mapping: of each of its kernels, where it names some, else one. Adds a
// diagnostic for each name that is none, each loop order that the lowering cannot run, and each
// size that cuts groups, bytes or blocks; none after any.
[[nodiscard]] std::vector<MatrixWishes> matrix_wishes(const LayerRequest& request,
                                                      const MatrixProblem& problem);

}  // namespace orrery::lowering
