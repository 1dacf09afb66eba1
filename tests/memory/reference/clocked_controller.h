// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "memory/dram/channel.h"
#include "tests/memory/reference/clocked_pim.h"
#include "tests/memory/reference/constraint_history.h"
#include "tests/memory/reference/event_log.h"
#include "tests/memory/reference/refresh_ledger.h"

namespace orrery::memory::dram::test {

// A slice with its bursts written out.
struct ReferenceSlice {
  std::vector<std::uint64_t> bursts;
  bool is_write = false;
  std::uint32_t initiator = 0;
  std::uint32_t layer = 0;
  std::uint64_t ticket = 0;
  Cycle arrival = 0;
};

struct Completion {
  std::uint64_t ticket = 0;
  std::uint32_t initiator = 0;
  Cycle cycle = 0;
  bool operator==(const Completion&) const = default;
  auto operator<=>(const Completion&) const = default;
};

// The controller of docs/components/memory_controller.md and pim.md with every policy, evaluated in
// every cycle with plain searches over plain lists. It takes the numbers of the Spec and of the
// configuration and shares no code with the channel.
class ClockedController {
 public:
  // The spec must outlive the controller.
  ClockedController(const Spec& spec, const ChannelConfig& config);
  ClockedController(const ClockedController&) = delete;
  ClockedController& operator=(const ClockedController&) = delete;

  // Slices of one initiator in the order of their submission.
  void submit(const ReferenceSlice& slice);
  // Programs in the order of their arrival.
  void submit_pim(const PimProgram& program, Cycle arrival) { pim_.submit(program, arrival); }
  // Evaluates the cycles up to `until`, exclusive.
  void run(Cycle until);

  [[nodiscard]] Cycle now() const { return now_; }
  [[nodiscard]] const std::vector<Event>& events() const { return log_.events(); }
  [[nodiscard]] std::vector<CommandRecord> commands() const { return log_.commands(); }
  [[nodiscard]] const std::vector<Completion>& completions() const { return completions_; }
  // The account of the evaluated cycles.
  [[nodiscard]] ChannelStatistics statistics() const;
  [[nodiscard]] bool idle() const { return open_.empty() && pim_.idle(); }

 private:
  struct Entry {
    std::uint64_t number = 0;
    std::uint64_t burst = 0;
    int bank = 0;
    std::int64_t row = 0;
    std::int64_t column = 0;
    bool is_write = false;
    std::uint64_t ticket = 0;
    std::uint32_t initiator = 0;
    std::uint32_t layer = 0;
    Cycle arrival = 0;
    std::optional<CommandKind> first;  // the first command issued for it
  };
  struct Line {
    std::deque<ReferenceSlice> slices;
    std::size_t next_burst = 0;
    int in_flight = 0;                  // entered, end not known yet
    std::vector<Cycle> credits_return;  // one for each burst that is done
  };
  // A digit of the burst number, from the least significant.
  struct AddressField {
    int level = 0;
    std::uint64_t count = 1;
  };
  static constexpr int kRowField = -1;
  static constexpr int kColumnField = -2;
  struct OpenSlice {
    std::uint32_t initiator = 0;
    std::size_t left = 0;
    Cycle done = 0;
  };
  struct AwaitedRead {
    Entry entry;
    std::optional<Cycle> data_end;
  };
  struct Bank {
    std::optional<std::int64_t> row;  // the open one
    Cycle last_use = 0;               // of ACT, RD or WR
    std::int64_t overtakes = 0;       // column commands since the ACT that passed an older request
    Cycle closing_until = 0;          // the automatic precharge has not begun before this cycle
  };
  enum class Power : std::uint8_t { kUp, kDown, kSelfRefresh };
  struct Rank {
    Power power = Power::kUp;
    Cycle busy = 0;  // the last cycle that was not idle
    Cycle refreshed_until = 0;
    RankStatistics account;
  };

  // The steps of a cycle.
  void tick();
  void arrive();
  void fall_due();
  void choose_direction();
  void take_turn_of_pim();
  void note_idleness();
  void issue_on(int bus);
  void account();

  // Arrival.
  [[nodiscard]] bool at_door(const Line& line) const;
  [[nodiscard]] bool may_enter(std::size_t initiator) const;
  [[nodiscard]] bool place_free(const Entry& entry) const;
  [[nodiscard]] int credits_of(std::size_t initiator) const;
  [[nodiscard]] Entry next_entry(std::size_t initiator) const;
  [[nodiscard]] std::optional<std::size_t> choose_initiator() const;
  void enter(std::size_t initiator);

