// SPDX-License-Identifier: Apache-2.0
#include "memory/checker/constraint_history.h"

#include <fmt/format.h>

#include <algorithm>

namespace orrery::memory::checker {

namespace {

// Before every run, by more than any delay.
constexpr Cycle kLongAgo = -(Cycle{1} << 40U);

}  // namespace

ConstraintHistory::ConstraintHistory(const dram::Spec& spec)
    : spec_(spec),
      banks_(static_cast<std::size_t>(spec.banks())),
      levels_(spec.levels.size()),
      earlier_(spec.commands.size()),
      later_(spec.commands.size()) {
  for (std::size_t command = 0; command < spec.commands.size(); ++command) {
    for (unsigned bank = 0; bank < banks_; ++bank) {
      const std::uint64_t acted_on = spec.banks_of(static_cast<int>(command), bank);
      for (const dram::Level& level : spec.levels) {
        starts_.push_back(pool_.size());
        const std::size_t inside = banks_ / static_cast<std::size_t>(level.nodes);
        for (unsigned b = 0; b < banks_; ++b) {
          const auto node = static_cast<std::uint8_t>(b / inside);
          if ((acted_on >> b & 1U) != 0 &&
              (pool_.size() == starts_.back() || pool_.back() != node)) {
            pool_.push_back(node);
          }
        }
      }
    }
  }
  starts_.push_back(pool_.size());
  for (std::size_t i = 0; i < spec.constraints.size(); ++i) {
    const dram::Constraint& from = spec.constraints[i];
    const dram::Level& level = spec.levels[static_cast<std::size_t>(from.scope)];
    Row row;
    row.scope = from.scope;
    row.siblings = from.sibling ? level.count : 0;
    row.delay = from.delay;
    row.window = from.window;
    row.every = from.every;
    row.cycles.assign(static_cast<std::size_t>(level.nodes * from.window), kLongAgo);
    row.oldest.assign(static_cast<std::size_t>(level.nodes), 0);
    row.uncounted.assign(static_cast<std::size_t>(level.nodes), 0);
    rows_.push_back(std::move(row));
    const auto add = [&](const std::vector<int>& commands, std::vector<std::vector<int>>& to) {
      for (const int command : commands) {
        std::vector<int>& rows = to[static_cast<std::size_t>(command)];
        if (rows.empty() || rows.back() != static_cast<int>(i)) {
          rows.push_back(static_cast<int>(i));
        }
      }
    };
    add(from.earlier, earlier_);
    add(from.later, later_);
  }
}

Cycle ConstraintHistory::allowed_by(int index, int command, unsigned bank) const {
  const Row& row = rows_[static_cast<std::size_t>(index)];
  Cycle last = kLongAgo;
  for (const int node : nodes(command, bank, row.scope)) {
    if (row.siblings == 0) {
      const int slot = node * row.window + row.oldest[static_cast<std::size_t>(node)];
      last = std::max(last, row.cycles[static_cast<std::size_t>(slot)]);
      continue;
    }
    const int first = node / row.siblings * row.siblings;
    for (int other = first; other < first + row.siblings; ++other) {
      if (other != node) {
        last = std::max(last, row.cycles[static_cast<std::size_t>(other)]);
      }
    }
  }
  return last + row.delay;
}

Cycle ConstraintHistory::earliest(int command, unsigned bank) const {
  Cycle cycle = 0;
  for (const int row : later_[static_cast<std::size_t>(command)]) {
    cycle = std::max(cycle, allowed_by(row, command, bank));
  }
  return cycle;
}

void ConstraintHistory::issue(int command, unsigned bank, Cycle cycle, std::uint32_t count) {
  for (const int index : earlier_[static_cast<std::size_t>(command)]) {
    Row& row = rows_[static_cast<std::size_t>(index)];
    for (const int node : nodes(command, bank, row.scope)) {
      int& uncounted = row.uncounted[static_cast<std::size_t>(node)];
      if (++uncounted < row.every) {
        continue;
      }
      uncounted = 0;
      int& oldest = row.oldest[static_cast<std::size_t>(node)];
      Cycle& last = row.cycles[static_cast<std::size_t>(node * row.window + oldest)];
      const dram::Constraint& stated = spec_.constraints[static_cast<std::size_t>(index)];
      // Where the delay depends on the count, a longer one may reach further than its successor's.
      last = stated.delay_by_count.empty()
                 ? cycle
                 : std::max(last, cycle + stated.delay_after(count) - row.delay);
      oldest = oldest + 1 == row.window ? 0 : oldest + 1;
    }
  }
}

std::string ConstraintHistory::describe(int index) const {
  const dram::Constraint& row = spec_.constraints[static_cast<std::size_t>(index)];
  std::vector<std::string> names;
  for (const int command : row.earlier) {
    names.push_back(spec_.commands[static_cast<std::size_t>(command)].name);
  }
  const std::string& level = spec_.levels[static_cast<std::size_t>(row.scope)].name;
  return fmt::format("{} = {} after {}{}, {} {}", row.text, row.delay,
                     row.window > 1  ? fmt::format("the {}th last ", row.window)
                     : row.every > 1 ? fmt::format("each {}th ", row.every)
                                     : std::string(),
                     fmt::join(names, "/"), row.sibling ? "from another" : "within one", level);
}

}  // namespace orrery::memory::checker
