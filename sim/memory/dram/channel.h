// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "memory/dram/channel_map.h"
#include "memory/dram/channel_observer.h"
#include "memory/dram/controller_config.h"
#include "memory/dram/intake.h"
#include "memory/dram/rank_state.h"
#include "memory/dram/request_queue.h"
#include "memory/dram/slice.h"
#include "memory/dram/spec.h"
#include "memory/dram/statistics.h"
#include "memory/dram/timing_state.h"

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

// One memory channel, cycle by cycle as docs/components/dram.md states it, computed by events:
// nothing is evaluated in a cycle in which nothing can happen.
class Channel {
 public:
  // The spec, the sink and the observer must outlive the channel.
  Channel(const Spec& spec, const ChannelConfig& config, CompletionSink& completions,
          ChannelObserver* observer = nullptr);

  // Puts a slice at the end of its initiator's line. It may enter from cycle `arrival` on, which
  // must not lie before horizon(). An empty slice is not allowed.
  void submit(const Slice& slice, Cycle arrival);

  // Commits everything that happens before `until`, and nothing later. Any sequence of steps that
  // ends at the same cycle has the same outcome.
  void advance(Cycle until);

  // Everything before this cycle is committed.
  [[nodiscard]] Cycle horizon() const { return horizon_; }
  // No slice is waiting or under way. Refreshes still come.
  [[nodiscard]] bool idle() const { return intake_.empty(); }
  // Without further submissions no completion carries an earlier cycle; kNeverCycle when idle.
  [[nodiscard]] Cycle completion_bound() const;

  // The account up to horizon(); only then do the times add up.
  [[nodiscard]] ChannelStatistics statistics() const;
  [[nodiscard]] const Spec& spec() const { return spec_; }

 private:
  static constexpr std::size_t kMostBanks = RequestQueue::kMostBanks;
  enum Direction : std::uint8_t { kReading, kWriting };
  // Classes of commands, by precedence.
  static constexpr std::uint64_t kRefreshClass = 0;
  static constexpr std::uint64_t kColumnClass = 1;
  static constexpr std::uint64_t kRowClass = 2;
  static constexpr unsigned kBankBits = 6;
  static constexpr unsigned kAgeBits = 30;
  static constexpr unsigned kTagBits = kBankBits + kAgeBits + 2;

  [[nodiscard]] static std::uint64_t tag(std::uint64_t kind, std::uint64_t age, unsigned bank) {
    return kind << (kBankBits + kAgeBits) | age << kBankBits | bank;
  }
  [[nodiscard]] static unsigned bank_of(std::uint64_t tag) {
    return static_cast<unsigned>(tag & (kMostBanks - 1));
  }

  // A command that could be issued: the cycle, and among those of one cycle the tag decides. From
  // the top: class (refresh, column, row), age of the request (rank of a refresh), bank.
  struct Candidate {
    Cycle cycle = kNeverCycle;
    std::uint64_t tag = ~std::uint64_t{0};
    [[nodiscard]] bool before(const Candidate& other) const {
      return cycle < other.cycle || (cycle == other.cycle && tag < other.tag);
    }
  };
  using Tags = std::array<std::uint64_t, kMostBanks>;  // by bank
  // What a bank or a rank can be a candidate for.
  enum Kind : unsigned { kColumn, kActivate, kPrecharge, kRefresh, kKinds };
  static constexpr unsigned kAllKinds = (1U << kKinds) - 1;
  struct Commands {
    int activate, precharge, precharge_all, read, write, refresh;
  };

  static constexpr std::int64_t kClosed = -1;

  // The cycle.
  void arrive(Cycle cycle);
  void decide(Cycle cycle);
  void block_due_ranks(Cycle cycle);
  void choose_direction();
  // Whether the counts as they stand ask for the other direction. It never holds twice running.
  [[nodiscard]] bool direction_would_change() const {
    const int writes = writes_.size();
    if (direction_ == kReading) {
      return writes >= write_high_ || (reads_.empty() && writes > 0);
    }
    return writes == 0 || (writes <= write_low_ && !reads_.empty());
  }

  // Commands.
  void issue_column(Cycle cycle);
  void issue_row(Kind kind, Cycle cycle);
  void activate(unsigned bank, Cycle cycle);
  void precharge(unsigned bank, Cycle cycle);
  void refresh(unsigned rank, Cycle cycle);
  void precharge_rank(unsigned rank, Cycle cycle);
  // Everything that every command does: constraints, counts, log.
  void issue(int command, unsigned bank, const Request* request, Cycle cycle);
  // The bus is taken and what the command may have delayed is stale.
  void after_issue(int command, bool column, Cycle cycle);

