// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "analytical/array_form.h"
#include "base/rational.h"
#include "lowering/mapping/execution.h"
#include "workload/product.h"

namespace orrery::analytical {

// What one of the products takes; docs/analytical.md has the formulas.
struct Estimate {
  std::int64_t steps = 0;
  base::Cycle compute_cycles = 0;  // of all arrays, which work side by side
  base::Cycle memory_cycles = 0;
  base::Cycle cycles = 0;
  std::int64_t input_fetches = 1;  // times that each byte is read from memory
  std::int64_t weight_fetches = 1;
  std::int64_t bytes_read = 0;
  std::int64_t bytes_written = 0;
};

// `bytes_per_cycle`: of the memory, in cycles of the array; 0: no limit.
[[nodiscard]] Estimate estimate(const workload::Product& product, const ArrayForm& array,
                                const base::Rational& bytes_per_cycle,
                                const lowering::ExecutionConfig& execution);

}  // namespace orrery::analytical
