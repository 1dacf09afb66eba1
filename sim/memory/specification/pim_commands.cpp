// SPDX-License-Identifier: Apache-2.0
#include "memory/specification/pim_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "memory/specification/expression.h"

namespace orrery::memory::dram {

namespace {

bool opens(const Command& command) {
  return command.kind == CommandKind::kActivate || command.kind == CommandKind::kPimActivate;
}

bool closes(const Command& command) {
  return command.kind == CommandKind::kPrecharge || command.kind == CommandKind::kPrechargeAll ||
         command.kind == CommandKind::kPimPrecharge;
}

unsigned lowest(std::uint64_t banks) {
  return static_cast<unsigned>(std::countr_zero(banks));
}

}  // namespace

PimCommands::PimCommands(const Spec& spec)
    : spec_(spec), openers_(spec.row_buffers.size()), closers_(spec.row_buffers.size()) {
  const auto width = [&](int command) {
    return std::popcount(masks_[static_cast<std::size_t>(command)][0]);
  };
  for (int index = 0; index < static_cast<int>(spec.commands.size()); ++index) {
    masks_.emplace_back();
    for (unsigned bank = 0; bank < static_cast<unsigned>(spec.banks()); ++bank) {
      masks_.back()[bank] = spec.banks_of(index, bank);
    }
    const Command& command = spec.commands[static_cast<std::size_t>(index)];
    if (opens(command) || closes(command)) {
      std::vector<int>& list =
          (opens(command) ? openers_ : closers_)[static_cast<std::size_t>(command.row_buffer)];
      const auto place = std::find_if(list.begin(), list.end(), [&](int other) {
        return opens(command) ? width(other) < width(index) : width(other) > width(index);
      });
      list.insert(place, index);
    }
  }
}

void PimCommands::openers(int buffer, std::uint64_t banks, std::vector<RowCommand>& result) const {
  for (const int command : openers_[static_cast<std::size_t>(buffer)]) {
    for (std::uint64_t left = banks; left != 0;) {
      const unsigned bank = lowest(left);
      const std::uint64_t acted_on = banks_of(command, bank);
      left &= ~acted_on;
      if ((acted_on & ~banks) == 0) {
        result.push_back({command, lowest(acted_on), acted_on});
        banks &= ~acted_on;
      }
    }
  }
}

void PimCommands::closers(int buffer, std::uint64_t banks, std::uint64_t kept,
                          std::vector<RowCommand>& result) const {
  while (banks != 0) {
    RowCommand best;
    int most = 0;
    for (const int command : closers_[static_cast<std::size_t>(buffer)]) {
      const std::uint64_t acted_on = banks_of(command, lowest(banks));
      const int closed = std::popcount(acted_on & banks);
      if ((acted_on & kept) == 0 && closed > most) {
        most = closed;
        best = {command, lowest(acted_on), acted_on};
      }
    }
    if (most == 0) {
      return;
    }
    result.push_back(best);
    banks &= ~best.banks;
  }
}

Cycle PimCommands::estimate(int command, const Work& work) const {
  const auto known = estimates_.find({command, work});
  if (known != estimates_.end()) {
    return known->second;
  }
  const Command& announced = spec_.commands[static_cast<std::size_t>(command)];
  const auto lookup = [&](std::string_view name) -> std::optional<base::Rational> {
    const std::pair<std::string_view, std::int64_t> own[] = {{"activates", work.activates},
                                                             {"precharges", work.precharges},
                                                             {"count", work.count},
                                                             {"results", work.results}};
    for (const auto& [key, value] : own) {
      if (key == name) {
        return base::Rational(value);
      }
    }
    for (const Parameter& parameter : spec_.parameters) {
      if (parameter.name == name) {
        return base::Rational(parameter.value);
      }
    }
    return std::nullopt;
  };
  try {
    const base::Rational value = evaluate(announced.admission, spec_.tck, lookup);
    const Cycle cycles = value < 0 ? 0 : base::ceil(value);
    estimates_[{command, work}] = cycles;
    return cycles;
  } catch (const ExpressionError& error) {
    throw base::UserError(base::Diagnostic{
        {},
        "",
        fmt::format("the admission of '{}': {}", announced.name, error.message),
        "an expression over the parameters, activates, precharges, count and results",
        ""});
  }
}

}  // namespace orrery::memory::dram
