// SPDX-License-Identifier: Apache-2.0
#include "tests/memory_checker/constraint_planter.h"

#include <algorithm>

namespace orrery::memory::checker::test {

using dram::CommandKind;

namespace {

constexpr std::uint32_t kRow = 5;

bool contains(const std::vector<int>& commands, int command) {
  return std::find(commands.begin(), commands.end(), command) != commands.end();
}

}  // namespace

ConstraintPlanter::ConstraintPlanter(const dram::Spec& spec) : spec_(spec) {
  for (const dram::Constraint& row : spec.constraints) {
    pause_ = std::max(pause_, row.delay);
  }
  pause_ += 1000;
}

std::vector<unsigned> ConstraintPlanter::banks_of_node(int scope, unsigned node) const {
  const auto nodes = static_cast<unsigned>(spec_.levels[static_cast<std::size_t>(scope)].nodes);
  const unsigned inside = static_cast<unsigned>(spec_.banks()) / nodes;
  std::vector<unsigned> banks;
  for (unsigned i = 0; i < inside; ++i) {
    banks.push_back(node * inside + i);
  }
  return banks;
}

// Distinct banks where the node has enough: their states can then be prepared beforehand. They are
// taken far from each other, so that rows of inner levels bind as late as possible.
std::vector<unsigned> ConstraintPlanter::choose_banks(const dram::Constraint& row, int earlier,
                                                      bool outside) const {
  const std::vector<unsigned> node = banks_of_node(row.scope, 0);
  const bool elsewhere = row.sibling != outside;
  const std::vector<unsigned> other = elsewhere ? banks_of_node(row.scope, 1) : node;
  std::vector<unsigned> banks;
  const std::size_t count = static_cast<std::size_t>(std::max(row.window, row.every));
  const std::size_t stride = std::max<std::size_t>(node.size() / (count + 1), 1);
  for (std::size_t i = 0; i < count; ++i) {
    banks.push_back(node[i * stride % node.size()]);
  }
  const bool same_place = spec_.commands[static_cast<std::size_t>(earlier)].scope == row.scope;
  const std::size_t last = elsewhere || same_place ? 0 : count * stride % other.size();
  banks.push_back(other[last]);
  return banks;
}

bool ConstraintPlanter::stays_within(int command, unsigned bank, int scope) const {
  const dram::Level& level = spec_.levels[static_cast<std::size_t>(scope)];
  const unsigned inside = static_cast<unsigned>(spec_.banks() / level.nodes);
  std::uint64_t node = 0;
  for (const unsigned own : banks_of_node(scope, bank / inside)) {
    node |= std::uint64_t{1} << own;
  }
  return (spec_.banks_of(command, bank) & ~node) == 0;
}

std::vector<ConstraintPlanter::Step> ConstraintPlanter::preparation(const Step& step) const {
  std::vector<Step> steps;
  const CommandKind kind = spec_.commands[static_cast<std::size_t>(step.command)].kind;
  const auto add = [&](CommandKind wanted, unsigned bank) {
    steps.push_back({spec_.command(wanted), bank});
  };
  const std::uint64_t acted_on = spec_.banks_of(step.command, step.bank);
  const auto close_all = [&](std::uint64_t banks) {
    for (unsigned bank = 0; bank < open_.size(); ++bank) {
      if ((banks >> bank & 1U) != 0 && open_[bank]) {
        add(CommandKind::kPrecharge, bank);
      }
    }
  };
  const Power power = power_[rank_of(step.bank)];
  const Power needed = kind == CommandKind::kPowerDownExit     ? Power::kDown
                       : kind == CommandKind::kSelfRefreshExit ? Power::kSelfRefresh
                                                               : Power::kUp;
  if (power != needed && power != Power::kUp) {
    add(power == Power::kDown ? CommandKind::kPowerDownExit : CommandKind::kSelfRefreshExit,
        step.bank);
  }
  if (power != needed && needed != Power::kUp) {
    if (needed == Power::kSelfRefresh) {
      close_all(spec_.banks_of(spec_.command(CommandKind::kSelfRefresh), step.bank));
    }
    add(needed == Power::kDown ? CommandKind::kPowerDown : CommandKind::kSelfRefresh, step.bank);
  }
  switch (kind) {
    case CommandKind::kActivate:
    case CommandKind::kRefreshAll:
    case CommandKind::kRefreshBanks:
    case CommandKind::kSelfRefresh:
      close_all(acted_on);
      break;
    case CommandKind::kRead:
    case CommandKind::kReadPrecharge:
    case CommandKind::kWrite:
    case CommandKind::kWritePrecharge:
      if (!open_[step.bank]) {
        add(CommandKind::kActivate, step.bank);
      }
      break;
    default:
      break;
  }
  return steps;
}

void ConstraintPlanter::issue(const Step& step, Cycle cycle) {
  now_ = cycle;
  LogEvent event;
  event.cycle = cycle;
  event.command = step.command;
  event.bank = step.bank;
  event.row = kRow;
  plan_.events.push_back(event);
  const std::uint64_t acted_on = spec_.banks_of(step.command, step.bank);
  Power& power = power_[rank_of(step.bank)];
  switch (spec_.commands[static_cast<std::size_t>(step.command)].kind) {
    case CommandKind::kActivate:
      open_[step.bank] = true;
      break;
    case CommandKind::kPrecharge:
    case CommandKind::kPrechargeAll:
    case CommandKind::kReadPrecharge:
    case CommandKind::kWritePrecharge:
      for (unsigned bank = 0; bank < open_.size(); ++bank) {
        open_[bank] = open_[bank] && (acted_on >> bank & 1U) == 0;
      }
      break;
    case CommandKind::kPowerDown:
      power = Power::kDown;
      break;
    case CommandKind::kSelfRefresh:
      power = Power::kSelfRefresh;
      break;
    case CommandKind::kPowerDownExit:
    case CommandKind::kSelfRefreshExit:
      power = Power::kUp;
      break;
    default:
      break;
  }
}

void ConstraintPlanter::issue_slowly(const std::vector<Step>& steps) {
  for (const Step& step : steps) {
    issue(step, now_ + pause_);
  }
}

void ConstraintPlanter::prepare_slowly(const Step& step) {
  issue_slowly(preparation(step));
}

Plan ConstraintPlanter::plan(const dram::Constraint& row, int earlier, int later, bool outside) {
  plan_ = {};
  now_ = 0;
  open_.assign(static_cast<std::size_t>(spec_.banks()), false);
  power_.assign(static_cast<std::size_t>(spec_.ranks()), Power::kUp);
  if (row.delay == 0) {
    plan_.skipped = "a delay of 0 never binds";
    return plan_;
  }
  if (outside && spec_.levels[static_cast<std::size_t>(row.scope)].nodes == 1) {
    plan_.skipped = "there is no other node";
    return plan_;
  }
  const std::vector<unsigned> banks = choose_banks(row, earlier, outside);
  if (outside && !(stays_within(earlier, banks.front(), row.scope) &&
                   stays_within(later, banks.back(), row.scope))) {
    plan_.skipped = "a command that acts on several nodes";
    return plan_;
  }
  const Step last = {later, banks.back()};
  const std::size_t count = banks.size() - 1;
  // Of a row that counts only each every-th, the others come long before.
  for (std::size_t i = 0; i + 1 < static_cast<std::size_t>(row.every); ++i) {
    prepare_slowly({earlier, banks[i]});
    issue_slowly({{earlier, banks[i]}});
  }
  const std::size_t first = static_cast<std::size_t>(row.every) - 1;
  prepare_slowly(last);
  for (std::size_t i = first; i < count; ++i) {
    prepare_slowly({earlier, banks[i]});
  }
  plan_.from = now_ + pause_;
  const Cycle spacing = std::max<Cycle>((row.delay - 1) / row.window, 0);
  for (std::size_t i = first; i < count; ++i) {
    issue({earlier, banks[i]}, plan_.from + static_cast<Cycle>(i - first) * spacing);
  }
  const std::vector<Step> between = preparation(last);
  for (std::size_t i = 0; i < between.size(); ++i) {
    if (contains(row.earlier, between[i].command)) {
      plan_.skipped = spec_.commands[static_cast<std::size_t>(between[i].command)].name +
                      " has to come between and starts the row anew";
      return plan_;
    }
    const Cycle left = static_cast<Cycle>(between.size() - i);
    issue(between[i], std::max(now_, plan_.from + row.delay - 1 - left));
  }
  plan_.last.command = later;
  plan_.last.bank = last.bank;
  plan_.last.row = kRow;
  plan_.last.cycle = plan_.from;
  return plan_;
}

}  // namespace orrery::memory::checker::test
