// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/functional/case_maker.h"
#include "tests/functional/trial.h"

namespace orrery::testing {
namespace {

// Memories round to the types here, so that weights and activations are their codes.
void expect_exact_product(ElementType weights, ElementType activations, std::uint64_t seed) {
  CaseMaker make(seed);
  ElementTypes types;
  types.weights = weights;
  types.activations = activations;
  GraphBuilder builder("product", types);
  MatrixMultiplication p;
  p.transposed_a = make.chance(30);
  p.transposed_b = make.chance(50);
  const std::int64_t m = make.size();
  const std::int64_t k = make.size();
  const auto x = builder.input("x", p.transposed_a ? Shape{k, m} : Shape{m, k}, {});
  PartOptions options;
  options.output_type = numeric::accumulator(weights, activations);
  builder.linear("y", x, make.size(), false, options, p);
  SmallMachine machine = make.machine();
  machine.scratchpad = 16384;
  machine.accumulators = 4096;
  const Trial trial(builder.finish(), machine, make.mapping(), seed, functional::Rounding::kToType);
  EXPECT_EQ(trial.check(), "") << numeric::name(weights) << " x " << numeric::name(activations)
                               << ", seed " << seed;
}

TEST(Types, OfWeightsGiveExactProducts) {
  std::uint64_t seed = 0;
  for (const numeric::ElementTypeInfo& weights : numeric::element_types()) {
    if (weights.block != nullptr) {
      continue;
    }
    for (const ElementType activations : {ElementType::kFp16, ElementType::kInt8}) {
      for (int i = 0; i < 4; ++i) {
        expect_exact_product(weights.type, activations, ++seed);
      }
    }
  }
}

TEST(Types, OfActivationsGiveExactProducts) {
  std::uint64_t seed = 10'000;
  for (const numeric::ElementTypeInfo& activations : numeric::element_types()) {
    if (activations.block != nullptr) {
      continue;
    }
    for (const ElementType weights : {ElementType::kInt2, ElementType::kBf16}) {
      for (int i = 0; i < 3; ++i) {
        expect_exact_product(weights, activations.type, ++seed);
      }
    }
  }
}

}  // namespace
}  // namespace orrery::testing
