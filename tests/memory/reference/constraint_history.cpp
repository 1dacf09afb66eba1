// SPDX-License-Identifier: Apache-2.0
#include "tests/memory/reference/constraint_history.h"

#include <algorithm>

namespace orrery::memory::dram::test {

namespace {

bool contains(const std::vector<int>& list, int value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

ConstraintHistory::ConstraintHistory(const Spec& spec)
    : spec_(spec), rows_of_(spec.commands.size()) {
  const auto commands = static_cast<int>(spec.commands.size());
  for (int command = 0; command < commands; ++command) {
    for (int bank = 0; bank < spec.banks(); ++bank) {
      std::vector<int> banks;
      std::vector<std::vector<int>> nodes(spec.levels.size());
      for (int other = 0; other < spec.banks(); ++other) {
        if (!acts_on(command, bank, other)) {
          continue;
        }
        banks.push_back(other);
        for (std::size_t level = 0; level < spec.levels.size(); ++level) {
          const int node = other / (spec.banks() / spec.levels[level].nodes);
          if (!contains(nodes[level], node)) {
            nodes[level].push_back(node);
          }
        }
      }
      banks_.push_back(banks);
      nodes_.push_back(nodes);
    }
  }
  for (std::size_t row = 0; row < spec.constraints.size(); ++row) {
    const Constraint& constraint = spec.constraints[row];
    const auto nodes =
        static_cast<std::size_t>(spec.levels[static_cast<std::size_t>(constraint.scope)].nodes);
    came_.emplace_back(nodes);
    open_again_.emplace_back(nodes, 0);
    uncounted_.emplace_back(nodes, 0);
    for (int command = 0; command < commands; ++command) {
      if (contains(constraint.later, command)) {
        rows_of_[static_cast<std::size_t>(command)].push_back(row);
      }
    }
  }
}

bool ConstraintHistory::acts_on(int command, int bank, int other) const {
  const Command& issued = spec_.commands[static_cast<std::size_t>(command)];
  for (int level = 1; level <= issued.scope; ++level) {
    const Level& description = spec_.levels[static_cast<std::size_t>(level)];
    const int banks_each = spec_.banks() / description.nodes;
    const int digit = bank / banks_each % description.count;
    const int other_digit = other / banks_each % description.count;
    if (digit != other_digit && level != issued.across) {
      return false;
    }
  }
  return issued.subset_level < 0 || part_of_subset(issued, bank) == part_of_subset(issued, other);
}

// Of the index at the level: neighbours together, or dealt out in turn.
int ConstraintHistory::part_of_subset(const Command& command, int bank) const {
  const Level& level = spec_.levels[static_cast<std::size_t>(command.subset_level)];
  const int index = bank / (spec_.banks() / level.nodes) % level.count;
  return command.subset_interleaved ? index % command.subset_parts
                                    : index * command.subset_parts / level.count;
}

const std::vector<int>& ConstraintHistory::banks(int command, int bank) const {
  return banks_[place(command, bank)];
}

const std::vector<int>& ConstraintHistory::nodes(int command, int bank, int level) const {
  return nodes_[place(command, bank)][static_cast<std::size_t>(level)];
}

void ConstraintHistory::issue(int command, int bank, Cycle cycle, std::uint32_t count) {
  for (std::size_t row = 0; row < spec_.constraints.size(); ++row) {
    const Constraint& constraint = spec_.constraints[row];
    if (!contains(constraint.earlier, command)) {
      continue;
    }
    for (const int node : nodes(command, bank, constraint.scope)) {
      int& since = uncounted_[row][static_cast<std::size_t>(node)];
      if (++since < constraint.every) {
        continue;
      }
      since = 0;
      std::vector<Came>& came = came_[row][static_cast<std::size_t>(node)];
      came.push_back({cycle, count});
      const auto window = static_cast<std::size_t>(constraint.window);
      if (came.size() > window) {
        came.erase(came.begin());
      }
      if (came.size() == window) {
        // A long one that came earlier can bind longer than a short one after it.
        Cycle& open = open_again_[row][static_cast<std::size_t>(node)];
        open = std::max(open, came.front().cycle + constraint.delay_after(came.front().count));
      }
    }
  }
}

Cycle ConstraintHistory::earliest(int command, int bank, int as_if, Cycle as_if_cycle) const {
  Cycle result = 0;
  for (const std::size_t row : rows_of_[static_cast<std::size_t>(command)]) {
    const Constraint& constraint = spec_.constraints[row];
    const Level& level = spec_.levels[static_cast<std::size_t>(constraint.scope)];
    const bool supposed = as_if >= 0 && contains(constraint.earlier, as_if);
    for (const int here : nodes(command, bank, constraint.scope)) {
      // The nodes at which an earlier command counts: this one, or the others of its parent.
      const int first = constraint.sibling ? here / level.count * level.count : here;
      const int last = constraint.sibling ? first + level.count - 1 : here;
      for (int node = first; node <= last; ++node) {
        if (constraint.sibling && node == here) {
          continue;
        }
        result = std::max(result, open_again_[row][static_cast<std::size_t>(node)]);
        if (!supposed || !contains(nodes(as_if, bank, constraint.scope), node)) {
          continue;
        }
        // The window moves on by the command that is supposed.
        std::vector<Came> came = came_[row][static_cast<std::size_t>(node)];
        came.push_back({as_if_cycle, 1});
        const auto window = static_cast<std::size_t>(constraint.window);
        if (came.size() >= window) {
          const Came& first_of_window = came[came.size() - window];
          result = std::max(result,
                            first_of_window.cycle + constraint.delay_after(first_of_window.count));
        }
      }
    }
  }
  return result;
}

}  // namespace orrery::memory::dram::test
