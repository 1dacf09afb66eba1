// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <vector>

#include "memory/dram/controller_config.h"
#include "memory/dram/credit_pool.h"
#include "memory/dram/pim_program.h"
#include "memory/dram/timing_state.h"
#include "memory/specification/pim_commands.h"

namespace orrery::memory::dram {

// The PIM side of a channel's controller, as docs/components/pim.md states it: the queue of
// programs, whose turn it is, what the step at its head still needs, and what of the memory's
// commands must be withheld meanwhile. The channel issues what this chooses.
class PimUnit {
 public:
  using Rows = std::array<std::int64_t, 64>;  // by bank: the open row, negative: closed

  // What could be sent next: a step, or a command that opens or closes rows for it.
  struct Choice {
    Cycle cycle = kNeverCycle;
    int command = -1;
    bool is_step = false;
    PimStep operands;
    std::uint64_t banks = 0;
  };
  // memory_rows: of the first row buffer, kept by the channel. All must outlive the unit.
  PimUnit(const Spec& spec, const ControllerConfig& config, const Rows& memory_rows);

  // Puts a program at the end of the queue, where it stands from `arrival` on.
  void submit(PimProgram program, Cycle arrival);
  // Of the first program that has not come yet; kNeverCycle when there is none.
  [[nodiscard]] Cycle next_arrival() const {
    return waiting_.empty() ? kNeverCycle : waiting_.front().arrival;
  }
  // The programs that have come by this cycle join the queue. first_request: the number of the next
  // burst that will enter; writes before it have to be in their rows before programs that need
  // these rows begin.
  void arrive(Cycle cycle, std::uint64_t first_request);

  // Nothing is queued and no step of a mode change is left.
  [[nodiscard]] bool idle() const { return queue_.empty() && mode_ == Mode::kMemory; }
  [[nodiscard]] bool nothing_at_all() const {
    return waiting_.empty() && idle() && !any_further_open(~std::uint64_t{0});
  }

  // The step before all commands of a cycle: whose turn it is, and what is admitted.
  struct Memory {
    bool empty = true;                 // nothing is queued
    bool must_write = false;           // see waits_for_write()
    Cycle next_refresh = kNeverCycle;  // when the next one falls due
    bool must_refresh = false;         // one is due
  };
  void settle(Cycle cycle, const Memory& memory);
  // Whether settle() may change something.
  [[nodiscard]] bool is_unsettled() const;
  // A program stands at the head and has not begun.
  [[nodiscard]] bool may_wait_for_writes() const { return !queue_.empty() && !begun_; }
  // That it waits for a queued write: one of an earlier number to a row that one of its steps needs
  // in a bank in which it acts.
  [[nodiscard]] bool waits_for_write(std::uint64_t number, unsigned bank, std::uint32_t row) const;

  // The first command, given the state of the device. Never before the floors.
  [[nodiscard]] Choice choose(const TimingState& timing, const std::vector<Cycle>& bus_floor) const;
  // The first command that closes rows of further buffers in these banks; none: cycle kNeverCycle.
  [[nodiscard]] Choice close_further(std::uint64_t banks, const TimingState& timing,
                                     const std::vector<Cycle>& bus_floor) const;
  [[nodiscard]] bool any_further_open(std::uint64_t banks) const;

  // The command is sent. Returns the program that is complete with it.
  struct Completion {
    std::uint64_t ticket = 0;
    std::uint32_t initiator = 0;
    Cycle cycle = 0;
  };
  std::optional<Completion> issued(const Choice& choice, Cycle cycle);

  // Banks to which memory commands must not be sent: at all, and of which an ACT of this row.
  [[nodiscard]] bool holds_memory_back() const;
  [[nodiscard]] std::uint64_t held_banks() const;
  [[nodiscard]] bool lacks_slack(std::int64_t needed) const {
    return slack_is_counted() && head_ && slack_ <= needed;
  }
  [[nodiscard]] bool owns(unsigned bank, std::int64_t row) const;
  // An ACT or a PRE for a request has been sent.
  void spend_slack() { slack_ -= slack_is_counted() ? config_.pim_slack_cost : 0; }

