// SPDX-License-Identifier: Apache-2.0
#include "tests/memory/reference/event_log.h"

#include <fmt/format.h>

namespace orrery::memory::dram::test {

namespace {

std::string command_text(const CommandRecord& record, const Spec& spec) {
  const Command& command = spec.commands[static_cast<std::size_t>(record.command)];
  const bool activate = command.kind == CommandKind::kActivate;
  const bool column =
      command.kind == CommandKind::kRead || command.kind == CommandKind::kReadPrecharge ||
      command.kind == CommandKind::kWrite || command.kind == CommandKind::kWritePrecharge;
  const auto shown = [](bool present, std::uint64_t value) {
    return present || value != 0 ? std::to_string(value) : std::string("-");
  };
  std::string text =
      fmt::format("command {} {} {} {} {}", command.name, record.bank,
                  shown(activate || column, record.row), shown(column, record.column),
                  record.request == kNoRequest ? "-" : std::to_string(record.request));
  if (command.most_count > 1) {
    text += fmt::format(" {}", record.count);
  }
  return text;
}

}  // namespace

std::string Event::text(const Spec& spec) const {
  const BankAddress& place = arrival.address;
  std::string what;
  switch (kind) {
    case Kind::kArrival:
      what = arrival.forwarded
                 ? fmt::format("forward {} {} {} {}", arrival.number, place.bank, place.row,
                               place.column)
                 : fmt::format("arrive {} {} {} {} {}", arrival.number,
                               arrival.is_write ? 'W' : 'R', place.bank, place.row, place.column);
      break;
    case Kind::kDirection:
      what = fmt::format("direction {}", writing ? "write" : "read");
      break;
    case Kind::kBlocked:
      what = fmt::format("blocked {:x}", blocked);
      break;
    case Kind::kCommand:
      what = command_text(command, spec);
      break;
  }
  return fmt::format("{} 0 {}", cycle, what);
}

void EventLog::arrival(const ArrivalRecord& record) {
  Event event;
  event.kind = Event::Kind::kArrival;
  event.cycle = record.cycle;
  event.arrival = record;
  events_.push_back(event);
}

void EventLog::direction(Cycle cycle, bool writing) {
  Event event;
  event.kind = Event::Kind::kDirection;
  event.cycle = cycle;
  event.writing = writing;
  events_.push_back(event);
}

void EventLog::blocked(Cycle cycle, std::uint64_t banks) {
  Event event;
  event.kind = Event::Kind::kBlocked;
  event.cycle = cycle;
  event.blocked = banks;
  events_.push_back(event);
}

void EventLog::command(const CommandRecord& record) {
  Event event;
  event.kind = Event::Kind::kCommand;
  event.cycle = record.cycle;
  event.command = record;
  events_.push_back(event);
}

std::vector<CommandRecord> EventLog::commands() const {
  std::vector<CommandRecord> result;
  for (const Event& event : events_) {
    if (event.kind == Event::Kind::kCommand) {
      result.push_back(event.command);
    }
  }
  return result;
}

}  // namespace orrery::memory::dram::test
