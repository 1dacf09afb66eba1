// SPDX-License-Identifier: Apache-2.0
#include "memory/checker/channel_checker.h"

#include <fmt/format.h>

#include <algorithm>

#include "memory/checker/command_traits.h"

namespace orrery::memory::checker {

ChannelChecker::ChannelChecker(const dram::Spec& spec, const dram::ControllerConfig& config,
                               Depth depth, std::uint32_t channel, Findings& findings)
    : spec_(spec),
      depth_(depth),
      channel_(channel),
      findings_(findings),
      replay_(spec, config),
      chooser_(replay_),
      deadline_(spec, config) {}

void ChannelChecker::event(const LogEvent& event) {
  if (!pending_.empty() && event.cycle > pending_.front().cycle) {
    close_cycle();
  }
  const Cycle now = pending_.empty() ? next_ : pending_.front().cycle;
  if (event.cycle < now) {
    report(FindingKind::kLogOrder, event.cycle,
           [&] { return fmt::format("an event after those of cycle {}", now); });
  }
  const bool arrival = event.kind == EventKind::kArrive || event.kind == EventKind::kForward;
  if (arrival && event.cycle <= now && !pending_.empty()) {
    report(FindingKind::kLogOrder, now,
           [] { return "an arrival that is not the first event of its cycle"; });
  }
  pending_.push_back(event);
  pending_.back().cycle = std::max(event.cycle, now);
}

void ChannelChecker::finish(Cycle end) {
  close_cycle();
  if (depth_ == Depth::kController) {
    check_silence(end);
    check_deadlines(end);
  }
}

void ChannelChecker::close_cycle() {
  if (pending_.empty()) {
    return;
  }
  const Cycle cycle = pending_.front().cycle;
  if (depth_ == Depth::kController) {
    check_silence(cycle);
    for (const LogEvent& event : pending_) {
      check_arrival(event);
    }
    settle(cycle);
    const auto first_command = std::find_if(pending_.begin(), pending_.end(), [](const auto& e) {
      return e.kind == EventKind::kCommand;
    });
    std::for_each(pending_.begin(), first_command, [&](const LogEvent& e) { announce(e); });
    check_announcements(cycle, first_command != pending_.end());
    check_commands(cycle);
    std::for_each(first_command, pending_.end(), [&](const LogEvent& e) { announce(e); });
    check_deadlines(cycle);
  } else {
    for (const LogEvent& event : pending_) {
      if (event.kind == EventKind::kCommand) {
        check_command(event);
        apply(event);
      }
    }
  }
  pending_.clear();
  next_ = cycle + 1;
}

void ChannelChecker::settle(Cycle cycle) {
  replay_.settle(cycle);
  deadline_.update(replay_.refresh(), cycle);
}

void ChannelChecker::check_silence(Cycle until) {
  while (next_ < until) {
    settle(next_);
    check_announcements(next_, false);
    const Cycle change = std::min(until, replay_.next_change());
    for (const int bus : chooser_.bus_order()) {
      const CommandChooser::Choice& choice = chooser_.first(bus, next_);
      if (choice.cycle < change) {
        report_lost(choice);
      }
    }
    next_ = change;
  }
}

// Until the next command only the first lost cycle is reported.
void ChannelChecker::report_lost(const CommandChooser::Choice& choice) {
  if (loss_reported_) {
    return;
  }
  loss_reported_ = true;
  report(FindingKind::kLostTime, choice.cycle, [&] {
    return fmt::format("{} was allowed and nothing issued", chooser_.describe(choice));
  });
}

void ChannelChecker::announce(const LogEvent& event) {
  if (event.kind == EventKind::kDirection) {
    announced_writing_ = event.is_write;
  } else if (event.kind == EventKind::kBlocked) {
    announced_blocked_ = event.banks;
  }
}

// A release may be announced at any time before the next command.
void ChannelChecker::check_announcements(Cycle cycle, bool also_released) {
  if (announced_writing_ != replay_.writing()) {
    announced_writing_ = replay_.writing();
    report(FindingKind::kPolicy, cycle, [&] {
      return fmt::format("{} compete from here on, which the log does not say",
                         replay_.writing() ? "writes" : "reads");
    });
  }
  const std::uint64_t blocked = replay_.refresh().blocked();
  const std::uint64_t wrong =
      also_released ? blocked ^ announced_blocked_ : blocked & ~announced_blocked_;
  if (wrong != 0) {
    report(FindingKind::kPolicy, cycle, [&] {
      return fmt::format("the banks that must refresh are {:#x}, in the log {:#x}", blocked,
                         announced_blocked_);
    });
    announced_blocked_ = blocked;
  }
}

void ChannelChecker::check_arrival(const LogEvent& event) {
  if (event.kind != EventKind::kArrive && event.kind != EventKind::kForward) {
    return;
  }
  const auto complain = [&](const char* what) {
    report(FindingKind::kRequest, event.cycle,
           [&] { return fmt::format("burst {} {}", event.number, what); });
  };
  const RequestLedger& requests = replay_.requests();
  if (event.number != requests.next_number()) {
    complain("does not follow its predecessor's number");
  }
  if (!requests.has_place(event, replay_.config())) {
    complain("enters without a free place");
  }
  const bool forwarded = event.kind == EventKind::kForward;
  if (!event.is_write && forwarded != requests.holds_write(event)) {
    complain(forwarded ? "is forwarded without a queued write"
                       : "is not forwarded although its burst is in a queued write");
  }
  replay_.arrive(event);
}

// The commands of one cycle stand in the order in which their buses decide.
void ChannelChecker::check_bus_order() {
  const std::vector<int>& order = chooser_.bus_order();
  auto bus = order.begin();
  for (const LogEvent& event : pending_) {
    if (event.kind != EventKind::kCommand) {
      continue;
    }
    const auto own = std::find(order.begin(), order.end(), command_of(event).bus);
    if (own < bus) {
      report(FindingKind::kLogOrder, event.cycle,
             [&] { return fmt::format("{} after a command of a later bus", name(event)); });
    }
    bus = own;
  }
}

void ChannelChecker::check_commands(Cycle cycle) {
  check_bus_order();
  for (const int bus : chooser_.bus_order()) {
    const CommandChooser::Choice expected = chooser_.first(bus, cycle);
    bool any = false;
    for (const LogEvent& event : pending_) {
      if (event.kind != EventKind::kCommand || command_of(event).bus != bus) {
        continue;
      }
      check_command(event);
      check_refresh(event);
      check_request(event);
      if (!any) {
        check_precedence(event, expected);
      }
      any = true;
      apply(event);
    }
    if (!any && expected.cycle == cycle) {
      report_lost(expected);
    }
  }
}

void ChannelChecker::check_precedence(const LogEvent& event,
                                      const CommandChooser::Choice& expected) {
  const bool due = expected.cycle == event.cycle;
  if (due && event.command == expected.command && event.bank == expected.bank &&
      event.number == expected.number && event.row == expected.row &&
      event.column == expected.column) {
    return;
  }
  report(FindingKind::kWrongOrder, event.cycle, [&] {
    return fmt::format("{} instead of {}", name(event),
                       due ? chooser_.describe(expected) : std::string("nothing"));
  });
}

void ChannelChecker::check_command(const LogEvent& event) {
  replay_.history().violated(
      event.command, event.bank, event.cycle, [&](int constraint, Cycle allowed) {
        report(
            FindingKind::kConstraint, event.cycle,
            [&] {
              return fmt::format("{} {} cycles early, allowed in cycle {}: {}", name(event),
                                 allowed - event.cycle, allowed,
                                 replay_.history().describe(constraint));
            },
            allowed, constraint);
      });
  const std::string objection = replay_.device().objection(event.command, event.bank, event.row);
  if (!objection.empty()) {
    report(FindingKind::kState, event.cycle,
           [&] { return fmt::format("{}: {}", name(event), objection); });
  }
  const int bus = command_of(event).bus;
  const Cycle free = replay_.buses().command_bus_free(bus);
  if (event.cycle < free) {
    report(
        FindingKind::kCommandBus, event.cycle,
        [&] {
          return fmt::format("{}: bus '{}' is taken until cycle {}", name(event),
                             spec_.command_buses[static_cast<std::size_t>(bus)], free);
        },
        free);
  }
  if (replay_.buses().data_collide(event.command, event.bank, event.cycle)) {
    report(FindingKind::kDataBus, event.cycle,
           [&] { return fmt::format("{}: its data meet those of another burst", name(event)); });
  }
}

void ChannelChecker::check_refresh(const LogEvent& event) {
  const RefreshLedger& ledger = replay_.refresh();
  const dram::Command& command = command_of(event);
  const std::uint64_t acted_on = spec_.banks_of(event.command, event.bank);
  const auto complain = [&](const char* what) {
    report(FindingKind::kRefresh, event.cycle,
           [&] { return fmt::format("{}: {}", name(event), what); });
  };
  const bool for_request = is_activate(command) || is_column(command) || event.number != kNoNumber;
  if (for_request && (acted_on & ledger.blocked()) != 0) {
    complain("the bank must refresh and serves no request before");
  }
  if (event.command != ledger.command()) {
    return;
  }
  const unsigned rank = replay_.device().rank_of(event.bank);
  if (acted_on != ledger.next_banks(rank)) {
    complain("another set of banks is next");
  }
  if (!ledger.must(rank) && !ledger.may_if_unwanted(rank)) {
    complain("no refresh is owed and none may be done ahead");
  }
}

void ChannelChecker::check_request(const LogEvent& event) {
  const dram::Command& command = command_of(event);
  if (event.number == kNoNumber) {
    if (is_activate(command) || is_column(command)) {
      report(FindingKind::kRequest, event.cycle,
             [&] { return fmt::format("{} for no request", name(event)); });
    }
    return;
  }
  const QueuedRequest* request = replay_.requests().find(event.bank, event.number);
  const char* what = nullptr;
  if (request == nullptr) {
    what = event.number < replay_.requests().next_number()
               ? "does not wait in this bank: it was served or is of another"
               : "has not arrived";
  } else if (is_column(command) && is_write(command) != request->is_write) {
    what = "is of the other direction";
  } else if (has_row(command) && event.row != request->row) {
    what = "is of another row";
  } else if (has_column(command) && event.column != request->column) {
    what = "is of another column";
  }
  if (what != nullptr) {
    report(FindingKind::kRequest, event.cycle,
           [&] { return fmt::format("{}: request {} {}", name(event), event.number, what); });
  }
}

void ChannelChecker::check_deadlines(Cycle cycle) {
  for (unsigned rank = 0; rank < replay_.refresh().ranks(); ++rank) {
    const Cycle deadline = deadline_.of(rank);
    if (cycle > deadline) {
      report(
          FindingKind::kRefresh, cycle,
          [&] {
            return fmt::format("rank {} owes {} refreshes and should have refreshed by cycle {}",
                               rank, replay_.refresh().owed(rank), deadline);
          },
          deadline);
      deadline_.reported(rank);
    }
  }
}

void ChannelChecker::apply(const LogEvent& event) {
  ++commands_;
  loss_reported_ = false;
  replay_.apply(event);
  if (depth_ == Depth::kController) {
    if (event.command == replay_.refresh().command()) {
      check_deadlines(event.cycle);
      deadline_.refreshed(replay_.device().rank_of(event.bank));
    }
    deadline_.update(replay_.refresh(), event.cycle);
    deadline_.command(replay_.refresh(), event);
  }
}

std::string ChannelChecker::name(const LogEvent& event) const {
  std::string text = fmt::format("{} bank {}", command_of(event).name, event.bank);
  if (has_row(command_of(event))) {
    text += fmt::format(" row {}", event.row);
  }
  if (event.number != kNoNumber) {
    text += fmt::format(" for request {}", event.number);
  }
  return text;
}

}  // namespace orrery::memory::checker
