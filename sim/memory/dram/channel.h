// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "memory/dram/burst_counts.h"
#include "memory/dram/channel_map.h"
#include "memory/dram/channel_observer.h"
#include "memory/dram/controller_config.h"
#include "memory/dram/intake.h"
#include "memory/dram/page_policy.h"
#include "memory/dram/pim_unit.h"
#include "memory/dram/rank_state.h"
#include "memory/dram/read_timing.h"
#include "memory/dram/read_window.h"
#include "memory/dram/refresh_plan.h"
#include "memory/dram/request_queue.h"
#include "memory/dram/response_queue.h"
#include "memory/dram/scheduler.h"
#include "memory/dram/slice.h"
#include "memory/dram/statistics.h"
#include "memory/dram/timing_state.h"
#include "memory/specification/spec.h"

namespace orrery::memory::dram {

// One channel of a tier: its controller, and what the tier and the initiators ask of it.
struct ChannelConfig {
  ControllerConfig controller;
  int credits = 64;  // bursts that one initiator may have outstanding here
  // Likewise for single initiators: index -> credits, 0 for the default above.
  std::vector<int> credits_of_initiator;
  Cycle round_trip = 0;  // cycles from the end of a burst to the arrival of its successor

  // Throws UserError when the controller does not suit the standard or a number is out of range.
  void check(const Spec& spec) const;
};

// One memory channel, cycle by cycle as docs/components/memory_controller.md states it, computed by
// events: nothing is evaluated in a cycle in which nothing can happen.
class Channel {
 public:
  // The spec, the sink and the observer must outlive the channel.
  Channel(const Spec& spec, const ChannelConfig& config, CompletionSink& completions,
          ChannelObserver* observer = nullptr);

  // Puts a slice at the end of its initiator's line. It may enter from cycle `arrival` on, which
  // must not lie before horizon(). An empty slice is not allowed.
  void submit(Slice slice, Cycle arrival);

  // Likewise a program for the banks; only where the spec has PIM commands. Programs begin in the
  // order in which they arrive.
  void submit_pim(PimProgram program, Cycle arrival);

  // Commits everything that happens before `until`, and nothing later. Any sequence of steps that
  // ends at the same cycle has the same outcome.
  void advance(Cycle until);

  // Everything before this cycle is committed.
  [[nodiscard]] Cycle horizon() const { return horizon_; }
  // No slice is waiting or under way. Refreshes still come.
  [[nodiscard]] bool idle() const { return intake_.empty() && (!pim_ || pim_->nothing_at_all()); }
  // Without further submissions no completion carries an earlier cycle; kNeverCycle when idle.
  [[nodiscard]] Cycle completion_bound() const;

  // The account up to horizon(); only then do the times add up.
  [[nodiscard]] ChannelStatistics statistics() const;
  // By the cycles of their column commands.
  [[nodiscard]] const BurstCounts& bursts_over_time() const { return bursts_; }
  [[nodiscard]] const Spec& spec() const { return spec_; }

  // For a person: what is queued at this cycle, what the oldest requests wait for and until when.
  [[nodiscard]] std::string explain(Cycle cycle) const;

 private:
  static constexpr std::size_t kMostBanks = RequestQueue::kMostBanks;
  enum Direction : std::uint8_t { kReading, kWriting };
  // Classes of commands, by precedence.
  enum Class : std::uint64_t { kRefreshClass, kColumnClass, kRowClass, kHouseClass };
  // Of the last class, likewise.
  enum Housekeeping : std::uint64_t { kTimeout, kEarlyRefresh, kIdle };
  static constexpr unsigned kBankBits = 6;
  static constexpr unsigned kAgeBits = 30;
  static constexpr std::uint32_t kLargestAge = 1U << kAgeBits;
  static constexpr unsigned kTagBits = kBankBits + kAgeBits + 2;

  [[nodiscard]] static std::uint64_t tag(std::uint64_t kind, std::uint64_t age, unsigned bank) {
    return kind << (kBankBits + kAgeBits) | age << kBankBits | bank;
  }
  [[nodiscard]] static unsigned bank_of(std::uint64_t tag) {
    return static_cast<unsigned>(tag & (kMostBanks - 1));
  }
  [[nodiscard]] static std::uint64_t bit(unsigned bank) { return std::uint64_t{1} << bank; }

