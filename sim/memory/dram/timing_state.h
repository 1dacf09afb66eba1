// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <vector>

#include "memory/dram/timing_table.h"

namespace orrery::memory::dram {

// When each command may be issued next, as far as the constraint table goes. It knows neither
// command buses nor which rows are open. A command of a rank or pseudo-channel is addressed by any
// bank of it.
class TimingState {
 public:
  explicit TimingState(const TimingTable& table)
      : table_(table),
        ready_(table.slots(), kNever),
        rings_(table.ring_cycles(), kNever),
        positions_(table.rings(), 0) {}

  // The first cycle in which the command may be issued; may lie in the past.
  [[nodiscard]] Cycle earliest(int command, unsigned bank) const {
    Cycle ready = kNever;
    for (const TimingTable::Site& site : table_.row(command).sites) {
      ready = std::max(ready, ready_[site.base + (bank >> site.shift)]);
    }
    return ready;
  }

  // What the rank of the bank and the channel impose: a lower bound for all banks of the rank.
  [[nodiscard]] Cycle earliest_of_rank(int command, unsigned bank) const {
    const TimingTable::CommandRow& row = table_.row(command);
    Cycle ready = kNever;
    for (std::size_t i = 0; i < row.rank_sites; ++i) {
      ready = std::max(ready, ready_[row.sites[i].base + (bank >> row.sites[i].shift)]);
    }
    return ready;
  }

  // Calls visit(bank, earliest(command, bank)) for every bank of the mask, upwards.
  template <class Visit>
  void for_each_earliest(int command, std::uint64_t banks, Visit visit) const {
    switch (table_.row(command).sites.size()) {
      case 2:
        return visit_banks<2>(command, banks, visit);
      case 3:
        return visit_banks<3>(command, banks, visit);
      default:
        for (; banks != 0; banks &= banks - 1) {
          const auto bank = static_cast<unsigned>(std::countr_zero(banks));
          visit(bank, earliest(command, bank));
        }
    }
  }

  void issue(int command, unsigned bank, Cycle cycle) {
    const TimingTable::CommandRow& row = table_.row(command);
    Cycle* const slots = ready_.data();
    const TimingTable::Effect* const end = row.effects.data() + row.effects.size();
    for (const TimingTable::Effect* effect = row.effects.data(); effect != end; ++effect) {
      Cycle& slot = slots[effect->site.base + (bank >> effect->site.shift)];
      slot = std::max(slot, cycle + effect->delay);
    }
    for (const TimingTable::WindowEffect& effect : row.window_effects) {
      issue_in_window(effect, bank, cycle);
    }
    for (const TimingTable::SiblingEffect& effect : row.sibling_effects) {
      issue_to_siblings(effect, bank, cycle);
    }
  }

 private:
  // Far enough in the past that adding a delay changes nothing.
  static constexpr Cycle kNever = std::numeric_limits<Cycle>::min() / 2;

  // A fixed number of sites lets the compiler keep them in registers.
  template <std::size_t kSites, class Visit>
  void visit_banks(int command, std::uint64_t banks, Visit visit) const {
    std::array<const Cycle*, kSites> slots;
    std::array<std::uint32_t, kSites> shifts;
    for (std::size_t i = 0; i < kSites; ++i) {
      slots[i] = ready_.data() + table_.row(command).sites[i].base;
      shifts[i] = table_.row(command).sites[i].shift;
    }
    for (; banks != 0; banks &= banks - 1) {
      const auto bank = static_cast<unsigned>(std::countr_zero(banks));
      Cycle ready = slots[0][bank >> shifts[0]];
      for (std::size_t i = 1; i < kSites; ++i) {
        ready = std::max(ready, slots[i][bank >> shifts[i]]);
      }
      visit(bank, ready);
    }
  }

  void raise(std::size_t slot, Cycle cycle) { ready_[slot] = std::max(ready_[slot], cycle); }

  void issue_in_window(const TimingTable::WindowEffect& effect, unsigned bank, Cycle cycle) {
    Cycle* ring = &rings_[effect.ring.base + (bank >> effect.ring.shift) * effect.depth];
    std::uint32_t& position = positions_[effect.position.base + (bank >> effect.position.shift)];
    ring[position] = cycle;
    position = position + 1 == effect.depth ? 0 : position + 1;
    // The oldest of the last `depth` issues now stands at the position.
    const Cycle earliest = ring[position] + effect.delay;
    for (const TimingTable::Site& site : effect.later) {
      raise(site.base + (bank >> site.shift), earliest);
    }
  }

  void issue_to_siblings(const TimingTable::SiblingEffect& effect, unsigned bank, Cycle cycle) {
    const std::uint32_t node = bank >> effect.site.shift;
    const std::uint32_t first = node / effect.siblings * effect.siblings;
    for (std::uint32_t other = first; other < first + effect.siblings; ++other) {
      if (other != node) {
        raise(effect.site.base + other, cycle + effect.delay);
      }
    }
  }

  const TimingTable& table_;
  std::vector<Cycle> ready_;
  std::vector<Cycle> rings_;
  std::vector<std::uint32_t> positions_;
};

}  // namespace orrery::memory::dram
