// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "memory/dram/controller_config.h"
#include "memory/specification/spec.h"

namespace orrery::memory::dram::test {

// What one rank owes: the refreshes that have fallen due against those that have been issued.
class RefreshLedger {
 public:
  // rank counts through the channel. The command is REF of the rank, or with `per_bank` the
  // command of the sets.
  RefreshLedger(const Spec& spec, const ControllerConfig& config, int rank);

  // The banks of the next refresh, in ascending order.
  [[nodiscard]] const std::vector<int>& banks() const { return sets_[next_set_]; }
  [[nodiscard]] int command() const { return command_; }
  [[nodiscard]] bool whole_rank() const { return whole_rank_; }

  // Counts what falls due in this cycle. Cycles come one after another.
  void fall_due(Cycle now);
  [[nodiscard]] std::int64_t owed() const { return due_ - issued_; }
  [[nodiscard]] bool must() const { return exists_ && owed() > max_postponed_; }
  // Whether the count allows a refresh that need not be.
  [[nodiscard]] bool may() const { return exists_ && owed() > -max_pulled_in_; }

  // When the next one falls due; only where there are any.
  [[nodiscard]] Cycle next_due() const { return due_cycle(due_); }
  [[nodiscard]] bool exists() const { return exists_; }

  void issue();
  // Nothing is owed and nothing has been done ahead.
  void forget() { issued_ = due_; }

 private:
  [[nodiscard]] Cycle due_cycle(std::int64_t k) const;

  bool exists_;
  bool whole_rank_;
  int command_;
  std::vector<std::vector<int>> sets_;  // by their lowest banks
  std::size_t next_set_ = 0;
  std::int64_t interval_;
  std::int64_t rank_on_bus_;
  std::int64_t ranks_on_bus_;
  std::int64_t max_postponed_;
  std::int64_t max_pulled_in_;
  std::int64_t due_ = 0;
  std::int64_t issued_ = 0;
};

}  // namespace orrery::memory::dram::test
