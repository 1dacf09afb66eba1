// SPDX-License-Identifier: Apache-2.0
#include "tests/functional/pim_product_cases.h"

#include <algorithm>

#include "tests/functional/pim_cases.h"

namespace orrery::testing {
namespace {

using command::PimMemory;

MatrixMultiplication draw_factors(CaseMaker& make) {
  MatrixMultiplication product;
  product.transposed_b = make.chance(40);
  if (make.chance(30)) {
    // Powers of two, so that sums stay exact.
    product.alpha = make.pick<double>({0.5, 2.0, -1.0, 0.25});
    product.beta = make.pick<double>({1.0, 0.5, -2.0});
  }
  return product;
}

Graph draw_product(CaseMaker& make, const PimMemory& memory, ElementType type) {
  ElementTypes types;
  types.weights = types.activations = type;
  GraphBuilder builder("product", types);
  const std::int64_t element = numeric::bits(type) / 8;
  const std::int64_t column = memory.column_bytes / element;
  const std::int64_t row = memory.row_bytes() / element;
  const std::int64_t wave = memory.banks() * memory.channels();
  const auto k = make.pick<std::int64_t>(
      {1, 2, 3, 7, 13, column, column + 1, row - 1, row, row + 1, 2 * row + 3, 31, 61});
  const auto n = make.pick<std::int64_t>({1, 2, 3, 7, 13, memory.banks() - 1, memory.banks(),
                                          memory.banks() + 1, wave - 1, wave, wave + 1,
                                          2 * wave + 3, 3 * wave, 61});
  const auto m = make.pick<std::int64_t>({1, 1, 2, 3, 5, 16, 17, 37});
  const MatrixMultiplication product = draw_factors(make);
  const Shape shape = make.chance(30) ? Shape{make.integer(1, 3), m, k} : Shape{m, k};
  const Shape matrix = product.transposed_b ? Shape{n, k} : Shape{k, n};
  std::vector<TensorId> inputs{builder.input("x", shape, {}), builder.weight("w", matrix, {})};
  if (make.chance(40)) {
    inputs.push_back(builder.weight("bias", {n}, {}));
  }
  TensorId y = builder.apply("y", product, inputs, {});
  y = add_tail(make, builder, y);
  if (make.chance(20) && k == n) {
    // The same weight once more.
    y = builder.apply("again", product, {y, inputs[1]}, {});
  }
  return builder.finish();
}

}  // namespace

RandomCase pim_product_case(std::uint64_t seed) {
  CaseMaker make(seed);
  RandomCase result;
  result.family = pim_families()[seed % pim_families().size()];
  const auto type = make.pick<ElementType>(
      {ElementType::kFp16, ElementType::kFp16, ElementType::kBf16, ElementType::kFp32});
  PimMemory memory = draw_pim_memory(make, result.family, numeric::bits(type) / 8);
  result.graph = draw_product(make, memory, type);
  SmallMachine& machine = result.machine;
  machine.arrays = make.integer(0, 1) == 0 ? 0 : 1;
  machine.vector_units = make.pick<int>({1, 1, 2, 3});
  machine.loads = make.pick<int>({1, 1, 2});
  machine.stores = make.pick<int>({1, 1, 2});
  machine.shared_dma = make.chance(20);
  machine.scratchpad = make.pick<std::int64_t>({2000, 4000, 30000, 200000});
  machine.pim_engines = static_cast<int>(make.integer(1, memory.channels()));
  memory.row.front().extent = make.chance(5) ? 10 : 2048;
  const std::int64_t whole = memory.row.front().stride * memory.row.front().extent;
  if (make.chance(40)) {
    memory.tier = 1;
    machine.tiers = {1 << 20, whole};
  } else {
    machine.tiers = {whole};
  }
  machine.pim = memory;
  if (make.chance(70)) {
    // Vectors that come for nothing, and vectors that cost more than rows: both orders of loops.
    const std::int64_t vector = make.pick<std::int64_t>({0, 100});
    const lowering::PimCosts::Cost open{1 + vector, 10 + vector};
    machine.pim_costs = {{50, 60}, {50 + vector, 60 + vector}, open};
  }
  lowering::MappingConfig& mapping = result.mapping;
  mapping.double_buffering = make.chance(80);
  mapping.fusion = make.chance(80);
  mapping.tile_budget_percent = make.pick<std::int64_t>({50, 25, 100});
  lowering::LayerRule& rule = mapping.layers.emplace_back();
  rule.operators = {"matrix_multiplication"};
  rule.offload = {lowering::OffloadPolicy::kAlways, {}, ""};
  return result;
}

}  // namespace orrery::testing
