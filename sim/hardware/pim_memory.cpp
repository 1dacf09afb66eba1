// SPDX-License-Identifier: Apache-2.0
#include "hardware/pim_memory.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <random>
#include <utility>

#include "hardware/platform_config.h"
#include "memory/dram/channel_map.h"
#include "memory/tier_layout.h"

namespace orrery::hardware {
namespace {

using command::PimMemory;

// A byte of a bank, by what it is counted in.
struct Place {
  std::int64_t channel = 0;
  std::int64_t bank = 0;
  std::int64_t row = 0;
  std::int64_t byte = 0;
};

class Addresses {
 public:
  explicit Addresses(const TierConfig& tier)
      : access_bytes_(tier.dram.access_bytes),
        config_(layout(tier)),
        map_(memory::address_map(tier.dram, config_)) {
    for (const memory::dram::Spec& spec : memory::channel_specs(tier.dram, config_)) {
      channels_.emplace_back(spec);
    }
  }

  [[nodiscard]] std::int64_t of(const Place& place) const {
    const memory::dram::ChannelMap& channel =
        channels_[channels_.size() == 1 ? 0 : static_cast<std::size_t>(place.channel)];
    const std::uint64_t burst = channel.burst(
        {static_cast<std::uint32_t>(place.bank), static_cast<std::uint32_t>(place.row),
         static_cast<std::uint32_t>(place.byte / access_bytes_)});
    const std::uint64_t local = burst * static_cast<std::uint64_t>(access_bytes_) +
                                static_cast<std::uint64_t>(place.byte % access_bytes_);
    return static_cast<std::int64_t>(map_.address_of({static_cast<int>(place.channel), local}));
  }

 private:
  static memory::TierConfig layout(const TierConfig& tier) {
    memory::TierConfig config;
    config.channels = static_cast<int>(tier.channels);
    config.stacks = static_cast<int>(tier.stacks);
    config.interleave = tier.interleave.value;
    config.fields = tier.fields;
    return config;
  }

  std::int64_t access_bytes_;
  memory::TierConfig config_;
  memory::AddressMap map_;
  std::vector<memory::dram::ChannelMap> channels_;
};

// The digits of an index below `extent`: of a power of two one for each stretch of bits whose
// strides follow each other, of another number a single one.
PimMemory::Digits digits(const Addresses& addresses, std::int64_t extent,
                         std::int64_t Place::* index) {
  const auto stride = [&](std::int64_t value) {
    Place place;
    place.*index = value;
    return addresses.of(place);
  };
  PimMemory::Digits result;  // innermost first
  if (extent > 1 && !std::has_single_bit(static_cast<std::uint64_t>(extent))) {
    result.push_back({extent, stride(1)});
    return result;
  }
  for (std::int64_t value = 1; value < extent; value *= 2) {
    if (result.empty() || result.back().extent * result.back().stride != stride(value)) {
      result.push_back({1, stride(value)});
    }
    result.back().extent *= 2;
  }
  return {result.rbegin(), result.rend()};
}

// Whether the digits give the address of every byte that is tried: the last one and many others.
bool is_right(const Addresses& addresses, const PimMemory& memory) {
  const auto holds = [&](const Place& place) {
    return addresses.of(place) == memory.address(place.channel, place.bank, place.row, place.byte);
  };
  constexpr int kTrials = 1000;
  std::mt19937_64 random(1);
  const auto below = [&](std::int64_t extent) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(extent));
  };
  for (int trial = 0; trial < kTrials; ++trial) {
    Place place;
    place.channel = below(memory.channels());
    place.bank = below(memory.banks());
    place.row = below(memory.rows());
    place.byte = below(memory.row_bytes());
    if (!holds(place)) {
      return false;
    }
  }
  return holds(
      {memory.channels() - 1, memory.banks() - 1, memory.rows() - 1, memory.row_bytes() - 1});
}