  // A command that could be issued: the cycle, and among those of one cycle the tag decides. From
  // the top: class, age of the request (rank of a refresh, kind of housekeeping), bank.
  struct Candidate {
    Cycle cycle = kNeverCycle;
    std::uint64_t tag = ~std::uint64_t{0};
    [[nodiscard]] bool before(const Candidate& other) const {
      return cycle < other.cycle || (cycle == other.cycle && tag < other.tag);
    }
  };
  // One that is not for a request: its command and the banks it acts on.
  struct Upkeep : Candidate {
    int command = -1;
    std::uint64_t banks = 0;
  };
  using Tags = std::array<std::uint64_t, kMostBanks>;  // by bank
  // What a bank can be a candidate for, then what a rank can be. kReadClose: with automatic
  // precharge.
  enum Kind : unsigned {
    kRead,
    kReadClose,
    kWrite,
    kWriteClose,
    kActivate,
    kPrecharge,
    kBankKinds,
    kRefresh = kBankKinds,
    kHouse,
    kKinds
  };
  static constexpr unsigned kColumnKinds =
      (1U << kRead) | (1U << kReadClose) | (1U << kWrite) | (1U << kWriteClose);
  static constexpr unsigned kRequestKinds = (1U << kBankKinds) - 1;
  static constexpr unsigned kUpkeepKinds = (1U << kRefresh) | (1U << kHouse);
  static constexpr unsigned kAllKinds = (1U << kKinds) - 1;
  struct Commands {
    int precharge_all, power_down, power_up, self_refresh, self_refresh_exit;
  };

  static constexpr std::int64_t kClosed = -1;

  // The cycle.
  [[nodiscard]] Cycle next_arrival() {
    return intake_.next_known() ? intake_.known_next() : intake_.next_cycle(door(), arrival_floor_);
  }
  void arrive(Cycle cycle);
  void receive(const Intake::Arrival& arrival, unsigned bank, Cycle cycle);
  void answer_in_order(std::uint32_t number, Cycle data_end);
  void enqueue(const Intake::Arrival& arrival, unsigned bank, std::uint64_t number,
               AccessStatistics& statistics, Cycle cycle);
  void decide(Cycle cycle);
  void decide_on_column_bus(Cycle cycle);
  void decide_on_row_bus(Cycle cycle);
  void pass_dues(Cycle cycle);
  void choose_direction(Cycle cycle);
  // Whether the counts as they stand ask for the other direction. It never holds twice running.
  [[nodiscard]] bool direction_would_change() const {
    const int writes = writes_.size();
    if (pim_ && pim_waits_for_writes()) {
      return direction_ == kReading;
    }
    if (direction_ == kReading) {
      return writes >= write_high_ || (reads_.empty() && writes > 0);
    }
    return writes == 0 || (writes <= write_low_ && !reads_.empty());
  }
  [[nodiscard]] Door door() const {
    return {is_full(reads_), is_full(writes_), full_banks_, map_, open_row_.data()};
  }
  // Whether a request of the queue's direction finds no place, whatever its bank.
  [[nodiscard]] bool is_full(const RequestQueue& requests) const {
    return (shared_ ? reads_.size() + writes_.size() : requests.size()) >= places_of_all_banks_;
  }

  // A stretch in which reads compete and nothing else. While it lasts the queue of reads holds them
  // in no list, and window_ knows their places. Writes may wait meanwhile.
  [[nodiscard]] bool may_stretch() const;
  void begin_stretch();
  void end_stretch();
  // Goes on up to `until`; ends the stretch when something else comes.
  void stretch(Cycle until);
  [[nodiscard]] Cycle next_stretch_arrival();
  void stretch_arrival(Cycle cycle);
  void stretch_read(unsigned position, Cycle cycle);
  void stretch_activate(unsigned position, Cycle cycle);
  void stretch_precharge(unsigned position, Cycle cycle);
  // What all commands of a stretch do.
  template <ReadNeed need>
  void stretch_issued(const Request& request, Cycle cycle);

  // Commands.
  void issue_column(Cycle cycle);
  void issue_row_bus(Kind kind, Cycle cycle);
  void activate(unsigned bank, Cycle cycle);
  void precharge(unsigned bank, Cycle cycle);
  void issue_upkeep(Upkeep upkeep, Cycle cycle);  // a copy: the candidates change meanwhile
  void refreshed(unsigned rank, Cycle cycle);
  void set_power(unsigned rank, RankState::Power power, Cycle cycle);
  void close_banks(std::uint64_t banks, Cycle cycle);
  void leave(unsigned bank, bool is_write, RequestQueue::Index index, bool closes, Cycle cycle);
  void served(const Request& request, bool is_write, Cycle cycle);
  // Everything that every command does: constraints, counts, log.
  void issue(int command, unsigned bank, const Request* request, Cycle cycle);
  void record(int command, unsigned bank, const Request* request, Cycle cycle) {
    ++command_counts_[static_cast<std::size_t>(command)];
    if (observer_ != nullptr) [[unlikely]] {
      tell(command, bank, request, cycle);
    }
  }
  void tell(int command, unsigned bank, const Request* request, Cycle cycle);
  // The bus is taken and what the command may have delayed is stale.
  void after_issue(int command, bool column, Cycle cycle);

