// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "memory/dram/channel_observer.h"

namespace orrery::memory::trace {

using base::Cycle;

enum class BankState : std::uint8_t { kClosed, kOpen, kRefreshing, kPowerDown, kSelfRefresh };

// "closed", "open", "refreshing", "power_down", "self_refresh".
[[nodiscard]] const std::string& bank_state_name(BankState state);

// A bank is in this state from this cycle on.
struct BankChange {
  Cycle cycle = 0;
  unsigned bank = 0;  // through the channel
  BankState state = BankState::kClosed;
  std::int64_t row = -1;  // that is open, in power-down too; -1: none
};

// The states of a channel's banks, made of its commands. A bank is open from the ACT to the PRE;
// RDA and WRA close it in the cycle in which the constraint table would have allowed a PRE. It is
// refreshing for as long as the standard says of the command. Everything else is closed.
class BankStates : public dram::ChannelObserver {
 public:
  explicit BankStates(const dram::Spec& spec);

  void command(const dram::CommandRecord& record) override;
  // Reports what ends by itself before `end`.
  void finish(Cycle end);

 protected:
  // Changes come in the order of their cycles. All banks are closed before the first.
  virtual void bank_changed(const BankChange& change) = 0;

  [[nodiscard]] const dram::Spec& spec() const { return spec_; }

 private:
  static constexpr Cycle kNever = std::numeric_limits<Cycle>::max();

  struct Bank {
    BankState state = BankState::kClosed;
    std::int64_t row = -1;
    Cycle activated = 0;
    Cycle closes = kNever;  // by itself: a precharge or the end of a refresh
  };

  void settle(Cycle until);
  void set(unsigned bank, Cycle cycle, BankState state, std::int64_t row);
  void close_at(Bank& bank, Cycle cycle);
  void apply(const dram::CommandRecord& record, unsigned bank);
  // The largest delay from a command of one kind to a PRE of the same bank; 0 when there is none.
  [[nodiscard]] Cycle delay_to_precharge(dram::CommandKind earlier) const;

  const dram::Spec& spec_;
  const Cycle activate_to_precharge_;
  const Cycle read_to_precharge_;
  const Cycle write_to_precharge_;
  std::vector<Bank> banks_;
  Cycle next_close_ = kNever;  // the earliest of all banks
};

// "rank0.bank_group1.bank2": the levels of the standard that have more than one node.
[[nodiscard]] std::string bank_name(const dram::Spec& spec, unsigned bank,
                                    const std::string& separator);

}  // namespace orrery::memory::trace
