// SPDX-License-Identifier: Apache-2.0
#include "memory/specification/spec_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace orrery::memory::dram {

namespace {

struct KindRule {
  CommandKind kind;
  bool required;
  bool whole_rank;  // acts on all banks of the level that is refreshed; otherwise on a bank
};

constexpr std::array<KindRule, 13> kKindRules = {{
    {CommandKind::kActivate, true, false},
    {CommandKind::kPrecharge, true, false},
    {CommandKind::kPrechargeAll, true, true},
    {CommandKind::kRead, true, false},
    {CommandKind::kReadPrecharge, false, false},
    {CommandKind::kWrite, true, false},
    {CommandKind::kWritePrecharge, false, false},
    {CommandKind::kRefreshAll, true, true},
    {CommandKind::kRefreshBanks, false, false},
    {CommandKind::kPowerDown, false, true},
    {CommandKind::kPowerDownExit, false, true},
    {CommandKind::kSelfRefresh, false, true},
    {CommandKind::kSelfRefreshExit, false, true},
}};

constexpr std::array<std::pair<CommandKind, CommandKind>, 2> kInAndOut = {{
    {CommandKind::kPowerDown, CommandKind::kPowerDownExit},
    {CommandKind::kSelfRefresh, CommandKind::kSelfRefreshExit},
}};

const std::string& name_of(CommandKind kind) {
  return command_kind_names()[static_cast<std::size_t>(kind)];
}

const std::string& level_name(const Spec& spec, int level) {
  return spec.levels[static_cast<std::size_t>(level)].name;
}

void check_kind(const Spec& spec, const SpecDescription& description, const KindRule& rule,
                const Complain& complain) {
  const int bank = static_cast<int>(spec.levels.size()) - 1;
  // A second row buffer may have an activate and a precharge of its own.
  const auto is_it = [&](const Command& c) { return c.kind == rule.kind && c.row_buffer == 0; };
  const auto count = std::count_if(spec.commands.begin(), spec.commands.end(), is_it);
  if (count > 1 || (count == 0 && rule.required)) {
    complain({}, fmt::format("{} commands of kind '{}'", count, name_of(rule.kind)),
             rule.required ? "one" : "at most one");
  }
  for (std::size_t i = 0; i < spec.commands.size(); ++i) {
    const Command& command = spec.commands[i];
    if (is_it(command) && (command.scope == bank) == rule.whole_rank) {
      complain(description.commands[i].name,
               fmt::format("command '{}' of kind '{}' acts on a {}", command.name,
                           name_of(rule.kind), level_name(spec, command.scope)),
               rule.whole_rank ? "a level above the bank" : "bank");
    }
  }
}

void check_across(const Spec& spec, const SpecDescription& description, int refresh_scope,
                  const Complain& complain) {
  for (std::size_t i = 0; i < spec.commands.size(); ++i) {
    const Command& command = spec.commands[i];
    if (command.across < 0) {
      continue;
    }
    const bool may =
        command.kind == CommandKind::kRefreshBanks || command.kind == CommandKind::kOther;
    const bool above = command.across > 0 && command.across < command.scope;
    if (is_pim(command.kind) ? !above : !may || !above || command.across <= refresh_scope) {
      complain(description.commands[i].across,
               fmt::format("command '{}' of kind '{}' and scope '{}' acts across '{}'",
                           command.name, name_of(command.kind), level_name(spec, command.scope),
                           level_name(spec, command.across)),
               is_pim(command.kind)
                   ? "a level above its scope and below the channel"
                   : "kind refresh_banks or other, and a level between the rank and its scope");
    }
  }
}

// What all rank-wide commands act on.
int refresh_scope_of(const Spec& spec) {
  const int refresh = spec.command(CommandKind::kRefreshAll);
  return refresh < 0 ? 0 : spec.commands[static_cast<std::size_t>(refresh)].scope;
}

}  // namespace

