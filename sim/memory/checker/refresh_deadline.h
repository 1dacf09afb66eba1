// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "memory/checker/log_event.h"
#include "memory/checker/refresh_ledger.h"
#include "memory/dram/controller_config.h"
#include "memory/specification/spec.h"

namespace orrery::memory::checker {

// By when a refresh that must be done has to be issued, whatever the scheduler. Once it must, only
// these commands stand before it: an exit from power-down, the precharges of its banks (one
// for a whole rank), and the refresh. Each waits at most W(command), the longest delay of the rows
// in which it is the later one, after the last command that delays it, and for the command bus:
// there the same steps of the other ranks come first, and one command may be under way. With S
// steps,
//   bound = sum of W over the steps + (ranks + 1) S (longest command)
// after the cycle in which it must, or after the last command that a row of the table lets delay
// one of the steps.
class RefreshDeadline {
 public:
  // The spec must outlive this.
  RefreshDeadline(const dram::Spec& spec, const dram::ControllerConfig& config);

  [[nodiscard]] Cycle bound() const { return bound_; }

  // After every change of the ledger: a rank that newly must gets its deadline.
  void update(const RefreshLedger& ledger, Cycle now);
  // A command that may delay the refreshes that must be done.
  void command(const RefreshLedger& ledger, const LogEvent& command);
  // kNever for a rank that need not.
  [[nodiscard]] Cycle of(unsigned rank) const { return deadlines_[rank]; }
  // Its absence has been reported.
  void reported(unsigned rank) { deadlines_[rank] = kNever; }
  // The refresh came; the next update() says whether another one must.
  void refreshed(unsigned rank) { must_[rank] = false; }

 private:
  // A row by which a command delays a step.
  struct Delay {
    int scope = 0;
    bool sibling = false;
  };
  [[nodiscard]] bool delays(const Delay& row, unsigned bank, std::uint64_t banks) const;

  const dram::Spec& spec_;
  Cycle bound_ = 0;
  std::vector<std::vector<Delay>> delays_;  // by command
  std::vector<Cycle> deadlines_;            // by rank
  std::vector<bool> must_;                  // by rank, at the last update
};

}  // namespace orrery::memory::checker
