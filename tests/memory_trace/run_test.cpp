// SPDX-License-Identifier: Apache-2.0
// Numbers of the DDR4-2400 of configs/dram/comparison_ddr4_2400.yaml: nRCD 17, nRP 17, nCL 17, nBL
// 4, nCCD_L 6, nRAS 39; one row is 128 bursts of 64 bytes, and its successor in the same bank lies
// 0x20000 bytes further on.
#include <gtest/gtest.h>

#include "base/random.h"
#include "memory/dram/channel.h"
#include "memory/trace/check_output.h"
#include "tests/memory_trace/traces.h"

namespace orrery::memory::trace {
namespace {

using test::run;
using test::without_refresh;

const dram::Spec& ddr4() {
  static const dram::Spec kSpec = test::shipped("comparison_ddr4_2400");
  return kSpec;
}

TEST(TraceRun, EndsWithTheDataOfTheLastRead) {
  const TraceResult one = run(ddr4(), without_refresh(), "0 R\n");
  EXPECT_EQ(one.cycles, 17 + 17 + 4);
  EXPECT_EQ(one.latencies.sum(), 38U);
  // The second read of the row follows nCCD_L behind the first.
  EXPECT_EQ(run(ddr4(), without_refresh(), "0 R\n64 R\n").cycles, 17 + 6 + 17 + 4);
}

TEST(TraceRun, EndsWithTheColumnCommandOfTheLastWrite) {
  // ACT in cycle 0, WR in cycle 17, which is the 18th.
  const TraceResult one = run(ddr4(), without_refresh(), "0 W\n");
  EXPECT_EQ(one.cycles, 18);
  EXPECT_EQ(one.latencies.count(), 0U);
  EXPECT_EQ(one.column_bytes(), 64U);
}

TEST(TraceRun, OffersNothingBeforeItsCycle) {
  // The row is open and the column free from cycle 17 + 6 = 23 on: RD there, or when it is offered.
  EXPECT_EQ(run(ddr4(), without_refresh(), "0 R 0\n64 R 22\n").cycles, 23 + 17 + 4);
  EXPECT_EQ(run(ddr4(), without_refresh(), "0 R 0\n64 R 23\n").cycles, 23 + 17 + 4);
  EXPECT_EQ(run(ddr4(), without_refresh(), "0 R 0\n64 R 24\n").cycles, 24 + 17 + 4);
  EXPECT_EQ(run(ddr4(), without_refresh(), "0 R 1000000\n").cycles, 1000000 + 38);
  // The same trace in closed loop does not wait.
  EXPECT_EQ(run(ddr4(), without_refresh(), "0 R 1000000\n", {}, Pacing::kClosedLoop).cycles, 38);
}

TEST(TraceRun, TakesOneRequestACycleAndHoldsBackWhatFindsNoPlace) {
  const auto row = [](int reads) {
    std::string text;
    for (int i = 0; i < reads; ++i) {
      text += std::to_string(i * 64) + " R\n";
    }
    return run(ddr4(), without_refresh(), text);
  };
  // Read n has its RD in cycle 17 + 6 n and is done 21 later. It enters in cycle n while there is a
  // place: up to cycle 34, in which 34 - 3 are taken, for RD 0 to 2 issued in 17, 23 and 29.
  const TraceResult all_enter = row(35);
  EXPECT_EQ(all_enter.latencies.percentile(1, 35), 38);
  EXPECT_EQ(all_enter.latencies.largest(), 17 + 6 * 34 + 21 - 34);
  // In cycle 35 there is none; RD 3 issues, and read 35 enters in cycle 36, read 35 + j in 36 + 6
  // j.
  const TraceResult held = row(40);
  EXPECT_EQ(held.cycles, 17 + 6 * 39 + 21);
  EXPECT_EQ(held.latencies.largest(), 17 + 6 * 35 + 21 - 36);
  // 35 latencies of 38 + 5 n, n up to 34, and five of 212.
  EXPECT_EQ(held.latencies.sum(), 35U * 38 + 5 * (34 * 35 / 2) + 5 * 212);
}

TEST(TraceRun, AnswersAReadFromAQueuedWrite) {
  // The read enters in cycle 1 and is done in cycle 2; the write issues in cycle 17.
  const TraceResult result = run(ddr4(), without_refresh(), "0 W\n0 R\n");
  EXPECT_EQ(result.total.total.forwarded, 1U);
  EXPECT_EQ(result.latencies.sum(), 1U);
  EXPECT_EQ(result.cycles, 18);
  EXPECT_EQ(result.column_bytes(), 64U);  // the forwarded read moved nothing
}

TEST(TraceRun, CountsHitsMissesAndConflicts) {
  // Miss; hit; conflict: PRE not before nRAS = 39, ACT 17 later, RD 17 later.
  const TraceResult result = run(ddr4(), without_refresh(), "0 R\n64 R\n0x20000 R\n");
  EXPECT_EQ(result.total.total.row_misses, 1U);
  EXPECT_EQ(result.total.total.row_hits, 1U);
  EXPECT_EQ(result.total.total.row_conflicts, 1U);
  EXPECT_EQ(result.cycles, 39 + 17 + 17 + 17 + 4);
}

TEST(TraceRun, SplitsRequestsIntoBursts) {
  TraceOptions options = without_refresh();
  options.request_bytes = 65;  // two bursts
  const TraceResult result = run(ddr4(), options, "0 R\n");
  EXPECT_EQ(result.reads, 1U);
  EXPECT_EQ(result.total.total.read_bursts, 2U);
  EXPECT_EQ(result.cycles, 17 + 6 + 17 + 4);
}

TEST(TraceRun, SpreadsRequestsOverChannels) {
  TraceOptions options = without_refresh();
  options.channels = 3;
  options.interleave = 64;
  // Bursts 0, 1, 2 lie on three channels, burst 3 on the first again.
  EXPECT_EQ(run(ddr4(), options, "0 R\n64 R\n128 R\n").cycles, 38);
  const TraceResult four = run(ddr4(), options, "0 R\n64 R\n128 R\n192 R\n");
  EXPECT_EQ(four.cycles, 44);
  ASSERT_EQ(four.channels.size(), 3U);
  EXPECT_EQ(four.channels[0].end, 44);
  EXPECT_EQ(four.channels[1].end, 38);
  EXPECT_EQ(four.channels[1].statistics.cycles, 44);
}

TEST(TraceRun, ClosesTheAccountAtTheEnd) {
  // Without refresh the rank is active from the ACT in cycle 0 to the end.
  const TraceResult result = run(ddr4(), without_refresh(), "0 R\n");
  EXPECT_EQ(result.total.ranks.at(0).active, 38);
  EXPECT_EQ(result.total.ranks.at(0).precharged, 0);
  // A run that ends at 9322 + 38 = 9360 does not hold the refresh that falls due in cycle 9360.
  TraceOptions options;
  EXPECT_EQ(run(ddr4(), options, "0 R 9322\n").total.ranks.at(0).refreshes, 0U);
  EXPECT_EQ(run(ddr4(), options, "0 R 9322\n").cycles, 9360);
}

TEST(TraceRun, GivesTheEnergyOfItsChannels) {
  const TraceResult result = run(ddr4(), without_refresh(), "0 R\n");
  ASSERT_TRUE(result.energy.has_value());
  EXPECT_DOUBLE_EQ(result.energy->total(),
                   dram::energy(result.channels[0].statistics, ddr4()).total());
  dram::Spec silent = ddr4();
  silent.currents.reset();
  silent.per_bit.reset();
  const TraceResult without = run(silent, without_refresh(), "0 R\n");
  EXPECT_FALSE(without.energy.has_value());
  EXPECT_FALSE(without.no_energy.empty());
}

TEST(TraceRun, RefusesOptionsThatDoNotHold) {
  const auto mistakes = [](const TraceOptions& options) -> std::size_t {
    try {
      options.check(ddr4());
      return 0;
    } catch (const base::UserError& error) {
      return error.diagnostics().size();
    }
  };
  EXPECT_EQ(mistakes(TraceOptions()), 0U);
  TraceOptions options;
  options.channels = 0;
  options.interleave = 96;
  options.request_bytes = -1;
  EXPECT_EQ(mistakes(options), 3U);
  options = {};
  options.interleave = 3 * 64;  // whole bursts, but 8 GiB are no multiple of it
  EXPECT_EQ(mistakes(options), 1U);
  options = {};
  options.controller.write_high = 1;
  options.controller.write_low = 1;
  EXPECT_EQ(mistakes(options), 1U);
}

// The same bursts, all handed to a channel at once.
class Direct : public dram::CompletionSink {
 public:
  Direct(const dram::Spec& spec, const TraceOptions& options)
      : spec_(spec), channel_(spec, config(options), *this) {}

