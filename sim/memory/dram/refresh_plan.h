// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "memory/dram/controller_config.h"
#include "memory/specification/spec.h"

namespace orrery::memory::dram {

// Which refreshes a rank owes. Refresh k of the rank falls due at
// floor((k R + r + 1) nREFI / (U R)), r its number among the R ranks that share its data bus, U the
// sets of banks that are refreshed in turn (1: the whole rank).
class RefreshPlan {
 public:
  // rank counts through the channel. Sets are the masks of banks, in their order.
  RefreshPlan(const Spec& spec, const ControllerConfig& config, int rank);

  // The command that refreshes a set, -1: none is ever due.
  [[nodiscard]] int command() const { return command_; }
  [[nodiscard]] Cycle next_due() const { return next_due_; }
  // Counts what falls due up to and in this cycle; in self-refresh it is not owed.
  void pass(Cycle cycle, bool counts);
  [[nodiscard]] bool must_refresh() const { return owed_ > max_postponed_; }
  // If no request stands against it.
  [[nodiscard]] bool may_refresh() const { return owed_ > -max_pulled_in_; }
  // The banks that are refreshed next.
  [[nodiscard]] std::uint64_t banks() const { return sets_[set_]; }
  void refreshed() {
    --owed_;
    set_ = set_ + 1 == sets_.size() ? 0 : set_ + 1;
  }
  void forget_owed() { owed_ = 0; }

 private:
  [[nodiscard]] Cycle due(std::int64_t number) const;

  int command_ = -1;
  std::vector<std::uint64_t> sets_;
  std::size_t set_ = 0;
  Cycle interval_ = 0;
  std::int64_t ranks_ = 1;  // on one data bus
  std::int64_t rank_ = 0;   // among them
  std::int64_t next_ = 0;
  Cycle next_due_ = std::numeric_limits<Cycle>::max();
  std::int64_t owed_ = 0;
  std::int64_t max_postponed_ = 0;
  std::int64_t max_pulled_in_ = 0;
};

}  // namespace orrery::memory::dram
