// SPDX-License-Identifier: Apache-2.0
#include "lowering/banks/pim_target.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace orrery::lowering {
namespace {

using numeric::ElementType;

// Of sums of products: as wide as the results that banks give out.
std::optional<ElementType> type_of_results(const PimCommandSet& commands, ElementType type) {
  if (commands.result_bits() == 32) {
    return numeric::info(type).accumulator;
  }
  if (commands.result_bits() == 16 && !numeric::info(type).is_integer) {
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
  const std::vector<ElementType>& types = found->pim_types;
  if (std::find(types.begin(), types.end(), type) == types.end()) {
    return PimObstacle{
        fmt::format("banks of memory '{}' do not multiply {}", name, numeric::name(type)),
        numeric::one_of(types)};
  }
  std::string lacking;
  const auto commands = PimCommandSet::of(*found->pim, lacking);
  if (!commands) {
    return PimObstacle{fmt::format("memory '{}' cannot multiply for it", name), lacking};
  }
  const auto result_type = type_of_results(*commands, type);
  if (!result_type) {
    return PimObstacle{
        fmt::format("memory '{}' gives {} bits for each bank's result", name,
                    commands->result_bits()),
        numeric::info(type).is_integer ? "32 bits for sums of integers" : "16 or 32 bits"};
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
