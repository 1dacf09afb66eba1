// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <vector>

#include "memory/specification/timing_table.h"

namespace orrery::memory::dram {

// When each command may be issued next, as far as the constraint table goes. It knows neither
// command buses nor which rows are open. A command of a rank or of a set of banks is addressed by
// the mask of its banks.
class TimingState {
 public:
  // Far enough in the past that adding a delay changes nothing.
  static constexpr Cycle kNever = std::numeric_limits<Cycle>::min() / 2;

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

  // Of a command that acts on many banks: each node is looked at once.
  [[nodiscard]] Cycle earliest_of_nodes(int command, std::uint64_t banks) const {
    Cycle ready = kNever;
    for (const TimingTable::Site& site : table_.row(command).sites) {
      for_each_node(banks, site.shift, [&](std::uint32_t node, unsigned) {
        ready = std::max(ready, ready_[site.base + node]);
      });
    }
    return ready;
  }

  // Of a command that acts on several banks.
  [[nodiscard]] Cycle earliest_of_banks(int command, std::uint64_t banks) const {
    Cycle ready = kNever;
    for (; banks != 0; banks &= banks - 1) {
      ready = std::max(ready, earliest(command, static_cast<unsigned>(std::countr_zero(banks))));
    }
    return ready;
  }

  // What the rank of the bank and the channel impose: a lower bound for all banks of the rank.
  [[nodiscard]] Cycle earliest_of_rank(const TimingTable::CommandRow& row, unsigned bank) const {
    return latest(row, 0, row.rank_sites, bank);
  }
  // What the groups of banks within the rank impose, and what the bank alone does: with
  // earliest_of_rank() the parts of which earliest() is the latest.
  [[nodiscard]] Cycle earliest_of_group(const TimingTable::CommandRow& row, unsigned bank) const {
    return latest(row, row.rank_sites, row.shared_sites, bank);
  }
  [[nodiscard]] Cycle earliest_of_bank(const TimingTable::CommandRow& row, unsigned bank) const {
    return latest(row, row.shared_sites, row.sites.size(), bank);
  }

  // Calls visit(bank, cycle) for every bank of the mask, upwards: the maximum of the cycle and
  // earliest_of_rank() is the first in which the command may be issued to the bank.
  template <class Visit>
  void for_each_below_rank(const TimingTable::CommandRow& row, std::uint64_t banks,
                           Visit visit) const {
    switch (row.sites.size() - row.rank_sites) {
      case 1:
        return visit_banks<1>(row, banks, visit);
      case 2:
        return visit_banks<2>(row, banks, visit);
      case 3:
        return visit_banks<3>(row, banks, visit);
      default:
        for (; banks != 0; banks &= banks - 1) {
          const auto bank = static_cast<unsigned>(std::countr_zero(banks));
          Cycle ready = kNever;
          for (std::size_t i = row.rank_sites; i < row.sites.size(); ++i) {
            ready = std::max(ready, ready_[row.sites[i].base + (bank >> row.sites[i].shift)]);
          }
          visit(bank, ready);
        }
    }
  }

  void issue(int command, unsigned bank, Cycle cycle) {
    issue_beside_windows(command, bank, cycle);
    issue_in_windows(command, bank, cycle);
  }
  // The two halves of issue(). Of several issues to one bank, the first half of the last covers the
  // others.
  void issue_beside_windows(int command, unsigned bank, Cycle cycle) {
    const TimingTable::CommandRow& row = table_.row(command);
    Cycle* const slots = ready_.data();
    const TimingTable::Effect* const end = row.effects.data() + row.effects.size();
    for (const TimingTable::Effect* effect = row.effects.data(); effect != end; ++effect) {
      Cycle& slot = slots[effect->site.base + (bank >> effect->site.shift)];
      slot = std::max(slot, cycle + effect->delay);
    }
    for (const TimingTable::SiblingEffect& effect : row.sibling_effects) {
      issue_to_siblings(effect, bank, cycle);
    }
  }
  void issue_in_windows(int command, unsigned bank, Cycle cycle) {
    for (const TimingTable::WindowEffect& effect : table_.row(command).window_effects) {
      issue_in_window(effect, bank, cycle);
    }
  }
  // The cycle of the age-th last issue in a window; age from 1 to its depth.
  [[nodiscard]] Cycle issued_before(const TimingTable::WindowEffect& effect, unsigned bank,
                                    std::uint32_t age) const {
    const std::uint32_t position =
        positions_[effect.position.base + (bank >> effect.position.shift)];
    const std::uint32_t index = (position + effect.depth - age) % effect.depth;
    return rings_[effect.ring.base + (bank >> effect.ring.shift) * effect.depth + index];
  }

