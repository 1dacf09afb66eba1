// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <bit>

#include "base/error.h"
#include "memory/specification/pim_commands.h"
#include "memory/specification/spec_checks.h"

namespace orrery::memory::dram {

namespace {

const std::string& kind_name(const Command& command) {
  return command_kind_names()[static_cast<std::size_t>(command.kind)];
}

void check_subset(const Spec& spec, const Command& command, const CommandDescription& from,
                  const Complain& complain) {
  if (command.subset_level < 0) {
    return;
  }
  const Level& level = spec.levels[static_cast<std::size_t>(command.subset_level)];
  if (command.subset_level <= command.scope || level.count % command.subset_parts != 0) {
    complain(from.subset->level,
             fmt::format("command '{}' acts on one of {} parts of {} of level '{}' in a {}",
                         command.name, command.subset_parts, level.count, level.name,
                         spec.levels[static_cast<std::size_t>(command.scope)].name),
             "a level below the command's scope, whose count the parts divide");
  }
}

// Keys that only PIM commands have.
void check_keys(const Command& command, const CommandDescription& from, const Complain& complain) {
  const bool any = from.count > 1 || from.subset || !from.latency.text.empty() ||
                   !from.admission.text.empty() || from.bytes_in > 0 || from.bytes_out > 0 ||
                   from.energy || from.issue_energy;
  if (!is_pim(command.kind) && any) {
    complain(from.name,
             fmt::format("command '{}' of kind '{}' has keys of PIM commands", command.name,
                         kind_name(command)),
             "a kind that begins with pim_");
  }
  if (command.kind == CommandKind::kPimHeader && command.row_buffer < 0) {
    complain(from.name, fmt::format("header '{}' without a row buffer", command.name), {});
  }
}

// Rows that stay open where others must be opened would keep the command waiting for ever.
void check_closer(const Spec& spec, const PimCommands& commands, const Command& command,
                  const CommandDescription& from, const Complain& complain) {
  if (command.closes_with < 0) {
    return;
  }
  const Command& closer = spec.commands[static_cast<std::size_t>(command.closes_with)];
  const bool closes = closer.kind == CommandKind::kPrecharge ||
                      closer.kind == CommandKind::kPrechargeAll ||
                      closer.kind == CommandKind::kPimPrecharge;
  const std::uint64_t opened = commands.banks_of(command.opens_with, 0);
  if (!closes || closer.row_buffer != command.row_buffer ||
      (opened & ~commands.banks_of(command.closes_with, 0)) != 0) {
    complain(from.closes_with,
             fmt::format("command '{}' closes its rows with '{}'", command.name, closer.name),
             "a command of kind precharge, precharge_all or pim_precharge for its row buffer and "
             "all banks in which opens_with opens rows");
  }
}

// Whether the rows that the command works on can be opened and closed.
void check_rows(const Spec& spec, const PimCommands& commands, int index,
                const CommandDescription& from, const Complain& complain) {
  const Command& command = spec.commands[static_cast<std::size_t>(index)];
  const bool works = command.kind == CommandKind::kPimCompute ||
                     command.kind == CommandKind::kPimMove ||
                     command.kind == CommandKind::kPimHeader;
  if (!works || command.row_buffer < 0) {
    return;
  }
  if (command.opens_with >= 0) {
    const Command& opener = spec.commands[static_cast<std::size_t>(command.opens_with)];
    const bool opens =
        opener.kind == CommandKind::kActivate || opener.kind == CommandKind::kPimActivate;
    if (!opens || opener.row_buffer != command.row_buffer ||
        (commands.banks_of(index, 0) & ~commands.banks_of(command.opens_with, 0)) != 0) {
      complain(from.opens_with,
               fmt::format("command '{}' opens its rows with '{}'", command.name, opener.name),
               "a command of kind activate or pim_activate for its row buffer and its banks");
    }
    check_closer(spec, commands, command, from, complain);
    return;
  }
  for (unsigned bank = 0; bank < static_cast<unsigned>(spec.banks()); ++bank) {
    const std::uint64_t banks = commands.banks_of(index, bank);
    const auto covered = [&](const std::vector<PimCommands::RowCommand>& row_commands) {
      std::uint64_t mask = 0;
      for (const PimCommands::RowCommand& row : row_commands) {
        mask |= row.banks;
      }
      return (banks & ~mask) == 0;
    };
    std::vector<PimCommands::RowCommand> openers;
    std::vector<PimCommands::RowCommand> closers;
    commands.openers(command.row_buffer, banks, openers);
    commands.closers(command.row_buffer, banks, 0, closers);
    if (!covered(openers) || !covered(closers)) {
      complain(
          from.name,
          fmt::format("command '{}' needs rows in buffer '{}' of {} banks at once, and no "
                      "commands {} them there and nowhere else",
                      command.name, spec.row_buffers[static_cast<std::size_t>(command.row_buffer)],
                      std::popcount(banks), covered(openers) ? "close" : "open"),
          "commands of kind pim_activate and pim_precharge for these banks");
      return;
    }
  }
}

void check_steps(const Spec& spec, const std::vector<CommandStep>& steps,
                 const std::vector<StepDescription>& from, const Complain& complain) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Command& command = spec.commands[static_cast<std::size_t>(steps[i].command)];
    const bool may = command.kind == CommandKind::kRead || command.kind == CommandKind::kWrite ||
                     command.kind == CommandKind::kPrecharge ||
                     command.kind == CommandKind::kPrechargeAll ||
                     (is_pim(command.kind) && command.kind != CommandKind::kPimActivate &&
                      command.kind != CommandKind::kPimHeader);
    if (!may) {
      complain(from[i].command,
               fmt::format("command '{}' of kind '{}' in a mode change", command.name,
                           kind_name(command)),
               "reads, writes, precharges and PIM commands: rows are opened for them");
    }
  }
}

}  // namespace

void check_pim(const Spec& spec, const SpecDescription& description, const Complain& complain) {
  bool subsets_are_sound = true;
  const Complain note = [&](const LocatedText& text, const std::string& message,
                            const std::string& expected) {
    subsets_are_sound = false;
    complain(text, message, expected);
  };
  for (std::size_t i = 0; i < spec.commands.size(); ++i) {
    check_subset(spec, spec.commands[i], description.commands[i], note);
    check_keys(spec.commands[i], description.commands[i], complain);
  }
  if (!subsets_are_sound || !spec.has_pim()) {
    return;
  }
  const PimCommands commands(spec);
  for (std::size_t i = 0; i < spec.commands.size(); ++i) {
    const CommandDescription& from = description.commands[i];
    check_rows(spec, commands, static_cast<int>(i), from, complain);
    if (!from.admission.text.empty()) {
      try {
        (void)commands.estimate(static_cast<int>(i), {0, 0, 1, 1});
      } catch (const base::UserError& error) {
        complain(from.admission, error.diagnostics().front().message,
                 error.diagnostics().front().expected);
      }
    }
  }
  check_steps(spec, spec.enter_pim, description.enter_pim, complain);
  check_steps(spec, spec.leave_pim, description.leave_pim, complain);
}

}  // namespace orrery::memory::dram