  void submit(std::uint64_t address, bool is_write, Cycle cycle) {
    Transfer transfer;
    transfer.address = address;
    transfer.row_bytes = spec_.access_bytes;
    dram::Slice slice;
    slice.cursor = SliceCursor(transfer, AddressMap(1, spec_.access_bytes), 0,
                               static_cast<int>(spec_.access_bytes));
    slice.is_write = is_write;
    channel_.submit(slice, cycle);
  }
  dram::ChannelStatistics statistics(Cycle end) {
    channel_.advance(end);
    return channel_.statistics();
  }
  void slice_done(std::uint64_t, std::uint32_t, Cycle) override {}

 private:
  static dram::ChannelConfig config(const TraceOptions& options) {
    dram::ChannelConfig config;
    config.controller = options.controller;
    config.credits = 1 << 16;
    return config;
  }

  const dram::Spec& spec_;
  dram::Channel channel_;
};

void expect_equal(const dram::ChannelStatistics& a, const dram::ChannelStatistics& b) {
  EXPECT_EQ(a.cycles, b.cycles);
  EXPECT_EQ(a.commands, b.commands);
  EXPECT_EQ(a.total.row_hits, b.total.row_hits);
  EXPECT_EQ(a.total.row_misses, b.total.row_misses);
  EXPECT_EQ(a.total.row_conflicts, b.total.row_conflicts);
  EXPECT_EQ(a.total.forwarded, b.total.forwarded);
  EXPECT_EQ(a.total.read_latency_sum, b.total.read_latency_sum);
  EXPECT_EQ(a.total.read_latency.buckets(), b.total.read_latency.buckets());
  ASSERT_EQ(a.ranks.size(), b.ranks.size());
  for (std::size_t i = 0; i < a.ranks.size(); ++i) {
    EXPECT_EQ(a.ranks[i].active, b.ranks[i].active);
    EXPECT_EQ(a.ranks[i].precharged, b.ranks[i].precharged);
    EXPECT_EQ(a.ranks[i].refreshing, b.ranks[i].refreshing);
    EXPECT_EQ(a.ranks[i].refreshes, b.ranks[i].refreshes);
  }
}

struct Load {
  const char* name;
  std::int64_t longest_gap;  // between cycles; -1: closed loop
  std::int64_t rows;         // of the addresses
  int percent_writes;
};

class SameAsTheChannel : public testing::TestWithParam<Load> {};

// The trace runs some thousand requests at a time; the channel that knows all of them from the
// start does the same.
TEST_P(SameAsTheChannel, WhateverTheLengthOfTheTrace) {
  const Load& load = GetParam();
  base::Random random(7);
  TraceOptions options;
  Direct direct(ddr4(), options);
  std::string text;
  Cycle cycle = 0;
  constexpr int kRequests = 20000;  // several times what waits in front of a channel
  for (int i = 0; i < kRequests; ++i) {
    const auto address = static_cast<std::uint64_t>(random.integer(0, load.rows * 2048 - 1) * 64);
    const bool is_write = random.integer(0, 99) < load.percent_writes;
    text += std::to_string(address) + (is_write ? " W" : " R");
    if (load.longest_gap >= 0) {
      cycle += random.integer(0, load.longest_gap);
      text += ' ' + std::to_string(cycle);
    }
    text += '\n';
    direct.submit(address, is_write, cycle);
  }
  CheckOutput check(ddr4(), options.controller);
  const TraceResult result = run(ddr4(), options, text, {&check});
  EXPECT_EQ(result.reads + result.writes, static_cast<std::uint64_t>(kRequests));
  expect_equal(result.channels.at(0).statistics, direct.statistics(result.cycles));
  EXPECT_EQ(check.findings().total(), 0U) << check.findings().to_string();
  EXPECT_GT(check.commands(), static_cast<std::uint64_t>(kRequests / 2));
}

INSTANTIATE_TEST_SUITE_P(Loads, SameAsTheChannel,
                         testing::Values(Load{"closed_loop", -1, 1 << 14, 30},
                                         Load{"closed_loop_of_hits", -1, 1, 10},
                                         Load{"overload", 2, 1 << 10, 50},
                                         Load{"half_load", 14, 1 << 14, 30},
                                         Load{"sparse", 1000, 1 << 14, 20}),
                         [](const auto& suite) { return suite.param.name; });

// Forwarded reads enter one a cycle, as fast as anything can: a write waits behind 31 reads of
// other rows, 56 cycles each, and 1600 reads find it. Here a channel that runs a cycle too far
// ahead of the trace is found out.
TEST(TraceRun, ServesAReadACycleAsTheChannelDoes) {
  TraceOptions options = without_refresh();
  Direct direct(ddr4(), options);
  std::string text;
  const auto request = [&](std::uint64_t address, bool is_write) {
    text += std::to_string(address) + (is_write ? " W\n" : " R\n");
    direct.submit(address, is_write, 0);
  };
  for (std::uint64_t block = 0; block < 20; ++block) {
    request(block * 64, true);
    for (std::uint64_t row = 1; row <= 31; ++row) {
      request(row * 0x20000, false);
    }
    for (int i = 0; i < 1600; ++i) {
      request(block * 64, false);
    }
  }
  const TraceResult result = run(ddr4(), options, text);
  EXPECT_GT(result.total.total.forwarded, 20U * 1500);
  expect_equal(result.channels.at(0).statistics, direct.statistics(result.cycles));
}

TEST(LatencyCounts, AreExact) {
  LatencyCounts counts;
  EXPECT_EQ(counts.percentile(50, 100), 0);
  EXPECT_EQ(counts.largest(), 0);
  for (Cycle latency = 1; latency <= 100; ++latency) {
    counts.add(latency * 100);  // 100 to 10,000: on both sides of the direct counters
  }
  EXPECT_EQ(counts.percentile(50, 100), 5000);
  EXPECT_EQ(counts.percentile(99, 100), 9900);
  EXPECT_EQ(counts.percentile(100, 100), 10000);
  EXPECT_EQ(counts.percentile(501, 1000), 5100);
  EXPECT_EQ(counts.largest(), 10000);
  EXPECT_EQ(counts.sum(), 505000U);  // 100 x 5050
  LatencyCounts twice = counts;
  twice.add(counts);
  EXPECT_EQ(twice.count(), 200U);
  EXPECT_EQ(twice.percentile(99, 100), 9900);
}

}  // namespace
}  // namespace orrery::memory::trace
