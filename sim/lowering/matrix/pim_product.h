// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lowering/banks/pim_estimate.h"
#include "lowering/banks/pim_product_plan.h"
#include "lowering/layer/layer.h"
#include "lowering/matrix/matrix_layer.h"

namespace orrery::lowering {

// A matrix product whose weight lies in the banks of a memory that computes; docs/pim_products.md.
class PimProduct : public Layer {
 public:
  PimProduct(const LayerRequest& request, const PimProductOrder& order);

  [[nodiscard]] base::Generator<Step> steps(Emitter& emitter) const override;
  void describe(command::LayerInfo& info) const override;
  [[nodiscard]] config::Node chosen() const override;
  [[nodiscard]] std::string loop_nest() const override;
  [[nodiscard]] std::optional<std::int64_t> estimated_cycles() const override {
    return estimate_product(*plan_, machine_, order_);
  }

  [[nodiscard]] std::int64_t scratchpad_bytes() const;

 private:
  class Walk;  // gives the commands
  friend class Walk;

  struct FusedOperand {
    workload::TensorId tensor;
    numeric::ElementType type;
  };
  // Outputs of one turn at most.
  [[nodiscard]] std::int64_t turn_outputs() const {
    return std::min(order_.tiles * plan_->layout.wave(), plan_->layout.n);
  }
  [[nodiscard]] std::int64_t blocks() const { return base::divide_up(plan_->m, order_.vectors); }
  [[nodiscard]] std::int64_t turns() const {
    return base::divide_up(plan_->layout.tiles(), order_.tiles);
  }
  // Bytes of one vector in the scratchpad, with room for whole columns and load commands.
  [[nodiscard]] std::int64_t vector_bytes() const;
  [[nodiscard]] std::int64_t part_bytes(numeric::ElementType type) const;
  [[nodiscard]] std::int64_t results_bytes() const;
  // Of what a turn needs beside the vectors.
  [[nodiscard]] std::int64_t turn_bytes() const;

  const Machine& machine_;
  std::shared_ptr<const PimProductPlan> plan_;
  PimProductOrder order_;
  MatrixOperands operands_;
  numeric::ElementType bias_type_{};
  numeric::ElementType output_type_{};
  std::vector<FusedOperand> fused_;  // of the stages that have one, in order
  workload::TensorId vectors_;       // the rows in which they wait
  std::int64_t base_ = 0;
  // Where the weight and the vectors begin, counted in rows of a bank.
  std::int64_t weight_row_ = 0;
  std::int64_t vector_row_ = 0;
};

// Null after a diagnostic where one vector and one tile do not fit the scratchpad.
[[nodiscard]] std::unique_ptr<Layer> plan_product_in_memory(const LayerRequest& request);

}  // namespace orrery::lowering
