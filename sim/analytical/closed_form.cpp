// SPDX-License-Identifier: Apache-2.0
#include "analytical/closed_form.h"

#include <algorithm>

#include "base/integer.h"

namespace orrery::analytical {
namespace {

using base::Cycle;
using base::divide_up;
using lowering::ExecutionConfig;
using workload::Product;

// Each part of one operand that fits its buffer needs the whole of the other operand; the cheaper
// of the two orders is taken, inputs again where they cost the same.
void refetch(const Product& product, const ExecutionConfig::Refetch& buffers, Estimate& result) {
  const std::int64_t inputs = product.inputs.bytes();
  const std::int64_t weights = product.weights.bytes();
  if (weights <= buffers.weights.value || inputs <= buffers.inputs.value) {
    return;
  }
  const std::int64_t weight_parts = divide_up(weights, buffers.weights.value);
  const std::int64_t input_parts = divide_up(inputs, buffers.inputs.value);
  if (weights + inputs * weight_parts <= inputs + weights * input_parts) {
    result.input_fetches = weight_parts;
  } else {
    result.weight_fetches = input_parts;
  }
}

Cycle cycles_of_bytes(std::int64_t bytes, const base::Rational& bytes_per_cycle,
                      lowering::Rounding rounding) {
  if (bytes_per_cycle == base::Rational(0)) {
    return 0;
  }
  const __int128 scaled = static_cast<__int128>(bytes) * bytes_per_cycle.denominator();
  const __int128 rate = bytes_per_cycle.numerator();
  return static_cast<Cycle>(rounding == lowering::Rounding::kUp ? (scaled + rate - 1) / rate
                                                                : scaled / rate);
}

Cycle compute_cycles(const Product& product, const ArrayForm& array, std::int64_t steps,
                     bool fill_and_drain) {
  if (!product.computes()) {
    return 0;
  }
  const auto arrays = static_cast<std::int64_t>(array.instances.size());
  return fill_and_drain ? divide_up(array.filled_cycles(product), arrays)
                        : divide_up(steps, arrays) * array.step_cycles(product);
}

}  // namespace

Estimate estimate(const Product& product, const ArrayForm& array,
                  const base::Rational& bytes_per_cycle, const ExecutionConfig& execution) {
  Estimate result;
  if (!product.computes() && execution.other_operators == lowering::OtherOperators::kFree) {
    return result;
  }
  result.steps = product.computes() ? array.steps(product) : 0;
  result.compute_cycles = compute_cycles(product, array, result.steps, execution.fill_and_drain);
  if (execution.refetch) {
    refetch(product, *execution.refetch, result);
  }
  result.bytes_read = product.inputs.bytes() * result.input_fetches +
                      product.weights.bytes() * result.weight_fetches;
  result.bytes_written = product.outputs.bytes();
  result.memory_cycles = cycles_of_bytes(result.bytes_read + result.bytes_written, bytes_per_cycle,
                                         execution.memory_cycles);
  result.cycles = execution.overlap == lowering::Overlap::kComputeAndMemory
                      ? std::max(result.compute_cycles, result.memory_cycles)
                      : result.compute_cycles + result.memory_cycles;
  return result;
}

}  // namespace orrery::analytical
