// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "memory/checker/bus_occupation.h"
#include "memory/checker/constraint_history.h"
#include "memory/checker/device_state.h"
#include "memory/checker/log_event.h"
#include "memory/checker/refresh_ledger.h"
#include "memory/checker/request_ledger.h"
#include "memory/dram/controller_config.h"
#include "memory/specification/spec.h"

namespace orrery::memory::checker {

// What is known of one channel and its controller after a part of the log: devices, buses, queued
// requests and the state of the policies, recomputed from arrivals and commands alone.
class ControllerReplay {
 public:
  // The spec must outlive this.
  ControllerReplay(const dram::Spec& spec, const dram::ControllerConfig& config);

  // Step 1 of a cycle: a burst enters.
  void arrive(const LogEvent& arrival);
  // Steps 2 and 3: what falls due by `cycle`, and which requests compete. To be called once for
  // each cycle in which anything happens, for the cycle after it and for each next_change().
  void settle(Cycle cycle);
  // Step 4: one command.
  void apply(const LogEvent& command);

  [[nodiscard]] const dram::Spec& spec() const { return spec_; }
  [[nodiscard]] const dram::ControllerConfig& config() const { return config_; }
  [[nodiscard]] const ConstraintHistory& history() const { return history_; }
  [[nodiscard]] const DeviceState& device() const { return device_; }
  [[nodiscard]] const BusOccupation& buses() const { return buses_; }
  [[nodiscard]] const RequestLedger& requests() const { return requests_; }
  [[nodiscard]] const RefreshLedger& refresh() const { return refresh_; }

  // The first cycle after the last settle() in which a settle() could change anything although
  // nothing is logged.
  [[nodiscard]] Cycle next_change() const { return refresh_.next_due(); }
  [[nodiscard]] bool writing() const { return writing_; }
  [[nodiscard]] bool competes(const QueuedRequest& request) const {
    return !has_direction_ || request.is_write == writing_;
  }
  // The rank's next refresh is allowed ahead of need: no request waits for its banks.
  [[nodiscard]] bool may_refresh(unsigned rank) const;
  [[nodiscard]] bool has_requests(std::uint64_t banks) const;
  [[nodiscard]] std::uint64_t rank_banks(unsigned rank) const;
  // The last ACT, RD or WR to the bank.
  [[nodiscard]] Cycle last_use(unsigned bank) const { return banks_[bank].last_use; }
  // Column commands to the open row that overtook an older request for another row.
  [[nodiscard]] std::int64_t overtaken(unsigned bank) const { return banks_[bank].overtaken; }
  // Whether the rank is idle, and the last cycle in which it was not. Kept only where a policy
  // asks.
  [[nodiscard]] bool idle(unsigned rank) const { return idle_[rank].idle; }
  [[nodiscard]] Cycle busy_until(unsigned rank) const { return idle_[rank].busy_until; }

  // Changes whenever something changes that decides which command comes next, time apart.
  [[nodiscard]] std::uint64_t version() const { return version_; }

 private:
  struct Bank {
    Cycle last_use = 0;
    std::int64_t overtaken = 0;
  };
  struct Idleness {
    bool idle = true;
    Cycle busy_until = 0;
  };

  void settle_direction();
  void settle_idleness(Cycle cycle);
  void count_overtaking(const LogEvent& command);
  void note_rank(const dram::Command& command, const LogEvent& event);

  const dram::Spec& spec_;
  const dram::ControllerConfig config_;
  const bool has_direction_;
  const std::int64_t write_high_;
  const std::int64_t write_low_;
  ConstraintHistory history_;
  DeviceState device_;
  BusOccupation buses_;
  RequestLedger requests_;
  RefreshLedger refresh_;
  bool writing_ = false;
  std::vector<Bank> banks_;
  std::vector<Idleness> idle_;  // by rank
  std::uint64_t version_ = 0;
};

}  // namespace orrery::memory::checker
