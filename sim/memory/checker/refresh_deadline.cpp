// SPDX-License-Identifier: Apache-2.0
#include "memory/checker/refresh_deadline.h"

#include <algorithm>
#include <bit>

namespace orrery::memory::checker {

using dram::CommandKind;

namespace {

bool contains(const std::vector<int>& commands, int command) {
  return std::find(commands.begin(), commands.end(), command) != commands.end();
}

}  // namespace

RefreshDeadline::RefreshDeadline(const dram::Spec& spec, const dram::ControllerConfig& config)
    : spec_(spec),
      delays_(spec.commands.size()),
      deadlines_(static_cast<std::size_t>(spec.ranks()), kNever),
      must_(static_cast<std::size_t>(spec.ranks()), false) {
  if (config.refresh_policy == dram::RefreshPolicyKind::kNone) {
    return;
  }
  const bool whole = config.refresh_policy == dram::RefreshPolicyKind::kAllBank;
  std::vector<int> steps;
  if (config.power_down != dram::PowerDownKind::kNone) {
    steps.push_back(spec.command(config.power_down == dram::PowerDownKind::kPowerDown
                                     ? CommandKind::kPowerDownExit
                                     : CommandKind::kSelfRefreshExit));
  }
  const int refresh = spec.command(whole ? CommandKind::kRefreshAll : CommandKind::kRefreshBanks);
  const int precharge = spec.command(whole ? CommandKind::kPrechargeAll : CommandKind::kPrecharge);
  const int precharges = whole ? 1 : std::popcount(spec.banks_of(refresh, 0));
  steps.insert(steps.end(), static_cast<std::size_t>(precharges), precharge);
  steps.push_back(refresh);

  Cycle longest_command = 0;
  for (const dram::Command& command : spec.commands) {
    longest_command = std::max<Cycle>(longest_command, command.cycles);
  }
  bound_ = (spec.ranks() + 1) * static_cast<Cycle>(steps.size()) * longest_command;
  for (const int step : steps) {
    Cycle wait = 0;
    for (const dram::Constraint& row : spec.constraints) {
      wait = std::max(wait, contains(row.later, step) ? row.delay : 0);
    }
    bound_ += wait;
  }
  for (const dram::Constraint& row : spec.constraints) {
    if (std::any_of(steps.begin(), steps.end(),
                    [&](int step) { return contains(row.later, step); })) {
      for (const int earlier : row.earlier) {
        delays_[static_cast<std::size_t>(earlier)].push_back({row.scope, row.sibling});
      }
    }
  }
}

void RefreshDeadline::update(const RefreshLedger& ledger, Cycle now) {
  for (unsigned rank = 0; rank < deadlines_.size(); ++rank) {
    const bool must = ledger.must(rank);
    if (must && !must_[rank]) {
      deadlines_[rank] = now + bound_;
    } else if (!must) {
      deadlines_[rank] = kNever;
    }
    must_[rank] = must;
  }
}

bool RefreshDeadline::delays(const Delay& row, unsigned bank, std::uint64_t banks) const {
  const dram::Level& level = spec_.levels[static_cast<std::size_t>(row.scope)];
  const auto inside = static_cast<unsigned>(spec_.banks() / level.nodes);
  const auto siblings = static_cast<unsigned>(level.count);
  for (std::uint64_t left = banks; left != 0; left &= left - 1) {
    const unsigned node = static_cast<unsigned>(std::countr_zero(left)) / inside;
    const unsigned other = bank / inside;
    if (row.sibling ? node != other && node / siblings == other / siblings : node == other) {
      return true;
    }
  }
  return false;
}

void RefreshDeadline::command(const RefreshLedger& ledger, const LogEvent& command) {
  for (unsigned rank = 0; rank < deadlines_.size(); ++rank) {
    if (deadlines_[rank] == kNever) {
      continue;
    }
    const std::uint64_t acted_on = spec_.banks_of(command.command, command.bank);
    for (const Delay& row : delays_[static_cast<std::size_t>(command.command)]) {
      for (std::uint64_t left = acted_on; left != 0; left &= left - 1) {
        if (delays(row, static_cast<unsigned>(std::countr_zero(left)), ledger.next_banks(rank))) {
          deadlines_[rank] = std::max(deadlines_[rank], command.cycle + bound_);
        }
      }
    }
  }
}

}  // namespace orrery::memory::checker
