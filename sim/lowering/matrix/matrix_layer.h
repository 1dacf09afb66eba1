// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lowering/layer/image_patch.h"
#include "lowering/layer/layer.h"
#include "lowering/matrix/matrix_moves.h"
#include "lowering/tiling/matrix_problem.h"
#include "lowering/tiling/matrix_tiling.h"

namespace orrery::lowering {

// The tensors of a matrix layer, and what its write-out does to the sums.
struct MatrixOperands {
  workload::TensorId a = workload::kNoTensor;
  workload::TensorId b = workload::kNoTensor;
  workload::TensorId bias = workload::kNoTensor;
  workload::TensorId c = workload::kNoTensor;
  double alpha = 1.0;  // of the sums
  double beta = 1.0;   // of the bias, not 0
  std::vector<FusedStage> stages;
};

// Of a request for a convolution or product.
[[nodiscard]] MatrixOperands operands_of(const LayerRequest& request);

// The stages that make alpha * sums + beta * bias of the sums. The operand of the addition is left
// empty.
[[nodiscard]] decltype(command::VectorCommand::stages) scale_stages(const MatrixOperands& operands);

// A convolution or matrix product with what is fused into it: for each tile of the result, sums
// over the tiles of k in the accumulators of the arrays, then writes out through the vector units.
class MatrixLayer : public Layer {
 public:
  MatrixLayer(const LayerRequest& request, MatrixProblem problem, MatrixOperands operands,
              const MatrixWishes& wishes, const MatrixTiling& tiling);

  [[nodiscard]] base::Generator<Step> steps(Emitter& emitter) const override;
  [[nodiscard]] bool is_shared() const override { return true; }
  void describe(command::LayerInfo& info) const override;
  [[nodiscard]] std::string loop_nest() const override;
  [[nodiscard]] config::Node chosen() const override;
  [[nodiscard]] std::optional<std::int64_t> estimated_cycles() const override {
    return tiling_.estimate();
  }

  [[nodiscard]] const MatrixProblem& problem() const { return problem_; }
  [[nodiscard]] const MatrixTiling& tiling() const { return tiling_; }
  [[nodiscard]] bool product_names() const { return product_names_; }
  // What the mapping had fixed before the tiling was chosen.
  [[nodiscard]] const MatrixWishes& wishes() const { return wishes_; }

 private:
  class Walk;  // the state of one pass through the loops
  friend class Walk;

  struct FusedOperand {
    workload::TensorId tensor;
    numeric::ElementType type;
  };

  const Machine& machine_;
  MatrixProblem problem_;
  MatrixOperands operands_;
  bool product_names_;
  MatrixWishes wishes_;
  MatrixTiling tiling_;
  MatrixTiles tiles_;
  ImagePatch::Source image_;
  MatrixMoves moves_;
  std::vector<FusedOperand> fused_;  // of the stages that have one, in order
  // First bytes of the buffers in the scratchpad.
  std::int64_t a_base_ = 0;
  std::int64_t b_base_ = 0;
  std::int64_t table_base_ = 0;
  std::int64_t bias_base_ = 0;
  std::int64_t operand_base_ = 0;
  std::int64_t result_base_ = 0;
};

// Chooses tiles for the problem and makes the layer; adds a diagnostic and returns null where the
// dataflow is not one of the array's or not even the smallest tile fits. `problem` comes without
// dataflow, tensors and the work of its write-out.
[[nodiscard]] std::unique_ptr<Layer> plan_matrix(const LayerRequest& request,
                                                 MatrixProblem problem);

// One after the other, as parts of one layer.
[[nodiscard]] std::unique_ptr<Layer> plan_matrix_sequence(
    const LayerRequest& request, const std::vector<MatrixProblem>& problems);

}  // namespace orrery::lowering
