// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <list>

#include "base/random.h"
#include "memory/cache_directory.h"
#include "memory/cache_tier.h"
#include "tests/memory/reference/clocked_cache.h"

namespace orrery::memory {
namespace {

using base::Cycle;

constexpr Femtoseconds kNanosecond = 1'000'000;

// Answers every request so much later.
class FixedTier : public Tier {
 public:
  FixedTier(const sc_core::sc_module_name& name, std::int64_t capacity, Femtoseconds latency)
      : Tier(name, capacity), latency_(latency) {}
  void finish(Femtoseconds /*end*/) override {}
  [[nodiscard]] TierStatistics statistics() const override { return statistics_; }
  [[nodiscard]] base::IntervalSums bytes_over_time() const override { return {}; }

 protected:
  void accept(const Transfer& transfer, const Request& request) override {
    (transfer.is_write ? statistics_.total.write_bursts : statistics_.total.read_bursts) +=
        static_cast<std::uint64_t>(transfer.row_bytes);
    addresses.push_back(transfer.address);
    answer_at(now() + latency_, request);
  }

 public:
  std::vector<std::uint64_t> addresses;  // of the requests, in their order

 private:
  Femtoseconds latency_;
  TierStatistics statistics_;  // a byte is a burst
};

// Submits each transfer at the edge before the one at which it arrives.
class Submitter : public sc_core::sc_module, public TransferListener {
 public:
  SC_HAS_PROCESS(Submitter);
  Submitter(const sc_core::sc_module_name& name, Tier& tier,
            std::vector<reference::CacheRequest> requests)
      : sc_core::sc_module(name), answers(requests.size(), -1), tier_(tier), requests_(requests) {
    SC_METHOD(submit);
  }
  void transfer_done(std::uint64_t ticket) override {
    answers[ticket] = static_cast<Femtoseconds>(sc_core::sc_time_stamp().value());
  }
  std::vector<Femtoseconds> answers;

 private:
  void submit() {
    const auto now = static_cast<Femtoseconds>(sc_core::sc_time_stamp().value());
    while (next_ < requests_.size() && (requests_[next_].cycle - 1) * kNanosecond <= now) {
      const std::size_t index = next_++;
      tier_.submit(requests_[index].transfer, index, *this);
    }
    if (next_ < requests_.size()) {
      next_trigger(sc_core::sc_time::from_value(
          static_cast<sc_dt::uint64>((requests_[next_].cycle - 1) * kNanosecond - now)));
    }
  }