  // Candidates.
  void consider_arrival(RequestQueue::Index index, Cycle cycle);
  void set_hit(unsigned bank, RequestQueue::Index index);
  // The bank has requests and none of them can have its column command. Returns what it needs.
  Kind set_row_candidate(unsigned bank);
  void rebuild_candidates();
  void classify_bank(unsigned bank);
  void update_candidates(Cycle floor) {
    if (stale_ != 0) {
      find_stale(floor);
    }
  }
  void find_stale(Cycle floor);
  [[nodiscard]] Candidate first_of(Kind kind, Cycle floor) const;
  [[nodiscard]] Candidate first_in_rank(Kind kind, std::uint64_t banks, Cycle floor) const;
  [[nodiscard]] Candidate first_refresh(Cycle floor) const;
  // A bank that has just become a candidate.
  void offer(Kind kind, unsigned bank, Cycle floor);
  // Among the three kinds on the row bus.
  [[nodiscard]] Kind first_row_kind() const;
  [[nodiscard]] Cycle bus_floor(Kind kind) const {
    return kind == kColumn ? column_floor_ : row_floor_;
  }
  [[nodiscard]] int command_of(Kind kind) const {
    return kind == kColumn     ? column_command()
           : kind == kActivate ? command_.activate
                               : command_.precharge;
  }
  [[nodiscard]] int column_command() const {
    return direction_ == kReading ? command_.read : command_.write;
  }

  [[nodiscard]] RequestQueue& queue() { return direction_ == kReading ? reads_ : writes_; }
  [[nodiscard]] unsigned rank_of(unsigned bank) const { return bank >> rank_shift_; }
  [[nodiscard]] std::uint64_t rank_mask(unsigned rank) const {
    return rank_banks_ << (rank << rank_shift_);
  }
  [[nodiscard]] std::uint32_t next_age();
  [[nodiscard]] AccessStatistics& layer_statistics(std::uint32_t layer);

  const Spec& spec_;
  const ChannelConfig config_;
  ChannelObserver* const observer_;
  const ChannelMap map_;
  const Commands command_;
  const TimingTable table_;
  TimingState timing_;
  Intake intake_;
  RequestQueue reads_;
  RequestQueue writes_;
  const int write_high_;
  const int write_low_;
  Direction direction_ = kReading;
  const bool one_bus_;
  const Cycle read_cycles_;  // from a read's column command to the end of its data
  const unsigned rank_shift_;
  const std::uint64_t rank_banks_;  // a rank's banks as a mask, for rank 0

  std::array<std::int64_t, kMostBanks> open_row_;  // or kClosed
  // Of the current direction, by kind; bit b stands for bank b. A bank with requests is in one:
  // the open row is hit, it is closed, or it is open and no request hits.
  std::array<std::uint64_t, 3> banks_{};
  std::array<Tags, 3> tags_;                         // of the banks above
  std::array<RequestQueue::Index, kMostBanks> hit_;  // of banks_[kColumn]: the oldest hit
  std::uint64_t blocked_ = 0;                        // banks whose refresh is due
  // The first command of each kind, unless its bit in stale_ is set.
  std::array<Candidate, kKinds> first_;
  Cycle first_row_cycle_ = kNeverCycle;  // of the three kinds on the row bus
  unsigned stale_ = 0;
  std::vector<unsigned>
      delayed_elsewhere_;  // by command: the kinds that other banks must reconsider

  std::vector<RankState> ranks_;
  std::vector<RefreshSchedule> refreshes_;
  Cycle next_refresh_due_ = kNeverCycle;  // of the ranks that are not blocked

  Cycle horizon_ = 0;
  Cycle column_floor_ = 0;  // the first cycle in which the bus is free for a column command
  Cycle row_floor_ = 0;
  Cycle arrival_floor_ = 0;
  Cycle direction_event_ = kNeverCycle;
  std::uint32_t age_ = 0;
  std::uint64_t arrivals_ = 0;

  std::vector<std::uint64_t> command_counts_;
  std::vector<std::unique_ptr<AccessStatistics>> layers_;
};

}  // namespace orrery::memory::dram
