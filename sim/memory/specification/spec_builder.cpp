// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "memory/specification/between_first_cycles.h"
#include "memory/specification/parameter_values.h"
#include "memory/specification/spec.h"
#include "memory/specification/spec_checks.h"

namespace orrery::memory::dram {

namespace {

// The scheduler keeps one bit a bank of the channel.
constexpr int kMostBanks = 64;
// Keeps candidate times of the scheduler within their field.
constexpr Cycle kLongestDelay = 1 << 20;

class SpecBuilder {
 public:
  explicit SpecBuilder(const SpecDescription& description)
      : in_(description), values_(description.tck) {}

  Spec build() {
    out_.name = in_.name;
    out_.tck = in_.tck;
    if (in_.tck <= 0) {
      complain({}, "the clock period is not positive", "a time above zero");
      errors_.throw_if_any();
    }
    choose_density();
    organisation();
    names(in_.command_buses, out_.command_buses, "command bus");
    names(in_.row_buffers, out_.row_buffers, "row buffer");
    commands();
    parameters();
    pim_commands();
    scalars();
    constraints();
    address_order();
    checks();
    return out_;
  }

 private:
  void complain(const LocatedText& text, const std::string& message,
                const std::string& expected = {}, const std::string& suggestion = {}) {
    // The defaults of some expressions are names of parameters: those have a place.
    const LocatedText* const definition = values_.definition(text.text);
    if (text.where.line == 0 && definition != nullptr && definition->where.line != 0) {
      complain(*definition, message, expected, suggestion);
      return;
    }
    const bool located = text.where.line != 0;
    errors_.add({located ? text.where : in_.where, text.key_path,
                 located || in_.name.empty() ? message : in_.name + ": " + message, expected,
                 suggestion});
  }

  void power_of_two(const LocatedText& text, const std::string& what, std::int64_t value) {
    if (value < 1 || !std::has_single_bit(static_cast<std::uint64_t>(value))) {
      complain(text, fmt::format("{} is {}", what, value), "a power of two");
    }
  }

  void choose_density() {
    rows_ = in_.rows;
    columns_ = in_.columns;
    levels_ = in_.levels;
    parameters_ = in_.parameters;
    out_.currents = in_.currents;
    out_.per_bit = in_.per_bit;
    if (in_.density.text.empty() && in_.densities.empty()) {
      return;
    }
    std::vector<std::string> known;
    for (const auto& [name, density] : in_.densities) {
      known.push_back(name);
    }
    const std::size_t before = errors_.items().size();
    const int chosen = resolve(in_.density, known, "density");
    if (errors_.items().size() == before) {
      apply(in_.densities[static_cast<std::size_t>(chosen)].second);
    }
  }

  void apply(const DensityDescription& density) {
    out_.name = in_.name + ", " + in_.density.text;
    rows_ = density.rows.value_or(in_.rows);
    columns_ = density.columns.value_or(in_.columns);
    std::vector<std::string> level_names;
    for (const LevelDescription& level : levels_) {
      level_names.push_back(level.name.text);
    }
    for (const LevelDescription& changed : density.levels) {
      const std::size_t before = errors_.items().size();
      const auto level = static_cast<std::size_t>(resolve(changed.name, level_names, "level"));
      if (errors_.items().size() == before) {
        levels_[level] = changed;
      }
    }
    for (const ParameterDescription& changed : density.timing) {
      const auto found = std::find_if(parameters_.begin(), parameters_.end(), [&](const auto& p) {
        return p.name.text == changed.name.text;
      });
      if (found != parameters_.end()) {
        *found = changed;
      } else {
        parameters_.push_back(changed);
      }
    }
    if (density.currents || density.per_bit) {
      out_.currents = density.currents;
      out_.per_bit = density.per_bit;
    }
  }