  // A command of so many repetitions that acts on many banks: each node is visited once.
  void issue_to_nodes(int command, std::uint64_t banks, Cycle cycle, std::uint32_t count) {
    const TimingTable::CommandRow& row = table_.row(command);
    const auto raise_all = [&](const TimingTable::Site& site, Cycle earliest) {
      for_each_node(banks, site.shift,
                    [&](std::uint32_t node, unsigned) { raise(site.base + node, earliest); });
    };
    for (const TimingTable::Effect& effect : row.effects) {
      raise_all(effect.site, cycle + effect.delay);
    }
    for (const TimingTable::CountedEffect& effect : row.counted_effects) {
      raise_all(effect.site, cycle + effect.delays[count]);
    }
    for (const TimingTable::SiblingEffect& effect : row.sibling_effects) {
      for_each_node(banks, effect.site.shift,
                    [&](std::uint32_t, unsigned bank) { issue_to_siblings(effect, bank, cycle); });
    }
    for (const TimingTable::WindowEffect& effect : row.window_effects) {
      for_each_node(banks, effect.ring.shift,
                    [&](std::uint32_t, unsigned bank) { issue_in_window(effect, bank, cycle); });
    }
  }

  // A command that acts on several banks. It counts once in the window of a node that holds
  // several of them.
  void issue_to_banks(int command, std::uint64_t banks, Cycle cycle) {
    const TimingTable::CommandRow& row = table_.row(command);
    for (std::uint64_t left = banks; left != 0; left &= left - 1) {
      const auto bank = static_cast<unsigned>(std::countr_zero(left));
      for (const TimingTable::Effect& effect : row.effects) {
        raise(effect.site.base + (bank >> effect.site.shift), cycle + effect.delay);
      }
      for (const TimingTable::SiblingEffect& effect : row.sibling_effects) {
        issue_to_siblings(effect, bank, cycle);
      }
      const std::uint64_t before = banks & ((std::uint64_t{1} << bank) - 1);
      for (const TimingTable::WindowEffect& effect : row.window_effects) {
        const unsigned shift = effect.ring.shift;
        const auto last = static_cast<unsigned>(std::bit_width(before)) - 1;
        if (before == 0 || last >> shift != bank >> shift) {
          issue_in_window(effect, bank, cycle);
        }
      }
    }
  }

 private:
  // Calls visit(node, a bank of it) for every node of 2^shift banks that holds one of the mask.
  template <class Visit>
  static void for_each_node(std::uint64_t banks, std::uint32_t shift, Visit visit) {
    const std::uint64_t one =
        shift == 6 ? ~std::uint64_t{0} : (std::uint64_t{1} << (std::uint64_t{1} << shift)) - 1;
    while (banks != 0) {
      const auto bank = static_cast<unsigned>(std::countr_zero(banks));
      const std::uint32_t node = bank >> shift;
      visit(node, bank);
      banks &= ~(one << (node << shift));
    }
  }

  // A fixed number of sites lets the compiler keep them in registers.
  template <std::size_t kSites, class Visit>
  void visit_banks(const TimingTable::CommandRow& row, std::uint64_t banks, Visit visit) const {
    std::array<const Cycle*, kSites> slots;
    std::array<std::uint32_t, kSites> shifts;
    for (std::size_t i = 0; i < kSites; ++i) {
      const TimingTable::Site& site = row.sites[row.rank_sites + i];
      slots[i] = ready_.data() + site.base;
      shifts[i] = site.shift;
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

  // Of the sites [begin, end) of the row.
  [[nodiscard]] Cycle latest(const TimingTable::CommandRow& row, std::size_t begin, std::size_t end,
                             unsigned bank) const {
    const TimingTable::Site* const last = row.sites.data() + end;
    Cycle ready = kNever;
    for (const TimingTable::Site* site = row.sites.data() + begin; site != last; ++site) {
      ready = std::max(ready, ready_[site->base + (bank >> site->shift)]);
    }
    return ready;
  }

  void raise(std::size_t slot, Cycle cycle) { ready_[slot] = std::max(ready_[slot], cycle); }

  void issue_in_window(const TimingTable::WindowEffect& effect, unsigned bank, Cycle cycle) {
    if (effect.every > 1) {
      issue_each_time(effect, bank, cycle);
      return;
    }
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

  void issue_each_time(const TimingTable::WindowEffect& effect, unsigned bank, Cycle cycle) {
    std::uint32_t& count = positions_[effect.position.base + (bank >> effect.position.shift)];
    if (++count == effect.every) {
      count = 0;
      for (const TimingTable::Site& site : effect.later) {
        raise(site.base + (bank >> site.shift), cycle + effect.delay);
      }
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
