// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "memory/dram/channel.h"

namespace orrery::memory::dram::test {

// A slice with its bursts written out.
struct ReferenceSlice {
  std::vector<std::uint64_t> bursts;
  bool is_write = false;
  std::uint32_t initiator = 0;
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

struct ReferenceCounts {
  std::uint64_t hits = 0, misses = 0, conflicts = 0, forwarded = 0, latency_sum = 0;
  std::vector<RankStatistics> ranks;
};

// The controller of docs/components/dram.md, evaluated in every cycle with plain searches over
// plain lists. It takes the numbers of the Spec and shares no code with the channel.
class ClockedController {
 public:
  ClockedController(const Spec& spec, const ChannelConfig& config);

  // Slices of one initiator in the order of their submission.
  void submit(const ReferenceSlice& slice);
  // Evaluates the cycles up to `until`, exclusive.
  void run(Cycle until);

  [[nodiscard]] const std::vector<CommandRecord>& log() const { return log_; }
  [[nodiscard]] const std::vector<Completion>& completions() const { return completions_; }
  [[nodiscard]] const ReferenceCounts& counts() const { return counts_; }
  [[nodiscard]] bool idle() const { return open_.empty(); }

 private:
  struct Place {
    std::vector<int> nodes;  // at each level, numbered through the channel
    std::int64_t row = 0;
    std::int64_t column = 0;
    [[nodiscard]] int bank() const { return nodes.back(); }
  };
  struct Entry {
    std::uint64_t number = 0;
    std::uint64_t burst = 0;
    Place place;
    std::uint64_t ticket = 0;
    std::uint32_t initiator = 0;
    Cycle arrival = 0;
    char first = 0;
  };
  struct Line {
    std::deque<ReferenceSlice> slices;
    std::size_t next_burst = 0;
    int in_flight = 0;                  // entered, end not known yet
    std::vector<Cycle> credits_return;  // one for each burst that is done
  };
  struct OpenSlice {
    std::uint32_t initiator = 0;
    std::size_t left = 0;
    Cycle done = 0;
  };

  void tick();
  void arrive();
  void finish_burst(std::uint64_t ticket, std::uint32_t initiator, Cycle done);
  void choose_direction();
  bool try_refresh(int bus);
  bool try_column(int bus);
  bool try_row(int bus);
  void account_ranks();
  bool allowed(int command, const std::vector<int>& nodes) const;
  void issue(int command, const Place& place, std::optional<std::uint64_t> number);
  [[nodiscard]] Place locate(std::uint64_t burst) const;
  [[nodiscard]] bool due(int rank) const;
  [[nodiscard]] int rank_of(const Place& place) const {
    return place.nodes[static_cast<std::size_t>(spec_.refresh_scope)];
  }
  [[nodiscard]] bool free_bus(int bus) const {
    return bus_free_[static_cast<std::size_t>(bus)] <= now_;
  }
  [[nodiscard]] const Command& command(int index) const {
    return spec_.commands[static_cast<std::size_t>(index)];
  }

  const Spec& spec_;
  ChannelConfig config_;
  Cycle now_ = 0;
  std::vector<Line> lines_;
  std::int64_t last_initiator_ = -1;
  std::map<std::uint64_t, OpenSlice> open_;
  std::vector<Entry> reads_, writes_;
  bool writing_ = false;
  std::uint64_t arrivals_ = 0;
  std::map<int, std::int64_t> open_row_;  // by bank
  std::vector<Cycle> bus_free_;
  std::vector<std::int64_t> refreshes_done_;  // by rank
  std::vector<Cycle> refreshed_until_;
  // Issue cycles of the earlier commands of each constraint, by node.
  std::vector<std::map<int, std::vector<Cycle>>> history_;
  std::vector<CommandRecord> log_;
  std::vector<Completion> completions_;
  ReferenceCounts counts_;
};

}  // namespace orrery::memory::dram::test
