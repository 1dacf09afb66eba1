// SPDX-License-Identifier: Apache-2.0
#include "lowering/banks/pim_target.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace orrery::lowering {
namespace {

using numeric::ElementType;

std::optional<ElementType> type_of_results(const PimCommandSet& commands, ElementType type) {
  if (commands.result_bits() == 32) {
    return ElementType::kFp32;
  }
  if (commands.result_bits() == 16) {
    return type == ElementType::kBf16 ? ElementType::kBf16 : ElementType::kFp16;
  }
  return std::nullopt;
}

// Tensors in whole rows of all banks need rows that lie one after the other in the tier.
bool has_whole_rows(const command::PimMemory& memory) {
  const std::int64_t whole = memory.channels() * memory.banks() * memory.row_bytes();
  return memory.row.size() == 1 && memory.row.front().stride == whole;
}

}  // namespace

std::variant<PimTarget, PimObstacle> find_pim_target(const Machine& machine, ElementType type) {
  const auto found = std::find_if(machine.tiers.begin(), machine.tiers.end(),
                                  [](const Machine::Tier& tier) { return tier.pim != nullptr; });
  if (found == machine.tiers.end()) {
    return PimObstacle{"no memory of the platform computes in its banks",
                       "a tier whose DRAM has PIM commands and an address map without hashes"};
  }
  const std::string& name = found->name;
  if (machine.pim_engines.empty()) {
    return PimObstacle{"the platform has no engine for the PIM commands of memory '" + name + "'",
                       "an engine of kind pim"};
  }
  if (type != ElementType::kFp16 && type != ElementType::kBf16 && type != ElementType::kFp32) {
    return PimObstacle{fmt::format("vectors are {}", numeric::name(type)), "fp16, bf16 or fp32"};
  }
  std::string lacking;
  const auto commands = PimCommandSet::of(*found->pim, lacking);
  if (!commands) {
    return PimObstacle{fmt::format("memory '{}' cannot multiply for it", name), lacking};
  }
  const auto result_type = type_of_results(*commands, type);
  if (!result_type) {
    return PimObstacle{fmt::format("memory '{}' gives {} bits for each bank's result", name,
                                   commands->result_bits()),
                       "16 or 32 bits"};
  }
  if (!has_whole_rows(*found->pim)) {
    return PimObstacle{
        fmt::format("the address map of memory '{}' spreads rows of its banks", name),
        "rows in the highest bits of addresses"};
  }
  // The first tier with PIM is the first PIM memory.
  return PimTarget{static_cast<std::uint16_t>(found - machine.tiers.begin()),
                   0,
                   found->pim,
                   *commands,
                   type,
                   *result_type};
}

}  // namespace orrery::lowering