  // Layer of the program at the head; meaningful while !queue_.empty().
  [[nodiscard]] std::uint32_t layer() const { return queue_.front().program.layer; }
  [[nodiscard]] bool has_program() const { return !queue_.empty(); }
  // No program is complete before this cycle, given that nothing is sent before `horizon`;
  // kNeverCycle when there is none.
  [[nodiscard]] Cycle completion_bound(Cycle horizon) const;
  // Cycles in which a program was under way.
  [[nodiscard]] Cycle busy() const { return busy_; }
  [[nodiscard]] const PimCommands& commands() const { return commands_; }
  [[nodiscard]] const Rows& rows(int buffer) const {
    return buffer == 0 ? memory_rows_ : further_rows_[static_cast<std::size_t>(buffer) - 1];
  }

 private:
  static constexpr Cycle kNoSlack = std::numeric_limits<Cycle>::max();
  static constexpr std::int64_t kClosed = -1;
  // Whose turn it is. `concurrent` knows only the first two, for a mode change on the way.
  enum class Mode : std::uint8_t { kMemory, kEntering, kWorking, kLeaving };
  struct Queued {
    PimProgram program;
    Cycle arrival = 0;
    std::uint64_t first_request = 0;
    std::size_t first_repeated = 0;  // of its steps
  };

  [[nodiscard]] std::uint64_t all_banks() const {
    return ~std::uint64_t{0} >> (64 - spec_.banks());
  }
  [[nodiscard]] bool slack_is_counted() const { return slack_ != kNoSlack; }
  [[nodiscard]] const Command& info(int command) const {
    return spec_.commands[static_cast<std::size_t>(command)];
  }
  [[nodiscard]] PimStep step_of_program() const;
  void find_head();
  // What the rows are that the step needs: row commands still to be sent; of rows of other buffers
  // too.
  struct Needs {
    std::vector<PimCommands::RowCommand> closers;
    std::vector<PimCommands::RowCommand> openers;
  };
  void needs_of(const PimStep& step, Needs& needs) const;
  void needs_of_wide(const Command& command, unsigned bank, bool is_open, Needs& needs) const;
  void turn(const Memory& memory);
  void admit(Cycle cycle, const Memory& memory);
  // Whether the work fits before the next refresh.
  [[nodiscard]] bool fits(const PimStep& step, Cycle cycle, const Memory& memory);
  // True when the program is complete.
  bool next_step();

  const Spec& spec_;
  const ControllerConfig& config_;
  const Rows& memory_rows_;
  const PimCommands commands_;
  const bool concurrent_;
  std::vector<Rows> further_rows_;  // by buffer, from the second on
  std::deque<Queued> waiting_;
  std::deque<Queued> queue_;
  Mode mode_ = Mode::kMemory;
  std::size_t step_ = 0;  // of the program, or of the mode change
  std::uint32_t repetition_ = 0;
  bool waits_ = false;           // the program at the head may not begin yet
  bool begun_ = false;           // the program at the head
  bool admitted_ = false;        // the step at the head, where it asks for it
  std::optional<PimStep> head_;  // the step to be done next, where it may be done
  int refusals_ = 0;             // of it, each before another refresh
  Cycle refused_before_ = kNeverCycle;
  Cycle slack_ = kNoSlack;
  std::int64_t announced_row_ = kClosed;  // by the last header, and where
  int announced_buffer_ = 0;
  std::uint64_t announced_banks_ = 0;
  Cycle begin_ = 0;     // of the program at the head
  Cycle complete_ = 0;  // of its steps so far
  Cycle busy_ = 0;
  Cycle busy_until_ = 0;
  mutable Needs needs_;                // spares allocations
  mutable std::uint64_t unready_ = 0;  // banks that a row of needs_ must be closed in first
};

}  // namespace orrery::memory::dram
