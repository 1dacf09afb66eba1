// SPDX-License-Identifier: Apache-2.0
#include "tests/memory_checker/constraint_planter.h"

#include <algorithm>
#include <bit>
#include <optional>

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
  const dram::Command& command = spec_.commands[static_cast<std::size_t>(step.command)];
  const CommandKind kind = command.kind;
  const auto add = [&](CommandKind wanted, unsigned bank) {
    steps.push_back({spec_.command(wanted), bank});
  };
  const std::uint64_t acted_on = spec_.banks_of(step.command, step.bank);
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
      close_all(0, spec_.banks_of(spec_.command(CommandKind::kSelfRefresh), step.bank), steps);
    }
    add(needed == Power::kDown ? CommandKind::kPowerDown : CommandKind::kSelfRefresh, step.bank);
  }
  switch (kind) {
    case CommandKind::kActivate:
    case CommandKind::kPimActivate:
      close_all(command.row_buffer, acted_on, steps);
      break;
    case CommandKind::kRefreshAll:
    case CommandKind::kRefreshBanks:
    case CommandKind::kSelfRefresh:
      for (int buffer = 0; buffer < static_cast<int>(open_.size()); ++buffer) {
        close_all(buffer, acted_on, steps);
      }
      break;
    case CommandKind::kRead:
    case CommandKind::kReadPrecharge:
    case CommandKind::kWrite:
    case CommandKind::kWritePrecharge:
    case CommandKind::kPimCompute:
    case CommandKind::kPimMove:
      open_all(step, steps);
      break;
    default:
      break;
  }
  return steps;
}

void ConstraintPlanter::close_all(int buffer, std::uint64_t banks, std::vector<Step>& steps) const {
  std::uint64_t left = open_[static_cast<std::size_t>(buffer)] & banks;
  while (left != 0) {
    const auto bank = static_cast<unsigned>(std::countr_zero(left));
    // The widest that closes nothing else, or else the narrowest.
    std::optional<int> closer;
    const auto width = [&](int index) {
      const std::uint64_t closed = spec_.banks_of(index, bank);
      const int count = std::popcount(closed);
      return (closed & ~left) == 0 ? count : -count;
    };
    for (int index = 0; index < static_cast<int>(spec_.commands.size()); ++index) {
      const dram::Command& command = spec_.commands[static_cast<std::size_t>(index)];
      const bool closes = command.kind == CommandKind::kPrecharge ||
                          command.kind == CommandKind::kPrechargeAll ||
                          command.kind == CommandKind::kPimPrecharge;
      if (closes && command.row_buffer == buffer && (!closer || width(index) > width(*closer))) {
        closer = index;
      }
    }
    steps.push_back({*closer, bank});
    left &= ~spec_.banks_of(*closer, bank);
  }
}

void ConstraintPlanter::open_all(const Step& step, std::vector<Step>& steps) const {
  const dram::Command& command = spec_.commands[static_cast<std::size_t>(step.command)];
  if (command.row_buffer < 0) {
    return;
  }
  const std::uint64_t open = open_[static_cast<std::size_t>(command.row_buffer)];
  std::uint64_t missing = spec_.banks_of(step.command, step.bank) & ~open;
  while (missing != 0) {
    const auto bank = static_cast<unsigned>(std::countr_zero(missing));
    // The widest that opens none but closed banks.
    std::optional<int> opener;
    const auto width = [&](int index) { return std::popcount(spec_.banks_of(index, bank)); };
    for (int index = 0; index < static_cast<int>(spec_.commands.size()); ++index) {
      const dram::Command& each = spec_.commands[static_cast<std::size_t>(index)];
      const bool opens =
          each.kind == CommandKind::kActivate || each.kind == CommandKind::kPimActivate;
      const bool wanted = command.opens_with < 0 || command.opens_with == index;
      const bool fits = command.opens_with >= 0 || (spec_.banks_of(index, bank) & ~missing) == 0;
      if (opens && wanted && fits && each.row_buffer == command.row_buffer &&
          (!opener || width(index) > width(*opener))) {
        opener = index;
      }
    }
    if (command.opens_with >= 0) {
      close_all(command.row_buffer, spec_.banks_of(*opener, bank), steps);
    }
    steps.push_back({*opener, bank});
    missing &= ~spec_.banks_of(*opener, bank);
  }
}

std::uint32_t ConstraintPlanter::row_for(int command) const {
  const int buffer = spec_.commands[static_cast<std::size_t>(command)].row_buffer;
  return kRow + static_cast<std::uint32_t>(std::max(buffer, 0));
}

void ConstraintPlanter::issue(const Step& step, Cycle cycle) {
  now_ = cycle;
  LogEvent event;
  event.cycle = cycle;
  event.command = step.command;
  event.bank = step.bank;
  event.row = row_for(step.command);
  plan_.events.push_back(event);
  const std::uint64_t acted_on = spec_.banks_of(step.command, step.bank);
  Power& power = power_[rank_of(step.bank)];
  const dram::Command& command = spec_.commands[static_cast<std::size_t>(step.command)];
  switch (command.kind) {
    case CommandKind::kActivate:
    case CommandKind::kPimActivate:
      open_[static_cast<std::size_t>(command.row_buffer)] |= acted_on;
      break;
    case CommandKind::kPimPrecharge:
    case CommandKind::kPrecharge:
    case CommandKind::kPrechargeAll:
    case CommandKind::kReadPrecharge:
    case CommandKind::kWritePrecharge:
      open_[static_cast<std::size_t>(command.row_buffer)] &= ~acted_on;
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
  open_.assign(spec_.row_buffers.size(), 0);
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
  const bool itself = std::any_of(between.begin(), between.end(), [&](const Step& step) {
    return contains(row.later, step.command);
  });
  if (itself || static_cast<Cycle>(between.size()) >= row.delay) {
    plan_.skipped = "what has to come between is kept off by the row, or does not fit";
    return plan_;
  }
  // Work on many banks needs several openings; the last one counts.
  if (!between.empty() && between.back().command == earlier &&
      is_pim(spec_.commands[static_cast<std::size_t>(earlier)].kind) && row.window == 1 &&
      row.every == 1 && !row.sibling && !outside) {
    issue_slowly(between);
    plan_.from = now_;
    plan_.last.command = later;
    plan_.last.bank = last.bank;
    plan_.last.row = row_for(later);
    plan_.last.cycle = plan_.from;
    return plan_;
  }
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
  plan_.last.row = row_for(later);
  plan_.last.cycle = plan_.from;
  return plan_;
}

}  // namespace orrery::memory::checker::test
