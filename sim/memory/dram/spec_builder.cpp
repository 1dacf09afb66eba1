// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <map>

#include "memory/dram/expression.h"
#include "memory/dram/spec.h"

namespace orrery::memory::dram {

namespace {

// The scheduler keeps one bit a bank of the channel.
constexpr int kMostBanks = 64;
// Keeps candidate times of the scheduler within their field.
constexpr Cycle kLongestDelay = 1 << 20;

class SpecBuilder {
 public:
  explicit SpecBuilder(const SpecDescription& description) : in_(description) {}

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
    constraints();
    scalars();
    address_order();
    energy();
    errors_.throw_if_any();
    refresh();
    errors_.throw_if_any();
    return out_;
  }

 private:
  void complain(const LocatedText& text, const std::string& message,
                const std::string& expected = {}, const std::string& suggestion = {}) {
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
    for (const ParameterDescription& parameter : in_.parameters) {
      parameters_.push_back(parameter);
    }
    if (in_.density.text.empty() && in_.densities.empty()) {
      return;
    }
    std::vector<std::string> known;
    for (const auto& [name, density] : in_.densities) {
      known.push_back(name);
    }
    const std::size_t before = errors_.items().size();
    const int chosen = resolve(in_.density, known, "density");
    if (errors_.items().size() != before) {
      return;
    }
    const DensityDescription& density = in_.densities[static_cast<std::size_t>(chosen)].second;
    rows_ = density.rows;
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
  }

  void organisation() {
    out_.levels = {{"channel", 1, 1}};
    for (const LevelDescription& level : in_.levels) {
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
    if (in_.levels.size() > kMostLevels) {
      complain({}, fmt::format("{} levels", in_.levels.size()),
               fmt::format("at most {}", kMostLevels));
    }
    if (in_.levels.empty() || in_.levels.back().name.text != "bank") {
      complain({}, "the innermost level is not 'bank'");
    }
    out_.data_bus_scope = resolve(in_.data_bus, names_of(out_.levels), "level");
    out_.rows = rows_;
    out_.columns = in_.columns;
    out_.access_bytes = in_.access_bytes;
    power_of_two({}, "the number of rows", rows_);
    power_of_two({}, "the number of columns", in_.columns);
    power_of_two({}, "the access size", in_.access_bytes);
    constexpr std::int64_t kMostRows = std::int64_t{1} << 30;
    if (rows_ > kMostRows || in_.columns > kMostRows || in_.access_bytes > kMostRows) {
      complain({}, "rows, columns and access size", "at most 2^30 each");
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
      if (!from.row_buffer.text.empty()) {
        command.row_buffer = resolve(from.row_buffer, out_.row_buffers, "row buffer");
      }
      constexpr std::int64_t kLongestCommand = 16;
      if (from.cycles < 1 || from.cycles > kLongestCommand) {
        complain(from.name,
                 fmt::format("command '{}' takes {} bus cycles", from.name.text, from.cycles),
                 fmt::format("1 to {}", kLongestCommand));
      }
      out_.commands.push_back(command);
    }
    check_command_kinds();
  }

  void check_command_kinds() {
    const int bank = static_cast<int>(out_.levels.size()) - 1;
    for (std::size_t k = 0; k + 1 < command_kind_names().size(); ++k) {
      const auto kind = static_cast<CommandKind>(k);
      const auto same_kind = [&](const Command& c) { return c.kind == kind && c.row_buffer == 0; };
      const auto count = std::count_if(out_.commands.begin(), out_.commands.end(), same_kind);
      const bool optional = kind == CommandKind::kReadPrecharge ||
                            kind == CommandKind::kWritePrecharge || kind > CommandKind::kRefreshAll;
      if (count > 1 || (count == 0 && !optional)) {
        complain({}, fmt::format("{} commands of kind '{}'", count, command_kind_names()[k]),
                 optional ? "at most one" : "one");
      }
      const bool whole_rank =
          kind == CommandKind::kPrechargeAll || kind == CommandKind::kRefreshAll;
      for (const Command& command : out_.commands) {
        if (same_kind(command) && (command.scope == bank) == whole_rank) {
          complain({},
                   fmt::format("command '{}' of kind '{}' acts on a {}", command.name,
                               command_kind_names()[k],
                               out_.levels[static_cast<std::size_t>(command.scope)].name),
                   whole_rank ? "a level above the bank" : "bank");
        }
      }
    }
  }

  void parameters() {
    for (const ParameterDescription& from : parameters_) {
      if (!definitions_.emplace(from.name.text, &from.value).second) {
        complain(from.name, fmt::format("parameter '{}' stands twice", from.name.text));
      }
      parameter_names_.push_back(from.name.text);
    }
    for (const ParameterDescription& from : parameters_) {
      out_.parameters.push_back({from.name.text, cycles(from.value)});
    }
  }

  // A parameter's value, resolved through other parameters. Throws ExpressionError.
  std::optional<base::Rational> lookup(std::string_view name) {
    const auto known = values_.find(name);
    if (known != values_.end()) {
      return known->second;
    }
    const auto definition = definitions_.find(name);
    if (definition == definitions_.end()) {
      return std::nullopt;
    }
    if (std::find(open_.begin(), open_.end(), name) != open_.end()) {
      throw ExpressionError{fmt::format("parameter '{}' is defined by itself", name), {}};
    }
    open_.emplace_back(name);
    const base::Rational value = evaluate(definition->second->text, in_.tck,
                                          [this](std::string_view n) { return lookup(n); });
    open_.pop_back();
    values_.emplace(name, value);
    return value;
  }

  // The value of an expression in whole cycles, or 0 with a complaint.
  Cycle cycles(const LocatedText& expression) {
    open_.clear();
    try {
      const base::Rational value =
          evaluate(expression.text, in_.tck, [this](std::string_view n) { return lookup(n); });
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
                   : base::nearest_name(error.unknown_name, parameter_names_));
    }
    return 0;
  }

