// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "memory/checker/controller_replay.h"

namespace orrery::memory::checker {

// Step 4 of docs/components/memory_controller.md: on each command bus the command of highest
// precedence, and the first cycle in which any is allowed.
class CommandChooser {
 public:
  struct Choice {
    Cycle cycle = kNever;  // kNever: whatever time passes, none
    int precedence = 0;
    std::uint64_t order = 0;  // among those of one precedence, the lowest goes
    int command = -1;
    unsigned bank = 0;
    std::uint64_t number = kNoNumber;
    std::uint32_t row = 0;
    std::uint32_t column = 0;
  };

  // The replay must outlive the chooser.
  explicit CommandChooser(const ControllerReplay& replay);

  // What the bus does in the first cycle, not before `from`, in which it can do anything, if
  // nothing else happens until then. Valid up to the replay's next_change().
  [[nodiscard]] const Choice& first(int bus, Cycle from);

  // The buses in the order in which they decide: that of the column commands before the others.
  [[nodiscard]] const std::vector<int>& bus_order() const { return bus_order_; }

  // "RD bank 3 row 7 for request 12".
  [[nodiscard]] std::string describe(const Choice& choice) const;

 private:
  enum Precedence : int { kMandatory, kColumn, kRow, kPageTimeout, kOptionalRefresh, kPowerDown };
  // What the requests of one bank ask for.
  struct Wishes {
    const QueuedRequest* oldest = nullptr;     // competing
    const QueuedRequest* read_hit = nullptr;   // the oldest competing one
    const QueuedRequest* write_hit = nullptr;  // likewise
    std::size_t hits = 0;                      // of both directions, competing or not
  };
  struct Commands {
    int activate, precharge, precharge_all, read, read_precharge, write, write_precharge;
    int power_down, power_down_exit, self_refresh, self_refresh_exit;
  };

  void find(Cycle from);
  void offer(Precedence precedence, std::uint64_t order, int command, unsigned bank,
             const QueuedRequest* request = nullptr, Cycle not_before = 0);
  void offer_rank(unsigned rank);
  void offer_refresh(Precedence precedence, unsigned rank);
  void offer_power_down(unsigned rank);
  void offer_bank(unsigned bank, bool blocked);
  void offer_columns(unsigned bank, const Wishes& wishes);
  [[nodiscard]] Wishes wishes_of(unsigned bank) const;
  [[nodiscard]] bool capped(unsigned bank, const Wishes& wishes) const;
  [[nodiscard]] bool closes_row(unsigned bank, const Wishes& wishes) const;

  const ControllerReplay& replay_;
  const dram::Spec& spec_;
  const dram::ControllerConfig& config_;
  const Commands command_;
  std::vector<int> bus_order_;
  std::vector<Choice> best_;  // by bus
  std::uint64_t version_ = ~std::uint64_t{0};
  Cycle from_ = 0;
};

}  // namespace orrery::memory::checker