  void organisation() {
    out_.levels = {{"channel", 1, 1}};
    for (const LevelDescription& level : levels_) {
      power_of_two(level.name, fmt::format("the count of level '{}'", level.name.text),
                   level.count);
      if (level.count < 1 || level.count > kMostBanks) {
        complain(level.name, fmt::format("{} of level '{}'", level.count, level.name.text),
                 fmt::format("1 to {}", kMostBanks));
        continue;
      }
      const int nodes = out_.levels.back().nodes * static_cast<int>(level.count);
      out_.levels.push_back({level.name.text, static_cast<int>(level.count), nodes});
      if (nodes > kMostBanks) {
        complain(level.name, fmt::format("{} banks in a channel", nodes),
                 fmt::format("at most {}", kMostBanks));
        break;
      }
    }
    constexpr std::size_t kMostLevels = 8;
    if (levels_.size() > kMostLevels) {
      complain({}, fmt::format("{} levels", levels_.size()),
               fmt::format("at most {}", kMostLevels));
    }
    if (levels_.empty() || levels_.back().name.text != "bank") {
      complain({}, "the innermost level is not 'bank'");
    }
    out_.data_bus_scope = resolve(in_.data_bus, names_of(out_.levels), "level");
    out_.rows = rows_;
    out_.columns = columns_;
    out_.access_bytes = in_.access_bytes;
    out_.pim_column_bytes = in_.pim_column_bytes == 0 ? in_.access_bytes : in_.pim_column_bytes;
    out_.multiplies = in_.multiplies;
    power_of_two({}, "the number of rows", rows_);
    power_of_two({}, "the number of columns", columns_);
    power_of_two({}, "the access size", in_.access_bytes);
    power_of_two({}, "the bytes of a PIM column", out_.pim_column_bytes);
    constexpr std::int64_t kMostRows = std::int64_t{1} << 30;
    if (rows_ > kMostRows || columns_ > kMostRows || in_.access_bytes > kMostRows) {
      complain({}, "rows, columns and access size", "at most 2^30 each");
    } else if (out_.pim_column_bytes > columns_ * in_.access_bytes) {
      complain({}, "a PIM column is longer than a row",
               fmt::format("at most {} bytes", columns_ * in_.access_bytes));
    }
  }

  void names(const std::vector<LocatedText>& from, std::vector<std::string>& to,
             const std::string& what) {
    for (const LocatedText& name : from) {
      if (std::find(to.begin(), to.end(), name.text) != to.end()) {
        complain(name, fmt::format("{} '{}' stands twice", what, name.text));
      }
      to.push_back(name.text);
    }
    if (to.empty()) {
      complain({}, fmt::format("no {}", what));
    }
  }

  // The index of a name, or 0 with a complaint.
  int resolve(const LocatedText& name, const std::vector<std::string>& known,
              const std::string& what) {
    const auto found = std::find(known.begin(), known.end(), name.text);
    if (found != known.end()) {
      return static_cast<int>(found - known.begin());
    }
    complain(name, fmt::format("unknown {} '{}'", what, name.text),
             fmt::format("one of {}", fmt::join(known, ", ")),
             base::nearest_name(name.text, known));
    return 0;
  }

  template <class Item>
  static std::vector<std::string> names_of(const std::vector<Item>& items) {
    std::vector<std::string> result;
    for (const Item& item : items) {
      result.push_back(item.name);
    }
    return result;
  }

  void commands() {
    const std::vector<std::string> levels = names_of(out_.levels);
    for (const CommandDescription& from : in_.commands) {
      Command command;
      command.name = from.name.text;
      command.kind =
          static_cast<CommandKind>(resolve(from.kind, command_kind_names(), "command kind"));
      command.scope = resolve(from.scope, levels, "level");
      command.bus = resolve(from.bus, out_.command_buses, "command bus");
      command.cycles = static_cast<int>(from.cycles);
      if (!from.across.text.empty()) {
        const std::size_t before = errors_.items().size();
        const int across = resolve(from.across, levels, "level");
        command.across = errors_.items().size() == before ? across : -1;
      }
      if (!from.row_buffer.text.empty()) {
        command.row_buffer = resolve(from.row_buffer, out_.row_buffers, "row buffer");
      } else if (command.kind == CommandKind::kPimMove ||
                 command.kind == CommandKind::kPimControl) {
        command.row_buffer = -1;
      }
      constexpr std::int64_t kLongestCommand = 16;
      if (from.cycles < 1 || from.cycles > kLongestCommand) {
        complain(from.name,
                 fmt::format("command '{}' takes {} bus cycles", from.name.text, from.cycles),
                 fmt::format("1 to {}", kLongestCommand));
      }
      out_.commands.push_back(command);
    }
  }

  // What needs the parameters and the other commands.
  void pim_commands() {
    const std::vector<std::string> levels = names_of(out_.levels);
    for (std::size_t i = 0; i < in_.commands.size(); ++i) {
      const CommandDescription& from = in_.commands[i];
      Command& command = out_.commands[i];
      command.most_count = static_cast<int>(from.count);
      command.bytes_in = from.bytes_in;
      command.bytes_out = from.bytes_out;
      command.operation = from.operation;
      command.energy = from.energy;
      command.issue_energy = from.issue_energy;
      command.admission = from.admission.text;
      if (from.subset) {
        command.subset_level = resolve(from.subset->level, levels, "level");
        command.subset_parts = static_cast<int>(from.subset->parts);
        command.subset_interleaved = from.subset->interleaved;
      }
      const std::vector<std::string> known = names_of(out_.commands);
      if (!from.opens_with.text.empty()) {
        command.opens_with = resolve(from.opens_with, known, "command");
      }
      if (!from.closes_with.text.empty()) {
        command.closes_with = resolve(from.closes_with, known, "command");
      }
      if (!from.latency.text.empty()) {
        command.latency = cycles_by_count(from.latency, command.most_count);
        if (command.latency.empty()) {
          command.latency.assign(from.count + 1, cycles(from.latency));
        }
      }
    }
    steps(in_.enter_pim, out_.enter_pim);
    steps(in_.leave_pim, out_.leave_pim);
  }