  void constraints() {
    const std::vector<std::string> levels = names_of(out_.levels);
    for (const ConstraintDescription& from : in_.constraints) {
      Constraint row;
      row.scope = resolve(from.scope, levels, "level");
      row.sibling = from.sibling;
      row.earlier = command_list(from.earlier, from, row.scope);
      row.later = command_list(from.later, from, row.scope);
      row.delay = cycles(from.delay);
      row.window = static_cast<int>(from.window);
      row.text = from.delay.text;
      constexpr std::int64_t kLongestWindow = 64;
      if (from.window < 1 || from.window > kLongestWindow) {
        complain(from.delay, fmt::format("a window of {} commands", from.window),
                 fmt::format("1 to {}", kLongestWindow));
      }
      if (from.sibling && (row.scope == 0 || from.window != 1)) {
        complain(from.scope, "a sibling constraint of the channel or with a window",
                 "a level below the channel and a window of 1");
      }
      out_.constraints.push_back(std::move(row));
    }
  }

  std::vector<int> command_list(const std::vector<LocatedText>& from,
                                const ConstraintDescription& row, int scope) {
    const std::vector<std::string> known = names_of(out_.commands);
    std::vector<int> result;
    for (const LocatedText& name : from) {
      const int command = resolve(name, known, "command");
      result.push_back(command);
      if (!out_.commands.empty() &&
          out_.commands[static_cast<std::size_t>(command)].scope < scope) {
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
    out_.read_latency = cycles(in_.read_latency);
    out_.write_latency = cycles(in_.write_latency);
    out_.refresh_interval = cycles(in_.refresh_interval);
    out_.refresh_cycles = cycles(in_.refresh_cycles);
    if (out_.burst_cycles < 1) {
      complain(in_.burst_cycles, "a burst takes no time", "at least 1 cycle");
    }
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

  void energy() {
    out_.currents = in_.currents;
    out_.per_bit = in_.per_bit;
    if (!in_.currents) {
      return;
    }
    for (const std::string needed : {"nRAS", "nRP"}) {
      if (definitions_.find(needed) == definitions_.end()) {
        complain({}, fmt::format("energy from currents needs the timing parameter '{}'", needed));
      }
    }
    if (in_.currents->rails.empty() || in_.currents->devices <= 0) {
      complain({}, "energy from currents without a rail or without devices");
    }
  }

  // A rank that is refreshed without end serves nothing.
  void refresh() {
    out_.refresh_scope =
        out_.commands[static_cast<std::size_t>(out_.command(CommandKind::kRefreshAll))].scope;
    const int precharge_all = out_.command(CommandKind::kPrechargeAll);
    if (out_.commands[static_cast<std::size_t>(precharge_all)].scope != out_.refresh_scope) {
      complain({}, "precharge_all and refresh_all act on different levels");
    }
    if (out_.refresh_interval <= 2 * out_.refresh_cycles) {
      complain(in_.refresh_interval,
               fmt::format("a refresh of {} cycles every {} cycles leaves no time to work",
                           out_.refresh_cycles, out_.refresh_interval),
               "an interval of more than twice the refresh");
    }
  }

  const SpecDescription& in_;
  Spec out_;
  base::Diagnostics errors_;
  std::int64_t rows_ = 0;
  std::vector<ParameterDescription> parameters_;
  std::map<std::string, const LocatedText*, std::less<>> definitions_;
  std::map<std::string, base::Rational, std::less<>> values_;
  std::vector<std::string> parameter_names_;
  std::vector<std::string> open_;
};

}  // namespace

Spec Spec::from(const SpecDescription& description) {
  return SpecBuilder(description).build();
}

}  // namespace orrery::memory::dram
