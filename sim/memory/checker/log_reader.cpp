// SPDX-License-Identifier: Apache-2.0
#include "memory/checker/log_reader.h"

#include <fmt/format.h>

#include <charconv>
#include <vector>

#include "memory/checker/command_traits.h"

namespace orrery::memory::checker {

namespace {

constexpr std::size_t kMostErrors = 20;
constexpr std::uint64_t kLargest = std::uint64_t{1} << 62U;
constexpr std::uint64_t kMostChannels = 1 << 16;

constexpr std::size_t kCycle = 0;
constexpr std::size_t kChannel = 1;
constexpr std::size_t kKind = 2;
constexpr std::size_t kFirst = 3;  // the first column of the event itself

}  // namespace

LogReader::LogReader(std::istream& in, std::string file, const dram::Spec& spec)
    : in_(in), file_(std::move(file)), spec_(spec) {
  if (!read_line()) {
    base::Diagnostics errors;
    errors.add({{file_, 1, 1}, "", "an empty command log", "a header line", ""});
    errors.throw_if_any();
  }
  const base::SourcePosition where{file_, line_number_, 1};
  header_ = parse_header(text_, where);
  if (header_.spec != spec_.name) {
    errors_.add({where, "", fmt::format("the log is of '{}'", header_.spec),
                 fmt::format("a log of '{}'", spec_.name), ""});
  }
  base::Diagnostics unsuitable;
  header_.controller.check(spec_, unsuitable);
  for (base::Diagnostic diagnostic : unsuitable.items()) {
    diagnostic.where = where;
    errors_.add(std::move(diagnostic));
  }
  errors_.throw_if_any();
}

bool LogReader::read_line() {
  do {
    if (!std::getline(in_, text_)) {
      return false;
    }
    ++line_number_;
    if (!text_.empty() && text_.back() == '\r') {
      text_.pop_back();
    }
  } while (text_.find_first_not_of(" \t") == std::string::npos || text_[0] == '#');
  return true;
}

std::optional<LogEvent> LogReader::next() {
  if (!read_line()) {
    return std::nullopt;
  }
  auto event = parse();
  if (event) {
    return event;
  }
  while (errors_.items().size() < kMostErrors && read_line()) {
    (void)parse();
  }
  errors_.throw_if_any();
  return std::nullopt;
}

void LogReader::split() {
  count_ = 0;
  std::size_t at = text_.find_first_not_of(" \t");
  while (at != std::string::npos && count_ < kMostWords) {
    const std::size_t end = std::min(text_.find_first_of(" \t", at), text_.size());
    words_[count_++] = {std::string_view(text_).substr(at, end - at), at};
    at = text_.find_first_not_of(" \t", end);
  }
}

std::optional<LogEvent> LogReader::parse() {
  struct Form {
    std::string_view name;
    EventKind kind;
    bool (LogReader::*parse)(LogEvent&);
  };
  static constexpr std::array<Form, 5> kForms = {
      {{"command", EventKind::kCommand, &LogReader::parse_command},
       {"arrive", EventKind::kArrive, &LogReader::parse_arrival},
       {"direction", EventKind::kDirection, &LogReader::parse_direction},
       {"blocked", EventKind::kBlocked, &LogReader::parse_blocked},
       {"forward", EventKind::kForward, &LogReader::parse_arrival}}};
  split();
  LogEvent event;
  std::uint64_t cycle = 0;
  std::uint64_t channel = 0;
  if (!number(kCycle, kLargest, "a cycle", cycle) ||
      !number(kChannel, kMostChannels, "a channel", channel)) {
    return std::nullopt;
  }
  event.cycle = static_cast<Cycle>(cycle);
  event.channel = static_cast<std::uint32_t>(channel);
  const std::string_view kind = count_ > kKind ? words_[kKind].text : std::string_view();
  for (const Form& form : kForms) {
    if (form.name == kind) {
      event.kind = form.kind;
      return (this->*form.parse)(event) ? std::optional(event) : std::nullopt;
    }
  }
  const std::vector<std::string> known = {"arrive", "forward", "direction", "blocked", "command"};
  complain(kKind, fmt::format("unknown event '{}'", kind),
           fmt::format("one of {}", fmt::join(known, ", ")), base::nearest_name(kind, known));
  return std::nullopt;
}

bool LogReader::parse_arrival(LogEvent& event) {
  const bool forwarded = event.kind == EventKind::kForward;
  if (!has_words(forwarded ? kFirst + 4 : kFirst + 5, forwarded
                                                          ? "forward NUMBER BANK ROW COLUMN"
                                                          : "arrive NUMBER R|W BANK ROW COLUMN") ||
      !number(kFirst, kLargest, "a number", event.number)) {
    return false;
  }
  if (forwarded) {
    return address(kFirst + 1, event);
  }
  const std::string_view direction = words_[kFirst + 1].text;
  if (direction != "R" && direction != "W") {
    return complain(kFirst + 1, fmt::format("'{}'", direction), "R or W");
  }
  event.is_write = direction == "W";
  return address(kFirst + 2, event);
}

bool LogReader::parse_direction(LogEvent& event) {
  if (!has_words(kFirst + 1, "direction read|write")) {
    return false;
  }
  const std::string_view direction = words_[kFirst].text;
  if (direction != "read" && direction != "write") {
    return complain(kFirst, fmt::format("direction '{}'", direction), "read or write");
  }
  event.is_write = direction == "write";
  return true;
}

bool LogReader::parse_blocked(LogEvent& event) {
  if (!has_words(kFirst + 1, "blocked MASK")) {
    return false;
  }
  std::string_view text = words_[kFirst].text;
  const bool prefixed = text.substr(0, 2) == "0x";
  text.remove_prefix(prefixed ? 2 : 0);
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), event.banks, 16);
  const int banks = spec_.banks();
  const bool beyond = banks < 64 && (event.banks >> static_cast<unsigned>(banks)) != 0;
  if (!prefixed || error != std::errc() || end != text.data() + text.size() || beyond) {
    return complain(kFirst, fmt::format("mask '{}'", words_[kFirst].text),
                    fmt::format("a hexadecimal number, 0x..., of {} banks", banks));
  }
  return true;
}