  void steps(const std::vector<StepDescription>& from, std::vector<CommandStep>& to) {
    const std::vector<std::string> known = names_of(out_.commands);
    for (const StepDescription& step : from) {
      const auto inside = [&](std::int64_t value, std::int64_t limit, const char* what) {
        if (value < 0 || value >= limit) {
          complain(step.command, fmt::format("{} {}", what, value),
                   fmt::format("0 to {}", limit - 1));
        }
        return static_cast<std::uint32_t>(value);
      };
      to.push_back({resolve(step.command, known, "command"),
                    inside(step.bank, out_.banks(), "bank"), inside(step.row, out_.rows, "row"),
                    inside(step.column, out_.columns, "column")});
    }
  }

  void parameters() {
    for (const ParameterDescription& from : parameters_) {
      if (!values_.define(from)) {
        complain(from.name, fmt::format("parameter '{}' stands twice", from.name.text));
      }
    }
    for (const ParameterDescription& from : parameters_) {
      out_.parameters.push_back({from.name.text, cycles(from.value)});
    }
  }

  // The value of an expression in whole cycles, or 0 with a complaint. count: what that name stands
  // for, of a delay that depends on it.
  Cycle cycles(const LocatedText& expression, std::optional<std::int64_t> count = std::nullopt) {
    try {
      const base::Rational value = values_.evaluate(expression.text, count);
      if (value.denominator() != 1) {
        complain(expression,
                 fmt::format("'{}' is {} cycles", expression.text, base::to_string(value)),
                 "a whole number; use ceil() or ns()");
      } else if (value < 0 || value > kLongestDelay) {
        complain(expression, fmt::format("'{}' is {} cycles", expression.text, value.numerator()),
                 fmt::format("0 to {}", kLongestDelay));
      } else {
        return value.numerator();
      }
    } catch (const ExpressionError& error) {
      complain(expression, error.message, {},
               error.unknown_name.empty()
                   ? std::string()
                   : base::nearest_name(error.unknown_name, values_.names()));
    }
    return 0;
  }

  // By count from 0 (as of 1) to the largest; empty where the expression does not depend on it.
  std::vector<Cycle> cycles_by_count(const LocatedText& expression, int most_count) {
    std::vector<Cycle> result;
    if (names_count(expression.text)) {
      for (int count = 0; count <= most_count; ++count) {
        result.push_back(cycles(expression, std::max(count, 1)));
      }
    }
    return result;
  }

  void constraints() {
    constraints(in_.constraints);
    constraints(in_.pim_constraints);
    constraints(in_.further_constraints);
  }

  void constraints(const std::vector<ConstraintDescription>& rows) {
    const std::vector<std::string> levels = names_of(out_.levels);
    for (const ConstraintDescription& from : rows) {
      Constraint row;
      row.scope = resolve(from.scope, levels, "level");
      row.sibling = from.sibling;
      row.earlier = command_list(from.earlier, from, row.scope);
      row.later = command_list(from.later, from, row.scope);
      row.delay_by_count = cycles_by_count(from.delay, most_count(row.earlier));
      row.delay = row.delay_by_count.empty() ? cycles(from.delay) : row.delay_by_count[1];
      row.window = static_cast<int>(from.window);
      row.every = static_cast<int>(from.every);
      row.text = from.delay.text;
      check_counts(from, row.scope);
      if (in_.delays_between_last_cycles && row.delay > 0) {
        for (Constraint& part : between_first_cycles(row, out_.commands)) {
          out_.constraints.push_back(std::move(part));
        }
      } else {
        out_.constraints.push_back(std::move(row));
      }
    }
  }

  [[nodiscard]] int most_count(const std::vector<int>& commands) const {
    int most = 1;
    for (const int command : commands) {
      most = out_.commands.empty()
                 ? most
                 : std::max(most, out_.commands[static_cast<std::size_t>(command)].most_count);
    }
    return most;
  }

