// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/units.h"
#include "hardware/platform_config.h"
#include "lowering/mapping/mapping_config.h"
#include "workload/product.h"

namespace orrery::analytical {

// An array as a closed form sees it: it does m x n x k products a step, and a product takes
// ceil(m / step m) ceil(n / step n) ceil(k / step k) steps.
struct ArrayForm {
  struct Step {
    std::int64_t m = 1;
    std::int64_t n = 1;
    std::int64_t k = 1;
  };

  hardware::EngineConfigPointer config;
  std::vector<std::string> instances;  // alike; a product is spread over all of them
  std::string kind;
  std::string dataflow;
  base::Frequency frequency;
  Step step;
  std::int64_t processing_elements = 1;
  std::int64_t peak_macs = 1;  // a cycle
  // Operands that stay in the array are read once, others once for each fold of the other side.
  bool inputs_stay = false;
  bool weights_stay = false;
  // Of a step of this product.
  std::function<base::Cycle(const workload::Product&)> step_cycles;
  // Of the whole product with its fill and drain.
  std::function<base::Cycle(const workload::Product&)> filled_cycles;

  // What an energy coefficient is multiplied by, of one of the products.
  struct Operations {
    std::string action;
    std::int64_t count = 0;
  };
  std::function<Operations(const workload::Product&)> operations;

  [[nodiscard]] std::int64_t steps(const workload::Product& product) const;
  // Elements that a product reads at the array's edges.
  [[nodiscard]] std::int64_t input_reads(const workload::Product& product) const;
  [[nodiscard]] std::int64_t weight_reads(const workload::Product& product) const;
};

// The first array of the platform under the mapping's dataflow. Throws base::UserError where there
// is none, or none with a closed form.
[[nodiscard]] ArrayForm array_form(const hardware::PlatformConfig& platform,
                                   const lowering::MappingConfig& mapping);

}  // namespace orrery::analytical
