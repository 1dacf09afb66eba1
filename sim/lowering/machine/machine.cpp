// SPDX-License-Identifier: Apache-2.0
#include "lowering/machine/machine.h"

#include <algorithm>
#include <numeric>

#include "base/integer.h"

namespace orrery::lowering {
namespace {

// For estimates: the burst of most standards, and the bytes that could move in the time that
// opening a row for a lone piece costs. A controller's window holds few pieces, so little of it is
// hidden: HBM2 behind a window of 32 requests gave 40 % of its peak for pieces of 512 bytes.
constexpr std::int64_t kBurstBytes = 64;
constexpr std::int64_t kActivationBytes = 512;
// The same where partitions ask a cache for neighbouring pieces: HBM3 behind it gave 73, 77 and 84
// % of its peak for pieces of 64, 128 and 256 bytes.
constexpr std::int64_t kSharedPieceBytes = 16;

using base::divide_up;

std::int64_t cycles_at(std::int64_t bytes, const base::Rational& bytes_per_cycle) {
  if (bytes_per_cycle.numerator() == 0) {
    return 0;
  }
  const __int128 scaled = static_cast<__int128>(bytes) * bytes_per_cycle.denominator();
  return static_cast<std::int64_t>((scaled + bytes_per_cycle.numerator() - 1) /
                                   bytes_per_cycle.numerator());
}

}  // namespace

Machine::Array::Edges Machine::Array::least_tile(bool is_shared) const {
  if (!steps || !is_shared) {
    return edges();
  }
  return {steps->shape.step.m, steps->shape.step.n, edges().k};
}

Machine::Array::Edges Machine::Array::edges() const {
  if (!steps) {
    return {std::max(rows, columns), columns, rows};
  }
  // What serves a held block is worth having; so are steps enough to hide the way of the sums.
  constexpr std::int64_t kLeastProducts = 64;
  const timing::StepArrayShape& shape = steps->shape;
  const bool a_held = shape.held == timing::HeldOperand::kA;
  return {shape.step.m * (a_held ? 1 : shape.sum_blocks),
          shape.step.n * (a_held ? shape.sum_blocks : 1),
          shape.step.k * divide_up(kLeastProducts, shape.step.k)};
}

std::int64_t Machine::Array::peak_macs() const {
  return steps ? steps->peak_macs() : rows * columns;
}

bool Machine::Array::takes(numeric::ElementType a, numeric::ElementType b) const {
  return !steps || steps->takes(a, b);
}

std::optional<numeric::ElementType> Machine::Array::table() const {
  if (!steps || !numeric::is_table(steps->a_types.front())) {
    return std::nullopt;
  }
  return steps->a_types.front();
}

bool Machine::Array::is_like(const Array& other) const {
  return rows == other.rows && columns == other.columns &&
         (steps ? other.steps && *steps == *other.steps : !other.steps);
}

std::int64_t Machine::Tier::cycles(std::int64_t bytes) const {
  return cycles_at(bytes, bytes_per_cycle);
}

std::int64_t Machine::Tier::cycles(std::int64_t bytes, std::int64_t fetched) const {
  return cache_bytes == 0 ? cycles(bytes)
                          : std::max(cycles(fetched), cycles_at(bytes, cache_bytes_per_cycle));
}

std::int64_t Machine::Tier::bytes_in_pieces(std::int64_t rows, std::int64_t whole,
                                            std::int64_t part) const {
  if (part >= whole) {
    return rows * whole;
  }
  // A cache takes whole lines for all partitions, which are at neighbouring pieces at a time.
  if (cache_bytes > 0) {
    return rows * (whole + divide_up(whole, part) * kSharedPieceBytes);
  }
  // Rows that are short against the open pages share activations.
  const std::int64_t activation = kActivationBytes * std::min(whole, page_bytes) / page_bytes;
  const std::int64_t piece = divide_up(part, kBurstBytes) * kBurstBytes + activation;
  // Starts differ by multiples of the stride; one that is no multiple of a turn wanders over all,
  // and so does any where channels are hashed.
  const std::int64_t starts = whole % interleave == 0 && !hashes_channels
                                  ? channels / std::gcd(channels, whole / interleave)
                                  : channels;
  const std::int64_t busy = std::min(channels, starts * divide_up(part, interleave));
  return rows * divide_up(whole, part) * piece * channels / busy;
}

std::unique_ptr<const Machine> part_of(const Machine& machine,
                                       const std::vector<std::string>& engines) {
  auto part = std::make_unique<Machine>(machine);
  part->arrays.clear();
  part->vector_units.clear();
  for (const std::string& name : engines) {
    const std::size_t parts = part->arrays.size() + part->vector_units.size();
    for (const auto* arrays : {&machine.arrays, &machine.other_arrays}) {
      for (const Machine::Array& array : *arrays) {
        if (machine.name_of(array.engine) == name) {
          part->arrays.push_back(array);
        }
      }
    }
    for (const Machine::VectorUnit& unit : machine.vector_units) {
      if (machine.name_of(unit.engine) == name) {
        part->vector_units.push_back(unit);
      }
    }
    if (part->arrays.size() + part->vector_units.size() == parts) {
      return nullptr;
    }
  }
  if (part->arrays.empty()) {
    part->arrays = machine.arrays;
  }
  if (part->vector_units.empty()) {
    part->vector_units = machine.vector_units;
  }
  const auto alike = [&](const Machine::Array& array) {
    return array.is_like(part->arrays.front());
  };
  return std::all_of(part->arrays.begin(), part->arrays.end(), alike) ? std::move(part) : nullptr;
}

command::Extents extents_of(const Machine& machine) {
  command::Extents extents;
  extents.scratchpad = machine.scratchpad_bytes * machine.partitions;
  extents.scratchpad_partitions = machine.partitions;
  for (const Machine::Tier& tier : machine.tiers) {
    extents.tiers[tier.name] = tier.capacity;
    extents.tier_order.push_back(tier.name);
    if (tier.pim) {
      extents.pim_memories.push_back(*tier.pim);
      extents.pim_types.push_back(tier.pim_types);
    }
  }
  for (const std::string& engine : machine.engines) {
    extents.engines.push_back({engine, ""});
  }
  for (std::int64_t partition = 0; partition < machine.partitions; ++partition) {
    const auto add = [&](command::EngineIndex engine, const char* executes) {
      const command::EngineIndex index = machine.engine_of(engine, partition);
      extents.engines[index].executes = executes;
      extents.engines[index].partition = partition;
      return index;
    };
    for (const auto* arrays : {&machine.arrays, &machine.other_arrays}) {
      for (const Machine::Array& array : *arrays) {
        const command::EngineIndex index = add(array.engine, "compute");
        extents.accumulators[machine.engines[index]] = array.accumulator_bytes;
      }
    }
    for (const Machine::VectorUnit& unit : machine.vector_units) {
      add(unit.engine, "vector");
    }
    for (const auto* engines :
         {&machine.load_engines, &machine.weight_engines, &machine.store_engines}) {
      for (const command::EngineIndex engine : *engines) {
        add(engine, "move");
      }
    }
  }
  for (const command::EngineIndex engine : machine.pim_engines) {
    extents.engines[engine].executes = "pim";
  }
  return extents;
}

}  // namespace orrery::lowering
