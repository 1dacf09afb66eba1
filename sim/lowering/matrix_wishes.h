// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <optional>

#include "lowering/matrix_problem.h"
#include "workload/graph.h"

namespace orrery::lowering {

struct LayerRequest;

// What the mapping fixes of a matrix layer's tiling; the rest is searched.
struct MatrixWishes {
  std::optional<std::int64_t> groups;
  std::optional<std::int64_t> images;
  std::optional<std::int64_t> rows;
  std::optional<std::int64_t> columns;
  std::optional<std::int64_t> features;
  std::optional<std::int64_t> channels;
  std::optional<bool> all_taps;
  std::optional<bool> m_outer;
  std::optional<bool> split_rows;
  std::optional<bool> keep_a;
  std::optional<bool> keep_b;
  std::optional<std::int64_t> a_slots;
  std::optional<std::int64_t> b_slots;
  auto operator<=>(const MatrixWishes&) const = default;

  [[nodiscard]] bool outputs() const { return images || rows || columns; }
};

// Whether the layer is a plain matrix product, be it of a convolution.
[[nodiscard]] bool is_product(const MatrixProblem& problem);

// Whether the sizes of an operator's tiles are called m, n, k; else as those of convolutions.
[[nodiscard]] bool has_product_names(const workload::Operator& op);

// The wishes of the layer's mapping. Adds a diagnostic for each name that is none, each loop order
// that the lowering cannot run, and each size that cuts groups or bytes of two elements; nullopt
// after any.
[[nodiscard]] std::optional<MatrixWishes> matrix_wishes(const LayerRequest& request,
                                                        const MatrixProblem& problem);

}  // namespace orrery::lowering