  // Processing in memory.
  void settle_pim(Cycle cycle);
  void choose_pim(Cycle floor);
  void issue_pim(Cycle cycle);
  void apply_pim(const PimUnit::Choice& choice, Cycle cycle);
  void row_command_beside_pim(Cycle cycle);
  void close_memory_rows(std::uint64_t banks, Cycle cycle);
  void note_further_rows(std::uint64_t banks, Cycle cycle);
  [[nodiscard]] bool pim_waits_for_writes() const;
  [[nodiscard]] bool pim_goes(Cycle cycle, bool on_column_bus) const {
    return pim_ && pim_choice_.cycle == cycle &&
           (one_bus_ || (pim_bus() == column_bus_) == on_column_bus);
  }
  [[nodiscard]] int pim_bus() const {
    return spec_.commands[static_cast<std::size_t>(pim_choice_.command)].bus;
  }
  // Banks that may not have the command because of PIM work.
  [[nodiscard]] std::uint64_t withheld(Kind kind) const;

  // Candidates.
  void consider_arrival(RequestQueue::Index index, bool is_write, Cycle cycle);
  void set_hit(Kind kind, unsigned bank, RequestQueue::Index index);
  // The bank has requests and none of them can have its column command. Returns what it needs.
  Kind set_row_candidate(unsigned bank, std::uint32_t age);
  void rebuild_candidates();
  void classify_bank(unsigned bank);
  [[nodiscard]] Scheduler::Competing competing(unsigned bank) const;
  [[nodiscard]] Kind column_kind(bool is_write, const Request& request) const;
  void update_candidates(Cycle floor) {
    if (stale_ != 0) {
      find_stale(floor);
    }
  }
  void find_stale(Cycle floor);
  void find_columns(Cycle floor);
  void find_row_commands(Cycle floor);
  [[nodiscard]] Candidate first_of(Kind kind, Cycle floor) const;
  [[nodiscard]] Candidate first_in_rank(Kind kind, std::uint64_t banks, Cycle floor) const;
  [[nodiscard]] Upkeep first_refresh(Cycle floor) const;
  [[nodiscard]] Upkeep upkeep_of(int command, std::uint64_t banks, std::uint64_t tag,
                                 Cycle floor) const;
  [[nodiscard]] Upkeep further_rows_of(unsigned rank, std::uint64_t tag, Cycle floor) const;
  [[nodiscard]] Upkeep refresh_of(unsigned rank, std::uint64_t tag, Cycle floor) const;
  [[nodiscard]] Upkeep first_housekeeping(Cycle floor) const;
  [[nodiscard]] Upkeep idle_command(unsigned rank, Cycle floor) const;
  // A bank that has just become a candidate.
  void offer(Kind kind, unsigned bank, Cycle floor);
  [[nodiscard]] bool is_stale(Kind kind) const { return (stale_ >> kind & 1U) != 0; }
  [[nodiscard]] Cycle bus_floor(Kind kind) const {
    return kind < kActivate ? column_floor_ : row_floor_;
  }
  [[nodiscard]] int command_of(Kind kind) const { return commands_[kind]; }
  // By need.
  [[nodiscard]] ReadTiming::Commands read_commands() const {
    return {command_of(ReadNeed::kColumn), command_of(ReadNeed::kActivate),
            command_of(ReadNeed::kPrecharge)};
  }
  [[nodiscard]] int command_of(ReadNeed need) const {
    constexpr std::array<Kind, kReadNeeds> kKinds = {kRead, kActivate, kPrecharge};
    return commands_[kKinds[need]];
  }
  [[nodiscard]] Kind direction_kind() const { return direction_ == kReading ? kRead : kWrite; }

  [[nodiscard]] RequestQueue& queue() { return direction_ == kReading ? reads_ : writes_; }
  [[nodiscard]] unsigned rank_of(unsigned bank) const { return bank >> rank_shift_; }
  [[nodiscard]] std::uint64_t rank_mask(unsigned rank) const {
    return rank_banks_ << (rank << rank_shift_);
  }
  [[nodiscard]] std::uint64_t occupied() const { return reads_.occupied() | writes_.occupied(); }
  [[nodiscard]] std::uint32_t next_age();
  [[nodiscard]] AccessStatistics& layer_statistics(std::uint32_t layer);
  void check_progress(Cycle cycle);

