// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "memory/specification/spec.h"

namespace orrery::memory::dram::test {

// The issued commands as the rows of the constraint table see them: for every row and every node of
// its scope the cycles in which one of its earlier commands came.
class ConstraintHistory {
 public:
  // The spec must outlive the history.
  explicit ConstraintHistory(const Spec& spec);

  // The banks on which a command acts when it is addressed by `bank`, in ascending order: all that
  // agree with it at each level from the channel down to the command's own, except at the level
  // across which it acts; of these those in the same part of its subset.
  [[nodiscard]] const std::vector<int>& banks(int command, int bank) const;

  void issue(int command, int bank, Cycle cycle, std::uint32_t count = 1);

  // The first cycle in which every row allows the command at every node it touches, 0 when none
  // concerns it. as_if: a command that is taken to have been issued to the same bank in cycle
  // `as_if_cycle`, after everything else; -1 for none.
  [[nodiscard]] Cycle earliest(int command, int bank, int as_if = -1, Cycle as_if_cycle = 0) const;
  [[nodiscard]] bool allowed(int command, int bank, Cycle cycle) const {
    return earliest(command, bank) <= cycle;
  }

 private:
  struct Came {
    Cycle cycle = 0;
    std::uint32_t count = 1;
  };
  [[nodiscard]] bool acts_on(int command, int bank, int other) const;
  [[nodiscard]] int part_of_subset(const Command& command, int bank) const;
  // The nodes of a level in which those banks lie, each once.
  [[nodiscard]] const std::vector<int>& nodes(int command, int bank, int level) const;
  [[nodiscard]] std::size_t place(int command, int bank) const {
    return static_cast<std::size_t>(command * spec_.banks() + bank);
  }

  const Spec& spec_;
  std::vector<std::vector<int>> banks_;               // by command and bank
  std::vector<std::vector<std::vector<int>>> nodes_;  // likewise, then by level
  std::vector<std::vector<std::size_t>> rows_of_;     // by later command
  std::vector<std::vector<std::vector<Came>>> came_;  // by row and node; the last `window` of them
  std::vector<std::vector<Cycle>> open_again_;        // likewise: for all that came
  std::vector<std::vector<int>> uncounted_;           // likewise: how many since one counted
};

}  // namespace orrery::memory::dram::test