void check_commands(const Spec& spec, const SpecDescription& description,
                    const Complain& complain) {
  for (const KindRule& rule : kKindRules) {
    check_kind(spec, description, rule, complain);
  }
  const int refresh_scope = refresh_scope_of(spec);
  for (const KindRule& rule : kKindRules) {
    const int command = spec.command(rule.kind);
    if (rule.whole_rank && command >= 0 &&
        spec.commands[static_cast<std::size_t>(command)].scope != refresh_scope) {
      complain(description.commands[static_cast<std::size_t>(command)].name,
               fmt::format("{} and refresh_all act on different levels", name_of(rule.kind)),
               level_name(spec, refresh_scope));
    }
  }
  for (const auto& [in, out] : kInAndOut) {
    if ((spec.command(in) < 0) != (spec.command(out) < 0)) {
      complain({}, fmt::format("{} without {}, or the other way round", name_of(in), name_of(out)),
               "both or neither");
    }
  }
  check_across(spec, description, refresh_scope, complain);
}

void check_energy(const Spec& spec, const Complain& complain) {
  if (!spec.currents) {
    return;
  }
  const CurrentEnergy& currents = *spec.currents;
  for (const std::string_view needed : {"nRAS", "nRP"}) {
    const auto is_it = [&](const Parameter& parameter) { return parameter.name == needed; };
    if (!currents.activate_picojoules &&
        std::none_of(spec.parameters.begin(), spec.parameters.end(), is_it)) {
      complain({}, fmt::format("energy from currents needs the timing parameter '{}'", needed), {});
    }
  }
  if (currents.rails.empty() || currents.devices <= 0) {
    complain({}, "energy from currents without a rail or without devices", "both");
  }
  if (currents.rho < 0 || currents.rho > 1) {
    complain({}, fmt::format("rho is {}", currents.rho), "a share from 0 to 1");
  }
  for (const Rail& rail : currents.rails) {
    if (rail.volts <= 0) {
      complain({}, fmt::format("rail '{}' has {} V", rail.name, rail.volts), "a voltage above 0");
    }
  }
}

namespace {

void check_refresh(const Spec& spec, const SpecDescription& description, const Complain& complain) {
  if (spec.refresh_interval <= 2 * spec.refresh_cycles) {
    complain(description.refresh_interval,
             fmt::format("a refresh of {} cycles every {} cycles leaves no time to work",
                         spec.refresh_cycles, spec.refresh_interval),
             "an interval of more than twice the refresh");
  }
  const int sets = spec.refresh_sets();
  if (sets == 0) {
    return;
  }
  if (spec.bank_refresh_interval <= 2 * spec.bank_refresh_cycles) {
    complain(description.bank_refresh_cycles,
             fmt::format("a bank that refreshes for {} of every {} cycles has no time to work",
                         spec.bank_refresh_cycles, spec.bank_refresh_interval),
             "an interval of more than twice the refresh");
  }
  const int command = spec.command(CommandKind::kRefreshBanks);
  const auto names = [&](const std::vector<int>& list) {
    return std::find(list.begin(), list.end(), command) != list.end();
  };
  for (const Constraint& row : spec.constraints) {
    const bool between_sets = row.scope <= spec.refresh_scope && !row.sibling && row.window == 1 &&
                              names(row.earlier) && names(row.later);
    // Each set once: so many of them have to wait.
    const Cycle round = row.delay * std::max(sets / row.every, 1);
    if (between_sets && round > spec.bank_refresh_interval) {
      complain(description.bank_refresh_cycles,
               fmt::format("{} refreshes of sets of banks at {} cycles each do not fit into {}",
                           sets, row.delay, spec.bank_refresh_interval),
               "a round that ends within its interval");
    }
  }
}

}  // namespace

void check_progress(const Spec& spec, const SpecDescription& description,
                    const Complain& complain) {
  check_refresh(spec, description, complain);
  const int self_refresh_exit = spec.command(CommandKind::kSelfRefreshExit);
  std::vector<ConstraintDescription> rows = description.constraints;
  for (const auto* more : {&description.pim_constraints, &description.further_constraints}) {
    rows.insert(rows.end(), more->begin(), more->end());
  }
  for (const ConstraintDescription& from : rows) {
    const auto same_text = [&](const Constraint& row) {
      const bool only_after_self_refresh = row.earlier == std::vector<int>{self_refresh_exit};
      return row.text == from.delay.text && row.delay >= spec.refresh_interval &&
             !only_after_self_refresh;
    };
    const auto row = std::find_if(spec.constraints.begin(), spec.constraints.end(), same_text);
    if (row != spec.constraints.end()) {
      complain(from.delay,
               fmt::format("a delay of {} cycles is not shorter than the refresh interval of {}",
                           row->delay, spec.refresh_interval),
               "less, or no command is ever issued in time");
    }
  }
}

}  // namespace orrery::memory::dram
