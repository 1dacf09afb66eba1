// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "command/command.h"
#include "lowering/layer/emitter.h"
#include "lowering/layer/image_patch.h"
#include "lowering/tiling/matrix_problem.h"
#include "lowering/tiling/matrix_tiling.h"

namespace orrery::lowering {

// A tile of all three matrices.
struct MatrixBlock {
  GroupBlock groups;
  OutputBlock outputs;
  AxisRange features;
  ReductionBlock reduction;
};

// How the operands and results of a matrix problem lie in their tensors and in the buffers of a
// tile: what is loaded and stored, and the views that the array and the vector units get.
//
// Buffers, outermost dimension first: a as ImagePatch has it (transposed: group, k, m); b: group
// where stacked, k, then features (interleaved: all groups of a row together; transposed: group,
// features, k); results: position, group, feature.
class MatrixMoves {
 public:
  // Both must outlive this.
  MatrixMoves(const MatrixProblem& problem, const ImagePatch::Source& image)
      : problem_(problem), image_(image) {}

  void load_a(Emitter& emitter, const MatrixBlock& block, std::int64_t buffer) const;
  [[nodiscard]] TensorMove b_move(const MatrixBlock& block, workload::TensorId tensor,
                                  std::int64_t buffer) const;
  [[nodiscard]] TensorMove bias_move(const MatrixBlock& block, workload::TensorId tensor,
                                     std::int64_t buffer) const;
  // A part of the result (or of a tensor of its shape) and its buffer.
  [[nodiscard]] TensorMove result_move(const MatrixTiles::Part& part, std::int64_t batch,
                                       ElementType type, workload::TensorId tensor,
                                       std::int64_t buffer) const;

  // What `groups`, some of the part's, need of the block's buffers: (positions) x (groups, k) and
  // (groups, k) x (features).
  [[nodiscard]] command::View a_view(const MatrixBlock& block, const MatrixTiles::Part& part,
                                     const AxisRange& groups, std::int64_t buffer) const;
  [[nodiscard]] command::View b_view(const MatrixBlock& block, const MatrixTiles::Part& part,
                                     const AxisRange& groups, std::int64_t buffer) const;
  // (rows) x (groups, features) of a part; the bias is the same for each row.
  [[nodiscard]] command::View bias_view(const MatrixBlock& block, const MatrixTiles::Part& part,
                                        std::int64_t buffer, std::int64_t rows) const;
  [[nodiscard]] command::View result_view(const MatrixTiles::Part& part, ElementType type,
                                          std::int64_t buffer, std::int64_t row,
                                          std::int64_t rows) const;

  // Products of the part that the operator's definition needs.
  [[nodiscard]] std::int64_t useful_macs(const MatrixBlock& block, const MatrixTiles::Part& part,
                                         const AxisRange& groups) const;

 private:
  [[nodiscard]] ImagePatch patch(const MatrixBlock& block) const;
  // Index of the first matrix of the block's groups in a stacked operand.
  [[nodiscard]] std::int64_t a_matrix(const GroupBlock& groups) const;
  [[nodiscard]] std::int64_t b_matrix(const GroupBlock& groups) const;
  [[nodiscard]] std::int64_t first_matrix(const GroupBlock& groups, std::int64_t BatchLoop::* step,
                                          bool shared) const;

  const MatrixProblem& problem_;
  const ImagePatch::Source& image_;
};

}  // namespace orrery::lowering