  void check_counts(const ConstraintDescription& from, int scope) {
    constexpr std::int64_t kLongest = 64;
    if (from.window < 1 || from.window > kLongest || from.every < 1 || from.every > kLongest) {
      complain(from.delay,
               fmt::format("a window of {} commands, every {}", from.window, from.every),
               fmt::format("1 to {}", kLongest));
    }
    if (from.window > 1 && from.every > 1) {
      complain(from.delay, "a constraint with a window and with 'every'", "at most one of them");
    }
    if (from.sibling && (scope == 0 || from.window != 1 || from.every != 1)) {
      complain(from.scope, "a sibling constraint of the channel, with a window or with 'every'",
               "a level below the channel, and neither");
    }
  }

  std::vector<int> command_list(const std::vector<LocatedText>& from,
                                const ConstraintDescription& row, int scope) {
    const std::vector<std::string> known = names_of(out_.commands);
    std::vector<int> result;
    for (const LocatedText& name : from) {
      const int command = resolve(name, known, "command");
      result.push_back(command);
      const Command* const found =
          out_.commands.empty() ? nullptr : &out_.commands[static_cast<std::size_t>(command)];
      // A PIM command counts at every node that it touches.
      if (found != nullptr && !is_pim(found->kind) && found->scope < scope) {
        complain(name,
                 fmt::format("command '{}' acts on a level above '{}'", name.text, row.scope.text),
                 "a scope at or above the command's own");
      }
    }
    if (result.empty()) {
      complain(row.scope, "a constraint without commands");
    }
    return result;
  }

  void scalars() {
    out_.burst_cycles = cycles(in_.burst_cycles);
    out_.read_latency = cycles(in_.read_latency) + last_cycle_of(CommandKind::kRead);
    out_.write_latency = cycles(in_.write_latency) + last_cycle_of(CommandKind::kWrite);
    out_.refresh_interval = cycles(in_.refresh_interval);
    out_.refresh_cycles = cycles(in_.refresh_cycles) + last_cycle_of(CommandKind::kRefreshAll);
    if (out_.burst_cycles < 1) {
      complain(in_.burst_cycles, "a burst takes no time", "at least 1 cycle");
    }
    out_.bank_refresh_interval = in_.bank_refresh_interval.text.empty()
                                     ? out_.refresh_interval
                                     : cycles(in_.bank_refresh_interval);
    const bool has_command = out_.command(CommandKind::kRefreshBanks) >= 0;
    if (has_command == in_.bank_refresh_cycles.text.empty()) {
      complain(in_.bank_refresh_cycles,
               has_command ? "a command of kind 'refresh_banks' without 'bank_refresh_duration'"
                           : "'bank_refresh_duration' without a command of kind 'refresh_banks'",
               "both or neither");
    }
    if (has_command && !in_.bank_refresh_cycles.text.empty()) {
      out_.bank_refresh_cycles =
          cycles(in_.bank_refresh_cycles) + last_cycle_of(CommandKind::kRefreshBanks);
    }
  }

  // How far the last cycle of a command lies behind the first, where that is what times count from.
  Cycle last_cycle_of(CommandKind kind) const {
    const int command = out_.command(kind);
    return in_.delays_between_last_cycles && command >= 0
               ? out_.commands[static_cast<std::size_t>(command)].cycles - 1
               : 0;
  }

  void address_order() {
    std::vector<std::string> expected = {"row", "column"};
    for (std::size_t level = 1; level < out_.levels.size(); ++level) {
      expected.push_back(out_.levels[level].name);
    }
    names(in_.address_order, out_.address_order, "address field");
    for (const LocatedText& field : in_.address_order) {
      resolve(field, expected, "address field");
    }
    for (const std::string& field : expected) {
      if (std::find(out_.address_order.begin(), out_.address_order.end(), field) ==
          out_.address_order.end()) {
        complain({}, fmt::format("the address order lacks '{}'", field));
      }
    }
  }

  // What the whole of it must satisfy.
  void checks() {
    const Complain complain_about = [this](const LocatedText& text, const std::string& message,
                                           const std::string& expected) {
      complain(text, message, expected);
    };
    check_commands(out_, in_, complain_about);
    check_energy(out_, complain_about);
    errors_.throw_if_any();
    out_.refresh_scope =
        out_.commands[static_cast<std::size_t>(out_.command(CommandKind::kRefreshAll))].scope;
    check_progress(out_, in_, complain_about);
    check_pim(out_, in_, complain_about);
    errors_.throw_if_any();
  }

  const SpecDescription& in_;
  Spec out_;
  base::Diagnostics errors_;
  std::int64_t rows_ = 0;
  std::int64_t columns_ = 0;
  std::vector<LevelDescription> levels_;
  std::vector<ParameterDescription> parameters_;
  ParameterValues values_;
};

}  // namespace

Spec Spec::from(const SpecDescription& description) {
  return SpecBuilder(description).build();
}

}  // namespace orrery::memory::dram
