// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <vector>

#include "base/random.h"
#include "memory/storage_device.h"
#include "memory/storage_tier.h"

namespace orrery::memory {
namespace {

using Request = StorageDevice::Request;

struct BlockDone {
  std::uint64_t ticket = 0;
  Femtoseconds entered = 0;
  Femtoseconds done = 0;
  bool operator==(const BlockDone&) const = default;
};

struct Recorder : StorageDevice::Listener {
  void block_done(std::uint64_t ticket, Femtoseconds entered, Femtoseconds done) override {
    blocks.push_back({ticket, entered, done});
  }
  void request_done(std::uint64_t ticket, Femtoseconds done) override { requests[ticket] = done; }
  std::vector<BlockDone> blocks;
  std::map<std::uint64_t, Femtoseconds> requests;
};

// The device femtosecond by femtosecond: slow and obvious. In each: the block on the path may end,
// then blocks enter in turn while there are places, then the path takes the oldest ready block.
std::vector<BlockDone> by_the_clock(const StorageTiming& timing, const std::vector<Request>& given,
                                    Femtoseconds end) {
  struct Waiting {
    std::uint64_t ticket;
    Femtoseconds entered, ready;
    bool is_write;
  };
  std::vector<Request> requests = given;
  std::vector<Waiting> queue;
  std::vector<BlockDone> done;
  Femtoseconds path_ends = 0;
  int last = -1;
  for (Femtoseconds now = 0; now < end; ++now) {
    while (true) {
      const int taken = static_cast<int>(queue.size()) + (path_ends > now ? 1 : 0);
      if (taken >= timing.queue_depth) {
        break;
      }
      // The first request of each initiator, in the order given; whose turn is it?
      Request* chosen = nullptr;
      for (int i = 1; i <= 8 && chosen == nullptr; ++i) {
        const auto initiator = static_cast<std::uint32_t>((last + i) % 8);
        const auto first = std::find_if(requests.begin(), requests.end(), [&](const Request& r) {
          return r.initiator == initiator && r.blocks > 0;
        });
        if (first != requests.end() && first->arrival <= now) {
          chosen = &*first;
        }
      }
      if (chosen == nullptr) {
        break;
      }
      last = static_cast<int>(chosen->initiator);
      --chosen->blocks;
      const Femtoseconds latency = chosen->is_write ? timing.write_latency : timing.read_latency;
      queue.push_back({chosen->ticket, now, now + latency, chosen->is_write});
    }
    if (path_ends > now) {
      continue;
    }
    const auto oldest =
        std::min_element(queue.begin(), queue.end(),
                         [](const Waiting& a, const Waiting& b) { return a.ready < b.ready; });
    if (oldest == queue.end() || oldest->ready > now) {
      continue;
    }
    path_ends = now + (oldest->is_write ? timing.write_block_time : timing.read_block_time);
    done.push_back({oldest->ticket, oldest->entered, path_ends});
    queue.erase(oldest);
  }
  return done;
}

TEST(StorageDevice, DoesEverythingWhenAClockedOneDoes) {
  base::Random random(41);
  std::size_t blocks = 0;
  for (int n = 0; n < 200; ++n) {
    StorageTiming timing;
    timing.queue_depth = static_cast<int>(random.integer(1, 6));
    timing.read_latency = random.integer(0, 60);
    timing.write_latency = random.integer(0, 30);
    timing.read_block_time = random.integer(1, 12);
    timing.write_block_time = random.integer(1, 20);
    std::vector<Request> requests;
    Femtoseconds arrival = 0;
    for (std::uint64_t ticket = 0; ticket < 20; ++ticket) {
      arrival += random.integer(0, 1) == 0 ? 0 : random.integer(0, 80);
      requests.push_back({ticket, static_cast<std::uint64_t>(random.integer(1, 9)),
                          random.integer(0, 2) == 0,
                          static_cast<std::uint32_t>(random.integer(0, 3)), arrival});
    }
    Recorder recorder;
    StorageDevice device(timing, recorder);
    for (const Request& request : requests) {
      // In steps of any size up to the arrival.
      while (device.horizon() < request.arrival) {
        device.advance(std::min(request.arrival, device.horizon() + random.integer(1, 50)));
      }
      device.submit(request);
    }
    std::map<std::uint64_t, Femtoseconds> bounds;
    while (device.completion_bound() != StorageDevice::kNever) {
      const Femtoseconds bound = device.completion_bound();
      const auto before = recorder.requests;
      device.advance(std::max(bound, device.horizon() + 1));
      for (const auto& [ticket, done] : recorder.requests) {
        EXPECT_TRUE(before.count(ticket) > 0 || done >= bound);
      }
    }
    const std::vector<BlockDone> expected = by_the_clock(timing, requests, 8'000);
    ASSERT_EQ(recorder.blocks, expected) << n;
    EXPECT_EQ(recorder.requests.size(), requests.size());
    for (const BlockDone& block : expected) {
      EXPECT_LE(block.done, recorder.requests.at(block.ticket));
    }
    blocks += expected.size();
  }
  EXPECT_GT(blocks, 15'000U);
}

constexpr Femtoseconds kNs = 1'000'000;

class StorageTierTest : public testing::Test {
 protected:
  void SetUp() override {
    sc_core::sc_curr_simcontext = nullptr;
    sc_core::sc_default_global_context = nullptr;
    sc_core::sc_set_time_resolution(1, sc_core::SC_FS);
  }
};

class Reader : public sc_core::sc_module, public TransferListener {
 public:
  SC_HAS_PROCESS(Reader);
  Reader(const sc_core::sc_module_name& name, Tier& tier, std::vector<Transfer> transfers)
      : sc_core::sc_module(name), tier_(tier), transfers_(std::move(transfers)) {
    SC_METHOD(begin);
  }
  void transfer_done(std::uint64_t ticket) override {
    times[ticket] = static_cast<Femtoseconds>(sc_core::sc_time_stamp().value());
  }
  std::map<std::uint64_t, Femtoseconds> times;

 private:
  void begin() {
    for (std::size_t i = 0; i < transfers_.size(); ++i) {
      tier_.submit(transfers_[i], i, *this);
    }
  }
  Tier& tier_;
  std::vector<Transfer> transfers_;
};

Transfer range(std::uint64_t address, std::int64_t bytes, bool is_write = false) {
  Transfer transfer;
  transfer.address = address;
  transfer.row_bytes = bytes;
  transfer.is_write = is_write;
  return transfer;
}

// 4096 bytes at 4.096 GB/s are 1000 ns on the path; writes at half of that.
StorageTierConfig device(int depth, Femtoseconds latency) {
  StorageTierConfig config;
  config.name = "device";
  config.capacity = 1 << 30;
  config.queue_depth = depth;
  config.read_latency = latency;
  config.write_latency = latency / 2;
  config.read_bytes_per_second = 4'096'000'000;
  config.write_bytes_per_second = 2'048'000'000;
  config.request_latency = config.response_latency = 20 * kNs;
  config.read_picojoules_per_bit = 3;
  config.write_picojoules_per_bit = 5;
  config.idle_watts = 2;
  config.energy_source = "this test";
  return config;
}

TEST_F(StorageTierTest, OneBlockTakesLatencyAndItsTimeOnThePath) {
  // 20 + 10,000 + 1000 + 20 ns. From an odd address two blocks: 1000 ns more.
  StorageTier tier("tier", device(4, 10'000 * kNs));
  Reader one("one", tier, {range(0, 4096)});
  StorageTier other("other", device(4, 10'000 * kNs));
  Reader two("two", other, {range(1, 4096)});
  sc_core::sc_start();
  EXPECT_EQ(one.times.at(0), 11'040 * kNs);
  EXPECT_EQ(two.times.at(0), 12'040 * kNs);
}

TEST_F(StorageTierTest, AWriteHasItsOwnLatencyAndRate) {
  // 20 + 5000 + 2000 + 20 ns.
  StorageTier tier("tier", device(4, 10'000 * kNs));
  Reader writer("writer", tier, {range(0, 4096, true)});
  sc_core::sc_start();
  EXPECT_EQ(writer.times.at(0), 7'040 * kNs);
}

TEST_F(StorageTierTest, ADeepQueueReachesTheBandwidth) {
  // 256 blocks at once: latency, then 1000 ns each.
  StorageTier tier("tier", device(256, 10'000 * kNs));
  Reader reader("reader", tier, {range(0, 256 * 4096)});
  sc_core::sc_start();
  EXPECT_EQ(reader.times.at(0), (20 + 10'000 + 256 * 1000 + 20) * kNs);
  // One wake-up decides them all, and one ends the run at most.
  EXPECT_LE(tier.wake_ups(), 2U);
}

TEST_F(StorageTierTest, AShallowQueueMovesItsDepthInEachLatency) {
  // Depth 4 and a latency of ten times the block: a place is used for latency + block = 11,000 ns.
  // Blocks 0..3 are ready together and follow one another: done at 11, 12, 13, 14 us. Each frees a
  // place for the next: 64 blocks end at 16 rounds x 11 us + 3 us.
  StorageTier tier("tier", device(4, 10'000 * kNs));
  Reader reader("reader", tier, {range(0, 64 * 4096)});
  sc_core::sc_start();
  EXPECT_EQ(reader.times.at(0), (20 + 16 * 11'000 + 3'000 + 20) * kNs);
}

TEST_F(StorageTierTest, CountsBlocksLatencyAndEnergy) {
  StorageTier tier("tier", device(4, 10'000 * kNs));
  Reader reader("reader", tier, {range(100, 8), range(8192, 4096, true)});
  sc_core::sc_start();
  tier.finish(1'000'000 * kNs);
  const TierStatistics statistics = tier.statistics();
  EXPECT_EQ(statistics.bytes_read(), 4096U);
  EXPECT_EQ(statistics.bytes_written(), 4096U);
  // The read enters first; the write is ready after 5000 ns and is through by 7000.
  EXPECT_EQ(statistics.total.read_latency_sum, 11'000U);
  // 4096 x 8 bits x 3 pJ, x 5 pJ, 2 W for a millisecond.
  EXPECT_DOUBLE_EQ(statistics.energy.read, 98'304);
  EXPECT_DOUBLE_EQ(statistics.energy.write, 163'840);
  EXPECT_DOUBLE_EQ(statistics.energy.constant, 2e9);
  EXPECT_EQ(statistics.energy.source, "this test");
  // 3 us of 1000.
  EXPECT_EQ(statistics.data_bus_busy, 3'000);
  EXPECT_EQ(statistics.data_bus_possible, 1'000'000);
}

TEST_F(StorageTierTest, RefusesWhatNoDeviceCanBe) {
  StorageTierConfig config = device(0, 1);
  config.read_bytes_per_second = 0;
  try {
    StorageTier tier("tier", config);
    FAIL();
  } catch (const base::UserError& error) {
    EXPECT_EQ(error.diagnostics().size(), 2U);
  }
}

}  // namespace
}  // namespace orrery::memory
