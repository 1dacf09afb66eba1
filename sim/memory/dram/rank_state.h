// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <vector>

#include "memory/dram/statistics.h"

namespace orrery::memory::dram {

// How many banks of a rank are open, whether it is powered down, and how long it has been in which
// state. Events come in the order of their cycles; closings that lie ahead (automatic precharge)
// are kept until then.
class RankState {
 public:
  enum class Power : std::uint8_t { kUp, kPowerDown, kSelfRefresh };

  [[nodiscard]] Power power() const { return power_; }
  [[nodiscard]] bool powered_down() const { return power_ != Power::kUp; }

  void open_one(Cycle cycle) {
    settle(cycle);
    ++open_banks_;
  }
  void close(int banks, Cycle cycle) {
    settle(cycle);
    open_banks_ -= banks;
  }
  // Whether a row is open in a buffer beyond the first.
  void set_further_open(bool open, Cycle cycle) {
    settle(cycle);
    further_open_ = open;
  }
  void close_one_at(Cycle cycle) {
    closings_.insert(std::upper_bound(closings_.begin(), closings_.end(), cycle), cycle);
  }
  // All banks are closed; the rank is busy for `duration`.
  void refresh(Cycle cycle, Cycle duration) {
    settle(cycle);
    refreshing_until_ = cycle + duration;
    count_refresh();
  }
  // Of some banks.
  void count_refresh() { ++statistics_.refreshes; }
  void set_power(Power power, Cycle cycle) {
    settle(cycle);
    power_ = power;
  }

  // The account up to `end`, which is not before the last event.
  [[nodiscard]] RankStatistics statistics(Cycle end) const {
    RankState copy = *this;
    copy.settle(end);
    return copy.statistics_;
  }

 private:
  void settle(Cycle cycle) {
    while (!closings_.empty() && closings_.front() <= cycle) {
      account(closings_.front());
      --open_banks_;
      closings_.erase(closings_.begin());
    }
    account(cycle);
  }
  // Everything from since_ to `cycle` is of one state, but for the end of a refresh.
  void account(Cycle cycle) {
    statistics_.further_open += further_open_ ? cycle - since_ : 0;
    if (since_ < refreshing_until_) {
      const Cycle end = std::min(cycle, refreshing_until_);
      statistics_.refreshing += end - since_;
      since_ = end;
    }
    if (power_ == Power::kUp) {
      statistics_.open_bank_cycles += static_cast<Cycle>(open_banks_) * (cycle - since_);
    }
    state() += cycle - since_;
    since_ = cycle;
  }
  [[nodiscard]] Cycle& state() {
    switch (power_) {
      case Power::kSelfRefresh:
        return statistics_.self_refresh;
      case Power::kPowerDown:
        return open_banks_ > 0 ? statistics_.active_power_down : statistics_.precharged_power_down;
      case Power::kUp:
        break;
    }
    return open_banks_ > 0 ? statistics_.active : statistics_.precharged;
  }

  RankStatistics statistics_;
  std::vector<Cycle> closings_;  // ahead, in order
  int open_banks_ = 0;
  bool further_open_ = false;
  Power power_ = Power::kUp;
  Cycle since_ = 0;
  Cycle refreshing_until_ = 0;
};

}  // namespace orrery::memory::dram
