// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "memory/dram/controller_config.h"
#include "memory/dram/pim_program.h"
#include "tests/memory/reference/constraint_history.h"

namespace orrery::memory::dram::test {

// A command that the programs of a channel want to send.
struct PimOrder {
  int command = 0;
  int bank = 0;  // the lowest of those it acts on
  std::int64_t row = 0;
  std::int64_t column = 0;
  std::uint32_t count = 1;
  bool is_step = false;  // of a program or a mode change; otherwise it opens or closes rows
};

// The programs of docs/components/pim.md, evaluated in every cycle by plain searches. It takes the
// numbers of the Spec and of the configuration and shares no code with the channel.
class ClockedPim {
 public:
  using Rows = std::vector<std::optional<std::int64_t>>;  // by bank: the open one

  struct Write {
    std::uint64_t number = 0;
    int bank = 0;
    std::int64_t row = 0;
  };
  // What the rest of the controller says in a cycle, before any of its commands.
  struct Surroundings {
    Cycle now = 0;
    bool nothing_queued = true;
    std::vector<Write> writes;  // that are queued
    bool refresh_is_due = false;
    std::optional<Cycle> next_refresh;
    Rows rows;  // of the first buffer
  };
  struct Done {
    std::uint64_t ticket = 0;
    std::uint32_t initiator = 0;
    Cycle cycle = 0;
  };
  struct Account {
    std::uint64_t steps = 0;
    std::uint64_t row_commands = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
  };

  // Both must outlive it, the table too.
  ClockedPim(const Spec& spec, const ControllerConfig& config, const ConstraintHistory& table);

  // Programs in the order of their arrival.
  void submit(const PimProgram& program, Cycle arrival);

  // Step 3a: programs that have arrived join the queue. next_arrival: the number of the next burst.
  void arrive(Cycle now, std::uint64_t next_arrival);
  // Step 3: whether one of the writes must go before the first program.
  [[nodiscard]] bool waits_for(const std::vector<Write>& writes) const;
  // Step 3a, then.
  void take_turn(const Surroundings& around);
  // Step 4: what it would send, best first, given the rows of the first buffer as they are now.
  [[nodiscard]] std::vector<PimOrder> orders(const Rows& rows) const;
  // What closes the rows of further buffers in these banks.
  [[nodiscard]] std::vector<PimOrder> closing(const std::vector<int>& banks) const;
  // The order has been sent. Returns the program that ends with it.
  std::optional<Done> sent(const PimOrder& order, Cycle now);

  // What is withheld from memory.
  [[nodiscard]] bool withholds_all() const;
  [[nodiscard]] bool withholds_bank(int bank) const;
  [[nodiscard]] bool withholds_activate(int bank, std::int64_t row) const;
  [[nodiscard]] bool withholds_precharge() const;
  [[nodiscard]] bool withholds_optional_refresh() const;
  // An ACT or a PRE for a request has been sent.
  void row_command_of_memory();

  [[nodiscard]] bool idle() const { return waiting_.empty() && queue_.empty(); }
  [[nodiscard]] const std::map<std::uint32_t, Account>& accounts() const { return accounts_; }
  // Cycles in which a program that is complete was under way.
  [[nodiscard]] Cycle busy() const { return busy_; }

 private:
  enum class Turn : std::uint8_t { kMemory, kEntering, kPim, kLeaving };
  struct Queued {
    PimProgram program;
    Cycle arrival = 0;
    std::uint64_t next_arrival = 0;  // of a burst, when it joined
  };
  // Row commands that are still missing for a step.
  struct Missing {
    std::vector<PimOrder> closing;
    std::vector<PimOrder> opening;  // those that need not wait for a closing one come first
    std::vector<PimOrder> opening_later;
  };

  [[nodiscard]] const Command& info(int command) const {
    return spec_.commands[static_cast<std::size_t>(command)];
  }
  [[nodiscard]] bool concurrent() const { return config_.pim_policy == PimPolicyKind::kConcurrent; }
  [[nodiscard]] std::optional<PimOrder> head() const;
  [[nodiscard]] PimStep step_of_program() const;
  [[nodiscard]] Rows rows_of(int buffer, const Rows& first) const;
  [[nodiscard]] bool needs_row(int command) const;
  [[nodiscard]] Missing missing_for(const PimOrder& step, const Rows& first) const;
  void close(int buffer, const std::vector<int>& banks, const std::vector<int>& kept,
             std::vector<PimOrder>& result) const;
  void open(int buffer, std::vector<int> banks, std::int64_t row,
            std::vector<PimOrder>& result) const;
  [[nodiscard]] bool is_row_command(int command, bool opens, int buffer) const;
  [[nodiscard]] bool admits(const PimStep& step, const Surroundings& around);
  [[nodiscard]] Cycle estimate(const PimStep& step, const Rows& first) const;
  std::optional<Done> step_sent(const PimOrder& order, Cycle now);
  void advance();
  [[nodiscard]] bool slack_at_most(std::int64_t cycles) const;

  const Spec& spec_;
  const ControllerConfig& config_;
  const ConstraintHistory& table_;
  std::deque<Queued> waiting_;
  std::deque<Queued> queue_;
  Turn turn_ = Turn::kMemory;
  std::size_t step_ = 0;  // of the program or of the mode change
  std::uint32_t repetition_ = 0;
  bool begun_ = false;
  bool waits_ = false;  // since step 3a
  bool admitted_ = false;
  std::optional<Cycle> slack_;
  std::optional<PimStep> header_;  // that reserves its row
  std::vector<Rows> further_;      // by buffer, from the second on
  Cycle began_ = 0;
  Cycle complete_ = 0;
  Cycle busy_ = 0;
  Cycle busy_until_ = 0;
  std::map<std::uint32_t, Account> accounts_;  // by layer
};

}  // namespace orrery::memory::dram::test