  const Spec& spec_;
  const ChannelConfig config_;
  CompletionSink& completions_;
  ChannelObserver* const observer_;
  const ChannelMap map_;
  const std::unique_ptr<const PagePolicy> page_policy_;
  const std::unique_ptr<const Scheduler> scheduler_;
  const Commands command_;
  const std::array<int, kBankKinds> commands_;  // by kind
  const TimingTable table_;
  TimingState timing_;
  Intake intake_;
  RequestQueue reads_;
  RequestQueue writes_;
  ResponseQueue responses_;
  const bool directed_;     // only one direction competes
  const bool closes_rows_;  // the page policy may close rows by column commands
  // The competing requests of a bank are those of the direction, and the oldest hit is its
  // candidate: lets arrivals and column commands leave most of the bank as it is.
  const bool simple_;
  const bool in_order_;  // of the answers
  const bool keeps_house_;
  bool stretches_ = false;  // of reads can be served by window_: see may_stretch()
  const std::int64_t places_;
  const bool shared_;  // by reads and writes
  const std::int64_t places_of_all_banks_;
  const int write_high_;
  const int write_low_;
  Direction direction_ = kReading;
  const bool one_bus_;
  const Cycle read_cycles_;  // from a read's column command to the end of its data
  const std::array<Cycle, kReadNeeds> bus_cycles_;  // of the commands for reads, by need
  const Cycle longest_wait_;  // between two column commands, while there are requests
  const unsigned rank_shift_;
  const std::uint64_t rank_banks_;          // a rank's banks as a mask, for rank 0
  std::array<Cycle, 2> precharge_after_{};  // a read, a write: to the precharge of its bank

  std::array<std::int64_t, kMostBanks> open_row_;     // or kClosed
  std::uint64_t open_ = 0;                            // banks with an open row
  std::array<Cycle, kMostBanks> last_used_{};         // by ACT or a column command
  std::array<std::int64_t, kMostBanks> overtaken_{};  // column commands since ACT that overtook
  // By kind; bit b stands for bank b. A bank with competing requests has column kinds (hits) or one
  // row kind.
  std::array<std::uint64_t, kBankKinds> banks_{};
  std::array<Tags, kBankKinds> tags_;  // of the banks above
  // Of the banks with column kinds: the request, read and write.
  std::array<std::array<RequestQueue::Index, kMostBanks>, 2> hit_;
  std::uint64_t blocked_ = 0;  // banks that must be refreshed
  std::uint64_t down_ = 0;     // banks of ranks that are powered down
  std::uint64_t full_banks_ = 0;
  // The first command of each kind, unless its bit in stale_ is set.
  std::array<Candidate, kBankKinds> first_;
  Upkeep first_refresh_;
  Upkeep first_house_;
  Candidate first_column_;  // of the four column kinds, and which of them
  Kind first_column_kind_ = kRead;
  Candidate first_row_;  // of the kinds on the row bus, likewise
  Kind first_row_kind_ = kActivate;
  unsigned stale_ = 0;
  std::vector<unsigned> delayed_elsewhere_;  // by command: kinds that other banks must reconsider
  ReadTiming read_timing_;                   // ahead of timing_ in a stretch
  ReadWindow window_;
  bool in_stretch_ = false;
  BurstCounts bursts_;
  int calm_ = 0;  // column commands since the direction changed

  const int column_bus_;
  std::unique_ptr<PimUnit> pim_;  // where the spec has such commands
  PimUnit::Choice pim_choice_;
  bool pim_stale_ = true;
  Cycle pim_event_ = kNeverCycle;  // when to settle whose turn it is
  std::vector<Cycle> bus_floors_;

  std::vector<RankState> ranks_;
  std::vector<RefreshPlan> refreshes_;
  std::vector<Cycle> idle_since_;  // by rank: its last command
  Cycle next_refresh_due_ = kNeverCycle;

  Cycle horizon_ = 0;
  Cycle column_floor_ = 0;  // the first cycle in which the bus is free for a column command
  Cycle row_floor_ = 0;
  Cycle arrival_floor_ = 0;
  Cycle direction_event_ = kNeverCycle;
  Cycle watch_until_ = 0;  // when to ask whether requests are served
  std::uint32_t age_ = 0;
  std::uint64_t arrivals_ = 0;

  std::vector<std::uint64_t> command_counts_;
  std::vector<std::uint64_t> repetitions_;  // by command, of PIM commands
  std::vector<std::unique_ptr<AccessStatistics>> layers_;
};

// Here, so that every command can have it inline.
inline void Channel::served(const Request& request, bool is_write, Cycle cycle) {
  bursts_.add(cycle);
  AccessStatistics& statistics = *request.statistics;
  switch (request.first) {
    case FirstCommand::kNone:
      ++statistics.row_hits;
      break;
    case FirstCommand::kActivate:
      ++statistics.row_misses;
      break;
    case FirstCommand::kPrecharge:
      ++statistics.row_conflicts;
      break;
  }
  if (is_write) {
    return;
  }
  const Cycle done = cycle + read_cycles_;
  if (in_order_) {
    answer_in_order(request.response, done);
    return;
  }
  const Cycle latency = done - request.arrival;
  statistics.read_latency_sum += static_cast<std::uint64_t>(latency);
  statistics.read_latency.add(latency);
  intake_.read_done(request.slice, done);
}

}  // namespace orrery::memory::dram
