// SPDX-License-Identifier: Apache-2.0
// Why the channel does not do more.
#include <fmt/format.h>

#include <algorithm>

#include "memory/dram/channel.h"

namespace orrery::memory::dram {

namespace {

// Longer lists help nobody.
constexpr std::size_t kMostShown = 8;

// The rows of the table that keep a command waiting at a level.
std::string rows_for(const Spec& spec, int command) {
  std::string text;
  for (const Constraint& constraint : spec.constraints) {
    if (std::find(constraint.later.begin(), constraint.later.end(), command) ==
        constraint.later.end()) {
      continue;
    }
    std::string earlier;
    for (const int index : constraint.earlier) {
      earlier +=
          (earlier.empty() ? "" : ", ") + spec.commands[static_cast<std::size_t>(index)].name;
    }
    text += fmt::format("\n      {}: [{}] -> {}: {} cycles ({})",
                        spec.levels[static_cast<std::size_t>(constraint.scope)].name, earlier,
                        spec.commands[static_cast<std::size_t>(command)].name, constraint.delay,
                        constraint.text);
  }
  return text;
}

}  // namespace

std::string Channel::explain(Cycle cycle) const {
  std::string text = fmt::format(
      "{}: no request has been served for {} cycles, at cycle {}; {} reads and {} "
      "writes are queued, {} compete",
      spec_.name, longest_wait_, cycle, reads_.size(), writes_.size(),
      directed_ ? (direction_ == kReading ? "the reads" : "the writes") : "all");
  for (const RequestQueue* requests : {&reads_, &writes_}) {
    std::size_t shown = 0;
    for (RequestQueue::Index index = requests->oldest();
         index != RequestQueue::kNone && shown < kMostShown;
         index = requests->at(index).younger, ++shown) {
      const Request& request = requests->at(index);
      const unsigned bank = request.bank;
      const bool is_write = requests == &writes_;
      const Kind needed = open_row_[bank] == kClosed ? kActivate
                          : open_row_[bank] == static_cast<std::int64_t>(request.row)
                              ? (is_write ? kWrite : kRead)
                              : kPrecharge;
      const int command = command_of(needed);
      text += fmt::format(
          "\n  {} {} of bank {}, row {}, since cycle {}: needs {}, which the table allows from "
          "cycle {}{}{}",
          is_write ? "write" : "read", request.number, bank, request.row, request.arrival,
          spec_.commands[static_cast<std::size_t>(command)].name, timing_.earliest(command, bank),
          (blocked_ >> bank & 1U) != 0 ? "; its bank must be refreshed first" : "",
          (down_ >> bank & 1U) != 0 ? "; its rank is powered down" : "");
      if (shown == 0 && timing_.earliest(command, bank) > cycle) {
        text += rows_for(spec_, command);
      }
    }
  }
  return text;
}

}  // namespace orrery::memory::dram
