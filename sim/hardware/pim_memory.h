// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "command/command.h"
#include "hardware/tier_config.h"
#include "memory/dram/pim_program.h"

namespace orrery::hardware {

struct PlatformConfig;

// What command streams know of a tier with processing in memory; `tier` is left at 0. No value
// where the tier has no PIM commands, or where an address is no sum of parts of the channel, the
// bank, the row and the byte: the address map hashes them.
[[nodiscard]] std::optional<command::PimMemory> pim_memory_of(const TierConfig& tier);

// Of all tiers that have one, in their order.
[[nodiscard]] std::vector<command::PimMemory> pim_memories_of(const PlatformConfig& platform);

// The commands of the spec that PimMemory::commands lists, in that order.
[[nodiscard]] std::vector<int> pim_command_indices(const memory::dram::Spec& spec);

// A program of a stream as its channel takes it, for no initiator and no layer; `commands` is what
// pim_command_indices() gives.
[[nodiscard]] memory::dram::PimProgram dram_program(const command::PimProgram& from,
                                                    const std::vector<int>& commands);

// Multiply-accumulates that the banks of one channel do in a DRAM cycle at most, of the narrowest
// elements that they multiply.
[[nodiscard]] base::Rational peak_pim_macs(const memory::dram::Spec& spec);

}  // namespace orrery::hardware
