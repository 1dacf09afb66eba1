// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "memory/checker/log_event.h"
#include "memory/specification/spec.h"

namespace orrery::memory::checker::test {

// A short sequence of commands, legal up to `from`, in which one row of the table decides when the
// last command may come.
struct Plan {
  std::vector<LogEvent> events;  // all but the last command
  LogEvent last;                 // its cycle is that of the earlier command that counts
  Cycle from = 0;                // the first command of the pair; before it everything is legal
  std::string skipped;           // why there is no plan; then the rest means nothing
};

// Builds plans from the states that commands need and leave, apart from the checker.
class ConstraintPlanter {
 public:
  // The spec must outlive the planter.
  explicit ConstraintPlanter(const dram::Spec& spec);

  // For a row of the table, one of its earlier and one of its later commands.
  // outside: the later command at a node where the row does not count.
  [[nodiscard]] Plan plan(const dram::Constraint& row, int earlier, int later,
                          bool outside = false);

 private:
  enum class Power : std::uint8_t { kUp, kDown, kSelfRefresh };
  struct Step {
    int command = 0;
    unsigned bank = 0;
  };

  [[nodiscard]] std::vector<unsigned> banks_of_node(int scope, unsigned node) const;
  // Banks for the earlier commands, and last the later command's.
  [[nodiscard]] std::vector<unsigned> choose_banks(const dram::Constraint& row, int earlier,
                                                   bool outside) const;
  // Whether the command, addressed at this bank, acts on one node of the level and no other.
  [[nodiscard]] bool stays_within(int command, unsigned bank, int scope) const;
  // What must come before the command so that the state allows it.
  [[nodiscard]] std::vector<Step> preparation(const Step& step) const;
  void issue(const Step& step, Cycle cycle);
  // What closes the rows of these banks, and what opens those that the step needs.
  void close_all(int buffer, std::uint64_t banks, std::vector<Step>& steps) const;
  void open_all(const Step& step, std::vector<Step>& steps) const;
  // Each buffer has a row of its own: a row is open in one of them at most.
  [[nodiscard]] std::uint32_t row_for(int command) const;
  // Each step long after the one before.
  void issue_slowly(const std::vector<Step>& steps);
  void prepare_slowly(const Step& step);
  [[nodiscard]] unsigned rank_of(unsigned bank) const {
    return bank / static_cast<unsigned>(spec_.banks() / spec_.ranks());
  }

  const dram::Spec& spec_;
  Cycle pause_ = 0;
  Cycle now_ = 0;
  std::vector<std::uint64_t> open_;  // by buffer: the banks with an open row
  std::vector<Power> power_;
  Plan plan_;
};

}  // namespace orrery::memory::checker::test
