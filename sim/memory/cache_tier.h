// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/container/small_vector.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "memory/cache_directory.h"
#include "memory/due_queue.h"
#include "memory/tier.h"

namespace orrery::memory {

// How a cache hangs in front of a memory; docs/components/cache.md.
struct CacheTierConfig {
  std::int64_t line_bytes = 128;
  std::int64_t sets = 1;
  std::int64_t ways = 1;
  std::int64_t slices = 1;
  std::int64_t slice_bytes = 64;  // a cycle
  base::ClockDomain clock{base::Rational(1'000'000)};
  Femtoseconds hit_latency = 0;
  Femtoseconds request_latency = 0;   // of the fabric, at least 1
  Femtoseconds response_latency = 0;  // likewise
  bool hashed = false;                // slices of lines, and channels of pieces of the memory
  // Of the memory behind it, where hashed: pieces on one channel before the next one's turn.
  std::int64_t channels = 1;
  std::int64_t piece_bytes = 256;
};

// A cache and the memory behind it. The memory's own request and response latency are those between
// cache and memory.
class CacheTier : public Tier, private TransferListener {
 public:
  SC_HAS_PROCESS(CacheTier);
  CacheTier(const sc_core::sc_module_name& name, const CacheTierConfig& config,
            std::unique_ptr<Tier> memory);

  void finish(Femtoseconds end) override { memory_->finish(end); }
  [[nodiscard]] TierStatistics statistics() const override;
  [[nodiscard]] base::IntervalSums bytes_over_time() const override {
    return memory_->bytes_over_time();
  }
  [[nodiscard]] const Tier& memory() const { return *memory_; }

 protected:
  void accept(const Transfer& transfer, const Request& request) override;

 private:
  struct Arrival {
    Transfer transfer;
    Request request;
  };
  // A transfer whose lines are not all ready.
  struct Open {
    Request request;
    std::uint32_t layer = 0;
    std::int64_t missing = 0;  // lines that it waits for
    base::Cycle ready = 0;     // of the others
  };
  // A line on its way from the memory.
  struct Miss {
    boost::container::small_vector<std::uint64_t, 4> waiting;  // keys of open transfers
    bool dirty = false;  // a part of it has been written meanwhile
  };
  // Lines one behind the other that are requested together.
  struct Run {
    std::uint64_t first = 0;
    std::int64_t lines = 0;
    std::uint32_t layer = 0;
    base::Cycle start = 0;
  };

  void transfer_done(std::uint64_t ticket) override;

  void serve();
  void wake_at(base::Cycle cycle);
  // Visits the transfers that arrived in a cycle.
  void receive(base::Cycle due);
  void visit(const Arrival& arrival, base::Cycle arrived);
  // One access to `bytes` of a line.
  void access(std::uint64_t line, std::int64_t bytes, bool is_write, std::uint64_t key, Open& open,
              base::Cycle arrived);
  void request_line(std::uint64_t line, std::uint32_t layer, base::Cycle start);
  void request_run();
  void fill(const Run& run, base::Cycle cycle);
  void insert(std::uint64_t line, bool dirty, std::uint32_t layer, base::Cycle cycle);
  void submit_later(const Run& run, bool is_write);
  void submit_to_memory(const Run& run, bool is_write);
  void answer(const Open& open);
  [[nodiscard]] std::size_t slice_of(std::uint64_t line) const;
  // The same, cheaper behind the line before it.
  [[nodiscard]] std::size_t next_slice(std::uint64_t line);
  // Where the line lies in the memory, in lines.
  [[nodiscard]] std::uint64_t place_of(std::uint64_t line) const;
  [[nodiscard]] CacheStatistics& statistics_of(std::uint32_t layer);

  const CacheTierConfig config_;
  const base::Cycle hit_latency_;
  std::unique_ptr<Tier> memory_;
  CacheDirectory directory_;
  std::vector<base::Cycle> free_;  // by slice
  // The line that was visited last, and how many behind it lie in slices one behind the other.
  struct {
    std::uint64_t line = 0;
    std::size_t slice = 0;
    std::uint64_t left = 0;
  } visited_;
  boost::unordered_flat_map<std::uint64_t, Miss> misses_;  // by line; looked up, never iterated
  boost::unordered_flat_map<std::uint64_t, Open> open_;    // by key, likewise
  std::uint64_t next_key_ = 0;
  Run run_;  // being gathered; none where it has no lines

  DueQueue<Arrival> arrivals_;
  DueQueue<Run> fills_;
  struct Submission {
    Run run;
    bool is_write = false;
  };
  DueQueue<Submission> submissions_;
  std::vector<Arrival> arrived_;                             // in the cycle at hand
  boost::unordered_flat_map<std::uint64_t, Run> under_way_;  // reads, by ticket
  std::uint64_t next_ticket_ = 0;
  std::uint64_t lines_going_ = 0;  // back to the memory
  sc_core::sc_event due_;
  std::vector<CacheStatistics> layers_;
};

}  // namespace orrery::memory
