// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "memory/specification/spec.h"

namespace orrery::memory::checker {

using base::Cycle;

// The constraint table of a Spec and, for each row and node, the cycles of the last `window`
// earlier commands. A command touches, at each level, every node that holds a bank it acts on
// (Spec::banks_of); it counts once at each of them and must satisfy each row at each of them. A
// `sibling` row looks at the other nodes of its level under the same parent. Of a row with `every`
// above 1 only each every-th earlier command at a node counts.
class ConstraintHistory {
 public:
  // The spec must outlive the history.
  explicit ConstraintHistory(const dram::Spec& spec);

  // The first cycle in which no row of the table forbids the command.
  [[nodiscard]] Cycle earliest(int command, unsigned bank) const;

  // Calls report(row, allowed) for every row that forbids the command in `cycle`, with the first
  // cycle that this row allows.
  template <class Report>
  void violated(int command, unsigned bank, Cycle cycle, Report report) const {
    for (const int row : later_[static_cast<std::size_t>(command)]) {
      const Cycle allowed = allowed_by(row, command, bank);
      if (cycle < allowed) {
        report(row, allowed);
      }
    }
  }

  // count: the repetitions of a composite command.
  void issue(int command, unsigned bank, Cycle cycle, std::uint32_t count = 1);

  // "nRRD_S after ACT, within one rank".
  [[nodiscard]] std::string describe(int row) const;

 private:
  struct Row {
    int scope = 0;
    int siblings = 0;  // nodes under one parent, of a sibling row; else 0
    Cycle delay = 0;
    int window = 1;
    int every = 1;
    std::vector<Cycle> cycles;   // node * window + slot: when, a ring
    std::vector<int> oldest;     // by node: the slot of the window-th last
    std::vector<int> uncounted;  // by node: earlier commands since the last that counted
  };

  [[nodiscard]] std::span<const std::uint8_t> nodes(int command, unsigned bank, int level) const {
    const std::size_t key = (static_cast<std::size_t>(command) * banks_ + bank) * levels_ +
                            static_cast<unsigned>(level);
    return {pool_.data() + starts_[key], starts_[key + 1] - starts_[key]};
  }
  [[nodiscard]] Cycle allowed_by(int row, int command, unsigned bank) const;

  const dram::Spec& spec_;
  std::size_t banks_;
  std::size_t levels_;
  std::vector<std::size_t> starts_;  // by command, bank and level: the first of its nodes in pool_
  std::vector<std::uint8_t> pool_;
  std::vector<Row> rows_;
  std::vector<std::vector<int>> earlier_;  // by command: the rows that count it
  std::vector<std::vector<int>> later_;    // by command: the rows that it must satisfy
};

}  // namespace orrery::memory::checker
