// SPDX-License-Identifier: Apache-2.0
#include "memory/checker/log_writer.h"

#include <fmt/format.h>

#include <iterator>

#include "memory/checker/command_traits.h"

namespace orrery::memory::checker {

LogWriter::LogWriter(std::ostream& out, const dram::Spec& spec,
                     const dram::ControllerConfig& controller)
    : out_(out), spec_(spec) {
  out_ << to_text({spec.name, controller}) << '\n';
}

void LogWriter::event(const LogEvent& event) {
  fmt::memory_buffer line;
  auto out = std::back_inserter(line);
  fmt::format_to(out, "{} {} ", event.cycle, event.channel);
  switch (event.kind) {
    case EventKind::kArrive:
      fmt::format_to(out, "arrive {} {} {} {} {}", event.number, event.is_write ? 'W' : 'R',
                     event.bank, event.row, event.column);
      break;
    case EventKind::kForward:
      fmt::format_to(out, "forward {} {} {} {}", event.number, event.bank, event.row, event.column);
      break;
    case EventKind::kDirection:
      fmt::format_to(out, "direction {}", event.is_write ? "write" : "read");
      break;
    case EventKind::kBlocked:
      fmt::format_to(out, "blocked {:#x}", event.banks);
      break;
    case EventKind::kCommand: {
      const dram::Command& command = spec_.commands[static_cast<std::size_t>(event.command)];
      fmt::format_to(out, "command {} {}", command.name, event.bank);
      const auto column = [&](bool given, std::uint64_t value) {
        given ? fmt::format_to(out, " {}", value) : fmt::format_to(out, " -");
      };
      column(has_row(command), event.row);
      column(has_column(command), event.column);
      column(event.number != kNoNumber, event.number);
      if (has_count(command)) {
        fmt::format_to(out, " {}", event.count);
      }
      break;
    }
  }
  line.push_back('\n');
  out_.write(line.data(), static_cast<std::streamsize>(line.size()));
}

}  // namespace orrery::memory::checker
