// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "memory/checker/command_chooser.h"
#include "memory/checker/controller_replay.h"
#include "memory/checker/findings.h"
#include "memory/checker/refresh_deadline.h"

namespace orrery::memory::checker {

// How much of a log is checked.
enum class Depth : std::uint8_t {
  kDevice,     // the commands: constraints, states, command buses and data buses
  kController  // also refreshes, requests, lost time and precedence: needs every event of the log
};

// Replays the events of one channel, a cycle at a time: first what the controller should have done
// in the cycles in which nothing happened, then what happened against what was allowed.
class ChannelChecker {
 public:
  // The spec and the findings must outlive the checker.
  ChannelChecker(const dram::Spec& spec, const dram::ControllerConfig& config, Depth depth,
                 std::uint32_t channel, Findings& findings);

  void event(const LogEvent& event);
  // The log covers all cycles before `end`.
  void finish(Cycle end);

  [[nodiscard]] std::uint64_t commands() const { return commands_; }

 private:
  // The cycle whose events are in pending_.
  void close_cycle();
  // The cycles [next_, until), in which nothing was logged.
  void check_silence(Cycle until);
  void settle(Cycle cycle);
  void check_announcements(Cycle cycle, bool also_released);
  void announce(const LogEvent& event);
  void check_arrival(const LogEvent& event);
  void check_commands(Cycle cycle);
  void check_bus_order();
  void check_command(const LogEvent& event);
  void check_refresh(const LogEvent& event);
  void check_request(const LogEvent& event);
  void check_precedence(const LogEvent& event, const CommandChooser::Choice& expected);
  void check_deadlines(Cycle cycle);
  void apply(const LogEvent& event);
  void report_lost(const CommandChooser::Choice& choice);

  template <class Text>
  void report(FindingKind kind, Cycle cycle, Text text, Cycle allowed = 0, int constraint = -1) {
    findings_.add({kind, cycle, channel_, constraint, allowed, {}}, text);
  }
  [[nodiscard]] const dram::Command& command_of(const LogEvent& event) const {
    return spec_.commands[static_cast<std::size_t>(event.command)];
  }
  [[nodiscard]] std::string name(const LogEvent& event) const;

  const dram::Spec& spec_;
  const Depth depth_;
  const std::uint32_t channel_;
  Findings& findings_;
  ControllerReplay replay_;
  CommandChooser chooser_;
  RefreshDeadline deadline_;
  std::vector<LogEvent> pending_;
  Cycle next_ = 0;  // the first cycle that is not judged yet
  bool announced_writing_ = false;
  std::uint64_t announced_blocked_ = 0;
  bool loss_reported_ = false;  // since the last command
  std::uint64_t commands_ = 0;
};

}  // namespace orrery::memory::checker