  // Answers.
  void data_ends(std::uint64_t number, Cycle cycle);
  void answer_read(const Entry& read, Cycle done);
  void finish_burst(const Entry& entry, Cycle done);

  // Commands, in the order of their precedence; each says whether it has issued one.
  bool refresh_what_must(int bus);
  bool send_pim(int bus);
  bool serve_column(int bus);
  bool serve_row(int bus);
  bool close_by_timeout(int bus);
  bool refresh_what_may(int bus);
  bool enter_power_down(int bus);
  // The steps of a rank on the way to its refresh or out of power-down.
  bool refresh_rank(int bus, int rank);
  bool leave_power_down(int bus, int rank);
  // Issues the command when it belongs to the bus and the table allows it now.
  bool offer(int bus, int command, int bank, std::optional<Entry> request = std::nullopt);
  void act(int command, int bank, const std::optional<Entry>& request);
  // Issues the first of the orders that may be sent.
  bool send_first(int bus, const std::vector<PimOrder>& orders);
  void send(const PimOrder& order);
  void serve(int command, const Entry& request);

  // What the commands ask about.
  [[nodiscard]] ClockedPim::Rows memory_rows() const;
  [[nodiscard]] std::vector<ClockedPim::Write> queued_writes() const;
  [[nodiscard]] bool competes(const Entry& entry) const;
  [[nodiscard]] const Entry* oldest_competing(int bank) const;
  [[nodiscard]] bool hits(const Entry& entry) const;
  [[nodiscard]] bool capped(int bank) const;
  [[nodiscard]] bool may_have_column(const Entry& entry) const;
  [[nodiscard]] bool closes_row(const Entry& entry) const;
  [[nodiscard]] bool out_of_reach(int bank) const;
  [[nodiscard]] bool queued_for(const std::vector<int>& banks) const;
  [[nodiscard]] bool queued_for_rank(int rank) const;
  [[nodiscard]] bool must_refresh(int rank) const;
  [[nodiscard]] bool may_refresh(int rank) const;
  [[nodiscard]] std::optional<int> lowest_open(const std::vector<int>& banks) const;
  [[nodiscard]] std::vector<int> banks_of_rank(int rank) const;

  [[nodiscard]] int rank_of(int bank) const { return bank / (spec_.banks() / spec_.ranks()); }
  [[nodiscard]] Rank& rank(int index) { return ranks_[static_cast<std::size_t>(index)]; }
  [[nodiscard]] const Rank& rank(int index) const {
    return ranks_[static_cast<std::size_t>(index)];
  }
  [[nodiscard]] RefreshLedger& ledger(int index) {
    return ledgers_[static_cast<std::size_t>(index)];
  }
  [[nodiscard]] const RefreshLedger& ledger(int index) const {
    return ledgers_[static_cast<std::size_t>(index)];
  }
  [[nodiscard]] Bank& bank(int index) { return banks_[static_cast<std::size_t>(index)]; }
  [[nodiscard]] const Bank& bank(int index) const {
    return banks_[static_cast<std::size_t>(index)];
  }
  [[nodiscard]] const Command& command(int index) const {
    return spec_.commands[static_cast<std::size_t>(index)];
  }
  [[nodiscard]] AccessStatistics& layer(std::uint32_t index) { return layers_[index]; }
  void locate(Entry& entry) const;

  const Spec& spec_;
  ChannelConfig config_;
  const ControllerConfig& controller_;
  Cycle now_ = 0;
  std::vector<AddressField> address_fields_;
  std::vector<Line> lines_;
  std::size_t first_in_turn_ = 0;  // the initiator after the one that entered last
  std::map<std::uint64_t, OpenSlice> open_;
  std::vector<Entry> queue_;  // by arrival, of both directions
  bool writing_ = false;
  std::uint64_t arrivals_ = 0;
  std::deque<AwaitedRead> awaited_;  // reads whose answers wait for older ones
  Cycle last_answer_ = 0;
  std::vector<Bank> banks_;
  std::vector<Rank> ranks_;
  std::vector<RefreshLedger> ledgers_;  // by rank
  std::uint64_t blocked_ = 0;
  std::vector<Cycle> bus_free_;
  ConstraintHistory table_;
  ClockedPim pim_;
  EventLog log_;
  std::vector<Completion> completions_;
  std::vector<AccessStatistics> layers_;
  std::vector<std::uint64_t> command_counts_;
  std::vector<std::uint64_t> repetitions_;  // of PIM commands
};

}  // namespace orrery::memory::dram::test
