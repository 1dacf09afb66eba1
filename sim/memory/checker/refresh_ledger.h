// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "memory/checker/log_event.h"
#include "memory/dram/controller_config.h"
#include "memory/specification/spec.h"

namespace orrery::memory::checker {

inline constexpr Cycle kNever = Cycle{1} << 62U;

// What each rank owes. Refresh k of rank r falls due at floor((k R + r + 1) I / R) with R ranks on
// a data bus, r counted within them, I the refresh interval or, by sets of banks, the interval in
// which each bank is refreshed once divided by the sets in a rank
// (docs/components/memory_controller.md, step 2).
class RefreshLedger {
 public:
  // The spec must outlive the ledger. A config that needs a command the spec lacks is not allowed.
  RefreshLedger(const dram::Spec& spec, const dram::ControllerConfig& config);

  // Counts what falls due up to and in `now`. True when that was anything.
  bool advance(Cycle now);
  // The first cycle after the last advance() in which a refresh falls due.
  [[nodiscard]] Cycle next_due() const { return next_due_; }

  [[nodiscard]] unsigned ranks() const { return static_cast<unsigned>(ranks_.size()); }
  [[nodiscard]] std::int64_t owed(unsigned rank) const { return ranks_[rank].owed; }
  [[nodiscard]] bool must(unsigned rank) const {
    return enabled_ && ranks_[rank].owed > most_postponed_;
  }
  // Whether the rank may refresh once no request waits for the banks.
  [[nodiscard]] bool may_if_unwanted(unsigned rank) const {
    return enabled_ && ranks_[rank].owed > -most_pulled_in_;
  }
  // The banks that the rank's next refresh acts on.
  [[nodiscard]] std::uint64_t next_banks(unsigned rank) const {
    const Rank& r = ranks_[rank];
    return r.sets.empty() ? 0 : r.sets[r.next_set];
  }
  // All banks that must refresh.
  [[nodiscard]] std::uint64_t blocked() const;
  // The command that the policy refreshes with, -1 for none.
  [[nodiscard]] int command() const { return command_; }

  // The policy's refresh has been issued to a set of the rank.
  void issued(unsigned rank, std::uint64_t banks);
  // What a rank owes when it enters self-refresh is forgotten, be it positive or negative, and what
  // falls due there is not owed.
  void self_refresh(unsigned rank, bool entered);

 private:
  struct Rank {
    std::int64_t owed = 0;
    std::int64_t counted = 0;  // fallen due so far
    Cycle due = kNever;        // the next one
    std::vector<std::uint64_t> sets;
    std::size_t next_set = 0;
    bool in_self_refresh = false;
  };
  [[nodiscard]] Cycle due(std::int64_t k, std::int64_t rank) const;

  bool enabled_;
  int command_ = -1;
  std::int64_t interval_;
  std::int64_t sharing_;        // ranks on a data bus
  std::int64_t sets_each_ = 1;  // sets of banks in a rank
  std::int64_t most_postponed_;
  std::int64_t most_pulled_in_;
  std::vector<Rank> ranks_;
  Cycle next_due_ = kNever;
};

}  // namespace orrery::memory::checker
