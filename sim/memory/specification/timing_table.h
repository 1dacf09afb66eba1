// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "memory/specification/spec.h"

namespace orrery::memory::dram {

// The constraints of a spec compiled for the commands that a controller uses. Every node of the
// organisation (a rank, a bank group, a bank, ...) has one slot for each later command: the first
// cycle in which that command may be issued as far as this node is concerned. A bank's index names
// all nodes it lies in: the node of a level is bank >> shift. Levels with one node for each node
// above them are folded into that level.
class TimingTable {
 public:
  // Where a slot lies: slot = base + (bank >> shift).
  struct Site {
    std::uint32_t base = 0;
    std::uint32_t shift = 0;
  };
  // After the command, the slot holds at least issue + delay.
  struct Effect {
    Site site;
    Cycle delay = 0;
  };
  // Likewise, where the delay depends on the repetitions of the command.
  struct CountedEffect {
    Site site;
    std::vector<Cycle> delays;  // by count
  };
  // Likewise for the other nodes under the same parent: `siblings` nodes starting at a multiple.
  struct SiblingEffect {
    Site site;
    std::uint32_t siblings = 1;
    Cycle delay = 0;
  };
  // Likewise, counted from the depth-th issue before: a ring of `depth` cycles at ring.base +
  // (bank >> ring.shift) * depth, with its position in its own array at `position`. With `every`
  // above 1, counted from each every-th issue; the position counts them.
  struct WindowEffect {
    Site ring;
    Site position;
    std::uint32_t depth = 1;
    std::uint32_t every = 1;
    Cycle delay = 0;
    std::vector<Site> later;
  };
  struct CommandRow {
    std::vector<Site> sites;  // what an issue of this command must wait for, outermost first
    std::vector<Effect> effects;
    std::vector<CountedEffect> counted_effects;
    std::vector<SiblingEffect> sibling_effects;
    std::vector<WindowEffect> window_effects;
    // So many of sites, the first ones, are shared by all banks of a rank, and by several banks.
    std::size_t rank_sites = 0;
    std::size_t shared_sites = 0;
    // The kinds of commands to other banks that an issue may delay, a bit for each CommandKind.
    std::uint32_t delays_elsewhere = 0;
  };

  // `used` are indices of commands; constraints that name none of them are dropped.
  TimingTable(const Spec& spec, const std::vector<int>& used);

  [[nodiscard]] const CommandRow& row(int command) const {
    return rows_[static_cast<std::size_t>(command)];
  }
  [[nodiscard]] std::size_t slots() const { return slots_; }
  [[nodiscard]] std::size_t ring_cycles() const { return ring_cycles_; }
  [[nodiscard]] std::size_t rings() const { return rings_; }

 private:
  struct Layer {
    std::uint32_t offset = 0;  // of the first node
    std::uint32_t shift = 0;
  };

  void number_nodes(const Spec& spec);
  [[nodiscard]] Site site(int later, int scope) const;
  void add_plain(int earlier, int later, const Constraint& constraint);
  void add_window(const Spec& spec, const Constraint& constraint, const std::vector<char>& used);
  void mark_elsewhere(const Spec& spec);

  std::vector<Layer> layer_of_level_;
  std::vector<CommandRow> rows_;
  std::size_t nodes_ = 0;
  std::size_t slots_ = 0;
  std::size_t ring_cycles_ = 0;
  std::size_t rings_ = 0;
};

}  // namespace orrery::memory::dram
