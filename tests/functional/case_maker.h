// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "tests/functional/trial.h"
#include "workload/graph_builder.h"

namespace orrery::testing {

using namespace orrery::workload;
using numeric::ElementType;

// Scalar types whose elements do not fill bytes.
inline const std::vector<ElementType>& packed_types() {
  static const std::vector<ElementType> kTypes = [] {
    std::vector<ElementType> types;
    for (const numeric::ElementTypeInfo& info : numeric::element_types()) {
      if (info.block == nullptr && !numeric::fills_bytes(info.type)) {
        types.push_back(info.type);
      }
    }
    return types;
  }();
  return kTypes;
}

inline const std::vector<ElementType>& block_types() {
  static const std::vector<ElementType> kTypes = [] {
    std::vector<ElementType> types;
    for (const numeric::ElementTypeInfo& info : numeric::element_types()) {
      if (info.block != nullptr) {
        types.push_back(info.type);
      }
    }
    return types;
  }();
  return kTypes;
}

// Draws what random cases are made of.
class CaseMaker {
 public:
  explicit CaseMaker(std::uint64_t seed) : random_(seed) {}

  std::int64_t integer(std::int64_t low, std::int64_t high) { return random_.integer(low, high); }
  bool chance(int percent) { return integer(1, 100) <= percent; }
  template <class T>
  T pick(const std::vector<T>& choices) {
    return choices[static_cast<std::size_t>(
        integer(0, static_cast<std::int64_t>(choices.size()) - 1))];
  }
  // One, primes, powers of two, around the arrays' edges.
  std::int64_t size() { return pick<std::int64_t>({1, 2, 3, 4, 5, 7, 8, 11, 13, 16, 17, 23, 31}); }

  // `packed`: activations may have elements that do not fill bytes, whose heads need not begin at
  // whole bytes.
  GraphBuilder builder(bool packed = true) {
    ElementTypes types;
    types.weights =
        chance(30)
            ? pick(packed_types())
            : pick<ElementType>({ElementType::kInt8, ElementType::kFp16, ElementType::kFp32});
    types.activations = packed && chance(25)
                            ? pick(packed_types())
                            : pick<ElementType>({ElementType::kInt8, ElementType::kFp16,
                                                 ElementType::kFp32, ElementType::kBf16});
    types.kv_cache = pick<ElementType>({ElementType::kInt8, ElementType::kFp16});
    return {"random", types};
  }

  SmallMachine machine() {
    SmallMachine machine;
    machine.rows = pick<std::int64_t>({1, 2, 4, 8, 5});
    machine.columns = pick<std::int64_t>({1, 2, 4, 8, 3});
    machine.arrays = pick<int>({1, 1, 2, 3});
    machine.vector_units = pick<int>({1, 1, 2, 4});
    machine.loads = pick<int>({1, 1, 2});
    machine.stores = pick<int>({1, 1, 2});
    machine.shared_dma = chance(20);
    machine.scratchpad = pick<std::int64_t>({448, 1024, 2048, 4096, 6000, 16384, 100000});
    machine.accumulators = pick<std::int64_t>({16, 256, 640, 4096, 65536});
    if (chance(30)) {
      machine.tiers = {integer(2, 64) * 256, 1 << 20, 1 << 20};
    }
    return machine;
  }

  lowering::MappingConfig mapping() {
    lowering::MappingConfig mapping;
    if (chance(75)) {
      mapping.dataflow = pick<timing::Dataflow>(
          {timing::Dataflow::kOutputStationary, timing::Dataflow::kWeightStationary,
           timing::Dataflow::kInputStationary, timing::Dataflow::kRowStationary});
    }
    mapping.fusion = chance(80);
    mapping.packing = chance(75);
    mapping.double_buffering = chance(80);
    mapping.tile_budget_percent = pick<std::int64_t>({50, 50, 25, 100});
    return mapping;
  }

  // Rules that fix small tiles, loops and buffers of the matrix layers.
  std::vector<lowering::LayerRule> rules(const Graph& graph);

 private:
  base::Random random_;
};

// Up to two element-wise operators behind a matrix operator: they may be fused.
inline TensorId add_tail(CaseMaker& make, GraphBuilder& builder, TensorId y) {
  const std::int64_t count = make.integer(0, 2);
  for (std::int64_t i = 0; i < count; ++i) {
    const auto kind = make.pick<ElementwiseKind>({ElementwiseKind::kAdd, ElementwiseKind::kMultiply,
                                                  ElementwiseKind::kRelu, ElementwiseKind::kGelu,
                                                  ElementwiseKind::kSilu});
    const std::string name = "tail" + std::to_string(i);
    std::vector<TensorId> inputs{y};
    if (kind == ElementwiseKind::kAdd || kind == ElementwiseKind::kMultiply) {
      inputs.push_back(builder.input(name + ".other", builder.tensor(y).shape, {}));
      if (make.chance(50)) {
        std::swap(inputs[0], inputs[1]);
      }
    }
    y = builder.apply(name, Elementwise{kind}, inputs, {});
  }
  return y;
}

// A kind of random case.
struct Family {
  std::string name;
  std::function<Graph(CaseMaker&)> graph;
};

}  // namespace orrery::testing