  Tier& tier_;
  std::vector<reference::CacheRequest> requests_;
  std::size_t next_ = 0;
};

constexpr Cycle kMemoryCycles = 100;

// 1 GHz, lines of 128 bytes in two cycles of a slice, hits after 10 more, 1 ns each way.
CacheTierConfig small_cache(std::int64_t sets, std::int64_t ways, std::int64_t slices) {
  CacheTierConfig config;
  config.sets = sets;
  config.ways = ways;
  config.slices = slices;
  config.hit_latency = 10 * kNanosecond;
  config.request_latency = kNanosecond;
  config.response_latency = kNanosecond;
  return config;
}

struct CacheRun {
  std::vector<Cycle> ready;  // one cycle before the answer
  TierStatistics statistics;
  std::vector<std::uint64_t> addresses;  // asked of the memory
};

CacheRun run_cache(const CacheTierConfig& config,
                   const std::vector<reference::CacheRequest>& requests) {
  sc_core::sc_curr_simcontext = nullptr;
  sc_core::sc_default_global_context = nullptr;
  sc_core::sc_set_time_resolution(1, sc_core::SC_FS);
  CacheTier cache("cache", config,
                  std::make_unique<FixedTier>("memory", 1 << 20, kMemoryCycles * kNanosecond));
  Submitter submitter("submitter", cache, requests);
  sc_core::sc_start();
  CacheRun run;
  for (const Femtoseconds answer : submitter.answers) {
    EXPECT_EQ(answer % kNanosecond, 0);
    run.ready.push_back(answer / kNanosecond - 1);
  }
  run.statistics = cache.statistics();
  run.addresses = dynamic_cast<const FixedTier&>(cache.memory()).addresses;
  return run;
}

Transfer bytes_at(std::uint64_t address, std::int64_t bytes, bool is_write = false) {
  Transfer transfer;
  transfer.address = address;
  transfer.row_bytes = bytes;
  transfer.is_write = is_write;
  return transfer;
}

TEST(Cache, AMissGoesToTheMemoryAndAHitDoesNot) {
  const CacheRun run =
      run_cache(small_cache(16, 2, 1), {{1, bytes_at(0, 128)}, {200, bytes_at(0, 128)}});
  // Requested in cycle 1, there 100 later, put in at the edge behind that.
  EXPECT_EQ(run.ready[0], 1 + 100 + 1);
  // Two cycles of the slice and the latency of a hit.
  EXPECT_EQ(run.ready[1], 200 + 2 + 10);
  EXPECT_EQ(run.statistics.cache->total.misses, 1U);
  EXPECT_EQ(run.statistics.cache->total.hits, 1U);
  EXPECT_EQ(run.statistics.total.read_bursts, 128U);
}

TEST(Cache, ALineIsThereFromTheCycleOfItsFillOn) {
  // The fill is in cycle 102: an access in 101 still waits for it, one in 102 hits.
  const CacheRun early =
      run_cache(small_cache(16, 2, 1), {{1, bytes_at(0, 128)}, {101, bytes_at(0, 128)}});
  EXPECT_EQ(early.statistics.cache->total.merged, 1U);
  EXPECT_EQ(early.ready[1], 102);
  const CacheRun late =
      run_cache(small_cache(16, 2, 1), {{1, bytes_at(0, 128)}, {102, bytes_at(0, 128)}});
  EXPECT_EQ(late.statistics.cache->total.merged, 0U);
  EXPECT_EQ(late.ready[1], 102 + 2 + 10);
}

TEST(Cache, SlicesServeLinesSideBySide) {
  for (const std::int64_t slices : {1, 2, 3, 8}) {
    // 12 lines are brought in, then read.
    const CacheRun run = run_cache(small_cache(24, 1, slices),
                                   {{1, bytes_at(0, 12 * 128)}, {500, bytes_at(0, 12 * 128)}});
    // The busiest slice has ceil(12 / slices) lines of two cycles.
    EXPECT_EQ(run.ready[1], 500 + (12 + slices - 1) / slices * 2 + 10) << slices;
    EXPECT_EQ(run.statistics.cache->total.hits, 12U);
  }
}

TEST(Cache, LinesThatAreSlicesApartLieInDifferentOnesWhereHashed) {
  for (const bool hashed : {false, true}) {
    CacheTierConfig config = small_cache(64, 1, 8);
    config.hashed = hashed;
    // Eight lines, each 8 behind the one before it: brought in, then read.
    Transfer lines = bytes_at(0, 128);
    lines.outer[0] = {8, 8 * 128};
    const CacheRun run = run_cache(config, {{1, lines}, {900, lines}});
    EXPECT_EQ(run.ready[1], 900 + (hashed ? 1 : 8) * 2 + 10);
    EXPECT_EQ(run.statistics.cache->total.hits, 8U);
  }
}

// A line alone before 4 channels, which take turns after two lines.
CacheTierConfig hashed_cache() {
  CacheTierConfig config = small_cache(1, 1, 1);
  config.hashed = true;
  config.channels = 4;
  config.piece_bytes = 256;
  return config;
}

TEST(Cache, ALineHasOnePlaceInTheMemoryWhereHashed) {
  // 64 lines are read into a cache of one; pieces of two lines go round 4 channels.
  const CacheTierConfig config = hashed_cache();
  std::vector<reference::CacheRequest> requests;
  for (int i = 0; i < 64; ++i) {
    requests.push_back({1 + 300 * i, bytes_at(static_cast<std::uint64_t>(i) * 128, 128)});
  }
  std::vector<std::uint64_t> places = run_cache(config, requests).addresses;
  std::sort(places.begin(), places.end());
  ASSERT_EQ(places.size(), 64U);
  for (std::size_t i = 0; i < places.size(); ++i) {
    EXPECT_EQ(places[i], 128 * i);
  }
}

// Pieces that are all channels apart, in one row of channels behind the other.
TEST(Cache, PiecesThatAreChannelsApartLieOnDifferentOnesWhereHashed) {
  const CacheTierConfig config = hashed_cache();
  std::vector<reference::CacheRequest> requests;
  for (int i = 0; i < 4; ++i) {
    requests.push_back({1 + 300 * i, bytes_at(static_cast<std::uint64_t>(i) * 4 * 256, 128)});
  }
  std::vector<std::uint64_t> channels;
  for (const std::uint64_t address : run_cache(config, requests).addresses) {
    channels.push_back(address / 256 % 4);
  }
  EXPECT_EQ(channels, (std::vector<std::uint64_t>{0, 1, 2, 3}));
}

TEST(Cache, AWorkingSetOfOneLineMoreThanAWayThrashes) {
  std::vector<reference::CacheRequest> fits;
  std::vector<reference::CacheRequest> thrashes;
  for (int i = 0; i < 40; ++i) {
    // Lines of set 0 of 8: 4 of them in 4 ways, or 5.
    fits.push_back({1 + 300 * i, bytes_at(static_cast<std::uint64_t>(i % 4) * 8 * 128, 128)});
    thrashes.push_back({1 + 300 * i, bytes_at(static_cast<std::uint64_t>(i % 5) * 8 * 128, 128)});
  }
  EXPECT_EQ(run_cache(small_cache(8, 4, 1), fits).statistics.cache->total.misses, 4U);
  EXPECT_EQ(run_cache(small_cache(8, 4, 1), thrashes).statistics.cache->total.misses, 40U);
}

TEST(Cache, WholeLinesAreWrittenWithoutBeingReadAndGoBackWhenTheyMakeRoom) {
  // Three lines of one set of two ways; the first is the oldest when the third comes.
  const CacheRun run = run_cache(small_cache(8, 2, 1), {{1, bytes_at(0, 128, true)},
                                                        {10, bytes_at(8 * 128, 128, true)},
                                                        {20, bytes_at(16 * 128, 128, true)}});
  EXPECT_EQ(run.ready[2], 20 + 2 + 10);  // nobody waits for the line that goes
  EXPECT_EQ(run.statistics.cache->total.allocated, 3U);
  EXPECT_EQ(run.statistics.cache->total.write_backs, 1U);
  EXPECT_EQ(run.statistics.total.read_bursts, 0U);
  EXPECT_EQ(run.statistics.total.write_bursts, 128U);
}

TEST(Cache, APartOfALineThatIsWrittenBringsTheLineIn) {
  const CacheRun run =
      run_cache(small_cache(8, 2, 1), {{1, bytes_at(0, 64, true)}, {50, bytes_at(64, 64)}});
  EXPECT_EQ(run.ready[0], 1 + 1 + 10);  // posted: one cycle of the slice
  EXPECT_EQ(run.ready[1], 102);         // waits for the line
  EXPECT_EQ(run.statistics.total.read_bursts, 128U);
}

TEST(Cache, AgreesWithAClockedCacheOnRandomTransfers) {
  base::Random random(7);
  std::uint64_t misses = 0;
  std::uint64_t merged = 0;
  std::uint64_t write_backs = 0;
  for (int trial = 0; trial < 200; ++trial) {
    CacheTierConfig config =
        small_cache(random.integer(1, 8), random.integer(1, 4), random.integer(1, 5));
    config.slice_bytes = 16 << random.integer(0, 4);
    config.hit_latency = random.integer(0, 40) * kNanosecond;
    if (trial % 2 == 1) {
      config.hashed = true;
      config.channels = 1 << random.integer(0, 4);
      config.piece_bytes = 128 << random.integer(0, 2);
    }
    std::vector<reference::CacheRequest> requests;
    Cycle cycle = 1;
    for (int i = 0; i < 40; ++i) {
      cycle += random.integer(0, 2) == 0 ? random.integer(0, 150) : 0;
      Transfer transfer = bytes_at(static_cast<std::uint64_t>(random.integer(0, 40)) * 64,
                                   64 * random.integer(1, 30), random.integer(0, 2) == 0);
      transfer.outer[0] = {random.integer(1, 3), 4096};
      transfer.layer = static_cast<std::uint32_t>(random.integer(0, 2));
      requests.push_back({cycle, transfer});
    }
    const CacheRun run = run_cache(config, requests);
    const reference::CacheOutcome expected =
        reference::run_clocked_cache(config, kMemoryCycles, requests);
    ASSERT_EQ(run.ready, expected.ready) << "trial " << trial;
    const CacheStatistics& total = run.statistics.cache->total;
    ASSERT_EQ(total.hits, expected.statistics.hits) << "trial " << trial;
    ASSERT_EQ(total.misses, expected.statistics.misses) << "trial " << trial;
    ASSERT_EQ(total.merged, expected.statistics.merged) << "trial " << trial;
    ASSERT_EQ(total.allocated, expected.statistics.allocated) << "trial " << trial;
    ASSERT_EQ(total.write_backs, expected.statistics.write_backs) << "trial " << trial;
    // What goes to the memory and comes from it, line by line.
    ASSERT_EQ(run.statistics.total.read_bursts, 128 * total.misses) << "trial " << trial;
    ASSERT_EQ(run.statistics.total.write_bursts, 128 * total.write_backs) << "trial " << trial;
    misses += total.misses;
    merged += total.merged;
    write_backs += total.write_backs;
  }
  // The trials reach what they are to test.
  EXPECT_GT(misses, 10'000U);
  EXPECT_GT(merged, 1'000U);
  EXPECT_GT(write_backs, 1'000U);
}

}  // namespace
}  // namespace orrery::memory
