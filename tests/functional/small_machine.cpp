// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "tests/functional/trial.h"

namespace orrery::testing {

lowering::Machine SmallMachine::machine() const {
  lowering::Machine result;
  result.name = "small";
  int count = 0;  // of the kind, in a partition
  // Those of all partitions stand together, the first ones are partition 0's.
  const auto add = [&](const std::string& kind, int index) {
    for (int i = 0; i < partitions && index == 0; ++i) {
      for (int j = 0; j < count; ++j) {
        result.engines.push_back(kind + std::to_string(i * count + j));
        result.partition_step.push_back(static_cast<command::EngineIndex>(count));
      }
    }
    return static_cast<command::EngineIndex>(static_cast<int>(result.engines.size()) -
                                             partitions * count + index);
  };
  result.partitions = partitions;
  result.partition_bytes = scratchpad;
  count = arrays;
  for (int i = 0; i < arrays; ++i) {
    result.arrays.push_back(
        {add("array", i),
         rows,
         columns,
         accumulators,
         2 * rows,
         2 * columns,
         {timing::Dataflow::kWeightStationary, timing::Dataflow::kOutputStationary,
          timing::Dataflow::kInputStationary, timing::Dataflow::kRowStationary}});
    if (steps) {
      lowering::Machine::Array& array = result.arrays.back();
      array.steps = std::make_shared<const timing::StepArrayModel>(*steps);
      array.rows = steps->shape.step.m;
      array.columns = steps->shape.step.n;
      array.dataflows = {timing::Dataflow::kOutputStationary};
    }
  }
  count = vector_units;
  for (int i = 0; i < vector_units; ++i) {
    result.vector_units.push_back({add("vector", i), {8, 2, 4, 4, 4, 64, 32}});
  }
  count = loads;
  for (int i = 0; i < loads; ++i) {
    result.load_engines.push_back(add("load", i));
  }
  count = stores;
  for (int i = 0; i < stores && !shared_dma; ++i) {
    result.store_engines.push_back(add("store", i));
  }
  if (shared_dma) {
    result.store_engines = result.load_engines;
  }
  result.scratchpad_bytes = scratchpad;
  for (std::size_t i = 0; i < tiers.size(); ++i) {
    result.tiers.push_back({fmt::format("tier{}", i), tiers[i], 8});
  }
  for (lowering::Machine::Tier& tier : result.tiers) {
    tier.access_bytes = access_bytes;
  }
  result.tiers.back().is_link = link;
  count = pim_engines;
  for (int i = 0; i < pim_engines; ++i) {
    result.pim_engines.push_back(add("pim", i));
  }
  if (pim) {
    result.tiers.at(pim->tier).pim = std::make_shared<const command::PimMemory>(*pim);
    result.tiers.at(pim->tier).pim_types = {
        numeric::ElementType::kFp16, numeric::ElementType::kBf16, numeric::ElementType::kFp32,
        numeric::ElementType::kInt8};
    if (pim_costs) {
      result.tiers.at(pim->tier).pim_costs = std::make_shared<const lowering::PimCosts>(*pim_costs);
    }
  }
  return result;
}

}  // namespace orrery::testing