command::PimCommand pim_command(const memory::dram::Spec& spec, int index) {
  const memory::dram::Command& from = spec.commands[static_cast<std::size_t>(index)];
  command::PimCommand to;
  to.name = from.name;
  to.operation = from.operation;
  to.announces = from.kind == memory::dram::CommandKind::kPimHeader;
  const bool loads = from.operation == numeric::PimOperation::kLoad;
  to.bytes = loads ? from.bytes_in : from.bytes_out;
  to.most_count = from.most_count;
  const std::uint64_t banks = spec.banks_of(index, 0);
  to.banks = std::popcount(banks);
  // Of even or odd banks every second; else they follow each other.
  to.bank_step = to.banks > 1 ? std::countr_zero(banks & (banks - 1)) : 1;
  return to;
}

}  // namespace

std::vector<int> pim_command_indices(const memory::dram::Spec& spec) {
  std::vector<int> result;
  for (std::size_t i = 0; i < spec.commands.size(); ++i) {
    if (memory::dram::is_pim(spec.commands[i].kind)) {
      result.push_back(static_cast<int>(i));
    }
  }
  return result;
}

std::optional<PimMemory> pim_memory_of(const TierConfig& tier) {
  if (tier.model != MemoryModel::kDram || !tier.dram.has_pim()) {
    return std::nullopt;
  }
  const memory::dram::Spec& spec = tier.dram;
  const Addresses addresses(tier);
  PimMemory memory;
  memory.channel = digits(addresses, tier.total_channels(), &Place::channel);
  memory.bank = digits(addresses, spec.banks(), &Place::bank);
  memory.row = digits(addresses, spec.rows, &Place::row);
  memory.byte = digits(addresses, spec.columns * spec.access_bytes, &Place::byte);
  if (!is_right(addresses, memory)) {
    return std::nullopt;
  }
  memory.column_bytes = spec.pim_column_bytes;
  for (const int index : pim_command_indices(spec)) {
    memory.commands.push_back(pim_command(spec, index));
  }
  return memory;
}

std::vector<PimMemory> pim_memories_of(const PlatformConfig& platform) {
  std::vector<PimMemory> result;
  for (std::size_t i = 0; i < platform.memory.size(); ++i) {
    if (std::optional<PimMemory> memory = pim_memory_of(platform.memory[i].second)) {
      memory->tier = static_cast<std::uint16_t>(i);
      result.push_back(std::move(*memory));
    }
  }
  return result;
}

memory::dram::PimProgram dram_program(const command::PimProgram& from,
                                      const std::vector<int>& commands) {
  memory::dram::PimProgram to;
  to.repetitions = static_cast<std::uint32_t>(from.repetitions);
  for (const command::PimStep& step : from.steps) {
    memory::dram::PimStep& next = to.steps.emplace_back();
    next.command = commands[step.command];
    next.bank = static_cast<std::uint32_t>(step.bank);
    next.row = static_cast<std::uint32_t>(step.row);
    next.column = static_cast<std::uint32_t>(step.column);
    next.count = static_cast<std::uint32_t>(step.count);
    next.results = static_cast<std::uint32_t>(step.results);
    next.row_step = static_cast<std::uint32_t>(step.row_step);
    next.column_step = static_cast<std::uint32_t>(step.column_step);
    next.once = step.once;
  }
  return to;
}

base::Rational peak_pim_macs(const memory::dram::Spec& spec) {
  std::int64_t element_bits = spec.pim_column_bytes * 8;
  for (const numeric::ElementType type : spec.multiplies) {
    element_bits = std::min<std::int64_t>(element_bits, numeric::bits(type));
  }
  base::Rational best = 0;
  for (const int index : pim_command_indices(spec)) {
    const memory::dram::Command& command = spec.commands[static_cast<std::size_t>(index)];
    if (!numeric::multiplies(command.operation)) {
      continue;
    }
    const std::int64_t count = command.most_count;
    base::Cycle apart = 1;
    for (const memory::dram::Constraint& row : spec.constraints) {
      const auto names = [index](const std::vector<int>& commands) {
        return std::find(commands.begin(), commands.end(), index) != commands.end();
      };
      if (!row.sibling && row.window == 1 && names(row.earlier) && names(row.later)) {
        apart = std::max(apart, row.delay_after(static_cast<std::uint32_t>(count)));
      }
    }
    const std::int64_t macs =
        std::popcount(spec.banks_of(index, 0)) * count * (spec.pim_column_bytes * 8 / element_bits);
    best = std::max(best, base::Rational(macs, apart));
  }
  return best;
}

}  // namespace orrery::hardware