bool LogReader::parse_command(LogEvent& event) {
  const std::string_view name = count_ > kFirst ? words_[kFirst].text : std::string_view();
  const auto& commands = spec_.commands;
  std::size_t index = 0;
  while (index < commands.size() && commands[index].name != name) {
    ++index;
  }
  if (index == commands.size()) {
    std::vector<std::string> known;
    for (const dram::Command& command : commands) {
      known.push_back(command.name);
    }
    return complain(kFirst, fmt::format("unknown command '{}'", name),
                    fmt::format("one of {}", fmt::join(known, ", ")),
                    base::nearest_name(name, known));
  }
  event.command = static_cast<int>(index);
  const dram::Command& command = commands[index];
  if (!has_words(has_count(command) ? kFirst + 6 : kFirst + 5,
                 has_count(command) ? "command NAME BANK ROW COLUMN NUMBER COUNT"
                                    : "command NAME BANK ROW COLUMN NUMBER")) {
    return false;
  }
  std::uint64_t repetitions = 1;
  if (has_count(command) && !number(kFirst + 5, static_cast<std::uint64_t>(command.most_count) + 1,
                                    "a number of repetitions", repetitions)) {
    return false;
  }
  event.count = static_cast<std::uint32_t>(repetitions);
  std::uint64_t bank = 0;
  if (!number(kFirst + 1, static_cast<std::uint64_t>(spec_.banks()), "a bank", bank)) {
    return false;
  }
  event.bank = static_cast<std::uint32_t>(bank);
  if (!optional_number(kFirst + 2, has_row(command), static_cast<std::uint64_t>(spec_.rows),
                       "a row", event.row) ||
      !optional_number(kFirst + 3, has_column(command), static_cast<std::uint64_t>(spec_.columns),
                       "a column", event.column)) {
    return false;
  }
  if (words_[kFirst + 4].text == "-") {
    return true;
  }
  return number(kFirst + 4, kLargest, "a number or -", event.number);
}

bool LogReader::address(std::size_t first, LogEvent& event) {
  std::uint64_t bank = 0;
  std::uint64_t row = 0;
  std::uint64_t column = 0;
  const bool read =
      number(first, static_cast<std::uint64_t>(spec_.banks()), "a bank", bank) &&
      number(first + 1, static_cast<std::uint64_t>(spec_.rows), "a row", row) &&
      number(first + 2, static_cast<std::uint64_t>(spec_.columns), "a column", column);
  event.bank = static_cast<std::uint32_t>(bank);
  event.row = static_cast<std::uint32_t>(row);
  event.column = static_cast<std::uint32_t>(column);
  return read;
}

bool LogReader::number(std::size_t index, std::uint64_t below, const char* what,
                       std::uint64_t& value) {
  const std::string_view text = index < count_ ? words_[index].text : std::string_view();
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value >= below) {
    return complain(index, fmt::format("'{}' is not {}", text, what),
                    fmt::format("0 to {}", below - 1));
  }
  return true;
}

bool LogReader::optional_number(std::size_t index, bool wanted, std::uint64_t below,
                                const char* what, std::uint32_t& value) {
  if (!wanted) {
    return words_[index].text == "-" ||
           complain(index, fmt::format("'{}' where the command has none", words_[index].text), "-");
  }
  std::uint64_t read = 0;
  const bool valid = number(index, below, what, read);
  value = static_cast<std::uint32_t>(read);
  return valid;
}

bool LogReader::has_words(std::size_t count, const char* form) {
  return count_ == count || complain(std::min(count, count_), "a line of another length",
                                     fmt::format("CYCLE CHANNEL {}", form));
}

bool LogReader::complain(std::size_t word, const std::string& message, const std::string& expected,
                         const std::string& suggestion) {
  const std::size_t start = word < count_ ? words_[word].start : text_.size();
  errors_.add(
      {{file_, line_number_, static_cast<int>(start) + 1}, "", message, expected, suggestion});
  return false;
}

}  // namespace orrery::memory::checker
