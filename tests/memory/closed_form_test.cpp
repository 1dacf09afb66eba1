// SPDX-License-Identifier: Apache-2.0
// The channel against the closed forms of bandwidth and latency, and against hand sums.
#include <gtest/gtest.h>

#include <algorithm>

#include "memory/dram/channel.h"
#include "memory/dram/energy.h"
#include "tests/memory/specs.h"

namespace orrery::memory::dram {
namespace {

struct Last : CompletionSink {
  void slice_done(std::uint64_t, std::uint32_t, Cycle cycle) override {
    last = std::max(last, cycle);
    done.push_back(cycle);
  }
  Cycle last = 0;
  std::vector<Cycle> done;
};

struct Memory {
  explicit Memory(Spec s, ChannelConfig config = {})
      : spec(std::move(s)), channel(spec, config, sink) {}

  void submit(std::uint64_t address, std::int64_t bytes, bool is_write = false, Cycle arrival = 0,
              Dimension outer = {}) {
    Transfer transfer;
    transfer.address = address;
    transfer.row_bytes = bytes;
    transfer.outer[0] = outer;
    Slice slice;
    slice.cursor = SliceCursor(transfer, AddressMap(1, spec.access_bytes), 0,
                               static_cast<int>(spec.access_bytes));
    slice.is_write = is_write;
    channel.submit(slice, arrival);
  }
  Cycle finish() {
    while (!channel.idle()) {
      channel.advance(channel.horizon() + 1000);
    }
    return sink.last;
  }

  Spec spec;
  Last sink;
  Channel channel;
};

ChannelConfig without_refresh() {
  ChannelConfig config;
  config.controller.refresh_policy = RefreshPolicyKind::kNone;
  config.credits = 1000;
  return config;
}

TEST(Latency, OfAClosedBankIsActivationColumnAndBurst) {
  // nRCD + nCL + nBL: 17 + 17 + 4 and 14 + 14 + 2. The activation issues in the cycle of arrival.
  Memory ddr4(test::shipped("ddr4_2400"), without_refresh());
  ddr4.submit(0, 64, false, 100);
  EXPECT_EQ(ddr4.finish(), 100 + 17 + 17 + 4);
  Memory hbm2(test::shipped("hbm2_2000"), without_refresh());
  hbm2.submit(0, 32, false, 100);
  EXPECT_EQ(hbm2.finish(), 100 + 14 + 14 + 2);
}

TEST(Latency, OfAnOpenRowIsColumnAndBurst) {
  Memory ddr4(test::shipped("ddr4_2400"), without_refresh());
  ddr4.submit(0, 64);
  ddr4.submit(0, 64, false, 1000);
  EXPECT_EQ(ddr4.finish(), 1000 + 17 + 4);
  EXPECT_EQ(ddr4.channel.statistics().total.row_hits, 1U);
  EXPECT_EQ(ddr4.channel.statistics().total.row_misses, 1U);
}

TEST(Latency, OfAConflictAddsThePrecharge) {
  Memory ddr4(test::shipped("ddr4_2400"), without_refresh());
  ddr4.submit(0, 64);
  // The next row of the same bank: 16 banks of 8 KiB further.
  ddr4.submit(16 * 8192, 64, false, 1000);
  EXPECT_EQ(ddr4.finish(), 1000 + 17 + 17 + 17 + 4);
  EXPECT_EQ(ddr4.channel.statistics().total.row_conflicts, 1U);
}

TEST(Bandwidth, OfAStreamWithoutRefreshIsThePeak) {
  // n bursts, one every nBL of each data bus, after the first activation.
  Memory ddr4(test::shipped("ddr4_2400"), without_refresh());
  ddr4.submit(0, 64 * 100000);
  const Cycle ddr4_peak = 100000 * 4 + 17 + 17;
  EXPECT_GE(ddr4.finish(), ddr4_peak);
  EXPECT_LE(ddr4.sink.last, ddr4_peak + ddr4_peak / 1000);
  // Two pseudo-channels: 2 bursts of 32 bytes every 2 cycles.
  Memory hbm2(test::shipped("hbm2_2000"), without_refresh());
  hbm2.submit(0, 32 * 100000);
  const Cycle hbm2_peak = 100000 + 14 + 14;
  EXPECT_GE(hbm2.finish(), hbm2_peak);
  EXPECT_LE(hbm2.sink.last, hbm2_peak + hbm2_peak / 500);
}

// eta = 1 - (nRTP + nRP + nRFC + nRCDRD - nBL + ramp) / nREFI; dram.md part 5.
double refresh_efficiency(const Spec& spec) {
  const auto p = [&](const char* name) { return static_cast<double>(spec.parameter(name)); };
  const double ramp = p("nRRD_S") * (1 - p("nBL") / p("nCCD_L"));
  return 1 - (p("nRTP") + p("nRP") + p("nRFC") + p("nRCDRD") - p("nBL") + ramp) / p("nREFI");
}

TEST(Bandwidth, OfAStreamWithRefreshIsTheClosedForm) {
  for (const std::string name : {"ddr4_2400", "hbm2_2000"}) {
    ChannelConfig config;
    config.credits = 1000;
    Memory run(test::shipped(name), config);
    const std::int64_t bursts = 1000000;
    run.submit(0, bursts * run.spec.access_bytes);
    const double cycles = static_cast<double>(run.finish());
    const double peak_cycles =
        static_cast<double>(bursts * run.spec.burst_cycles) / run.spec.data_buses();
    const double eta = peak_cycles / cycles;
    EXPECT_NEAR(eta, refresh_efficiency(run.spec), 0.005) << name;
    // 1 - 461.33 / 9360 and 1 - 383 / 3900.
    EXPECT_NEAR(refresh_efficiency(run.spec), name == "ddr4_2400" ? 0.951 : 0.902, 0.001);
  }
}

TEST(Bandwidth, OfOneBankGroupIsOneBurstEachLongColumnCycle) {
  // 128 bursts of one row of one bank: nRCD + 127 nCCD_L + nCL + nBL.
  Memory ddr4(test::shipped("ddr4_2400"), without_refresh());
  ddr4.submit(0, 64, false, 0, {128, 256});
  EXPECT_EQ(ddr4.finish(), 17 + 127 * 6 + 17 + 4);
}

TEST(Bandwidth, IsLimitedByCreditsOverTheRoundTrip) {
  // W bursts a loop of latency + round trip: hits of one row, W = 2: burst k + 2 arrives round_trip
  // after the end of burst k. Rows open, one loop is nCL + nBL + round trip = 17 + 4 + 79 = 100.
  ChannelConfig config = without_refresh();
  config.credits = 2;
  config.round_trip = 79;
  Memory run(test::shipped("ddr4_2400"), config);
  run.submit(0, 64);
  run.submit(64, 64);
  (void)run.finish();
  const Cycle start = run.channel.horizon();
  run.submit(0, 64, false, start, {20, 256});
  // Pairs at start, start + 100, ...; the second of a pair follows nCCD_L = 6 behind the first,
  // so its successor and then the pair after it slip apart: 10 loops, last done at
  // start + 9 * 100 + 1 + ... bounded by the loop of the later one.
  const Cycle last = run.finish();
  EXPECT_GE(last, start + 9 * 100 + 21);
  EXPECT_LE(last, start + 9 * 100 + 21 + 6);
}

TEST(Rowstride, EqualsItsClosedForm) {
  // Every read opens another row of one bank: 9999 nRC + nRCD + nCL + nBL, peers.md.
  for (const bool hbm2 : {false, true}) {
    Memory run(Spec::from(hbm2 ? test::comparison_hbm2() : test::comparison_ddr4()),
               without_refresh());
    // 16 banks of 8 KiB rows; 16 banks of 2 KiB rows.
    const std::int64_t stride = hbm2 ? 16 * 2048 : 16 * 8192;
    run.submit(0, 64, false, 0, {10000, stride});
    EXPECT_EQ(run.finish(), hbm2 ? 479982 : 559982);
  }
}

TEST(Refresh, ComesExactlyWhileIdle) {
  // DDR4: due at every multiple of 9360; all banks closed, so it issues in that cycle.
  Memory ddr4(test::shipped("ddr4_2400"));
  ddr4.channel.advance(9360);
  EXPECT_EQ(ddr4.channel.statistics().ranks[0].refreshes, 0U);
  ddr4.channel.advance(9361);
  EXPECT_EQ(ddr4.channel.statistics().ranks[0].refreshes, 1U);
  ddr4.channel.advance(9360 * 1000 + 1);
  const RankStatistics rank = ddr4.channel.statistics().ranks[0];
  EXPECT_EQ(rank.refreshes, 1000U);
  // The last refresh has lasted one cycle.
  EXPECT_EQ(rank.refreshing, 999 * 420 + 1);
  EXPECT_EQ(rank.active, 0);
  EXPECT_EQ(rank.precharged + rank.refreshing, 9360 * 1000 + 1);
}

TEST(Refresh, TakesTurnsAmongRanks) {
  // Two ranks of nREFI 3900: due at 1950 and 3900, then every 3900.
  Memory run(test::shipped("hbm2_neupims"));
  run.channel.advance(1951);
  EXPECT_EQ(run.channel.statistics().ranks[0].refreshes, 1U);
  EXPECT_EQ(run.channel.statistics().ranks[1].refreshes, 0U);
  run.channel.advance(3901);
  EXPECT_EQ(run.channel.statistics().ranks[0].refreshes, 1U);
  EXPECT_EQ(run.channel.statistics().ranks[1].refreshes, 1U);
}

TEST(Energy, IsTheHandSumOfCommandsAndStates) {
  // One read and one write of two banks of a DDR4 rank, refresh off, 1000 cycles of 5/6 ns.
  Memory run(test::shipped("ddr4_2400"), without_refresh());
  run.submit(0, 64);
  run.submit(64, 64, true);
  run.channel.advance(1000);
  const ChannelStatistics statistics = run.channel.statistics();
  const Energy used = energy(statistics, run.spec);
  const double tck = 5.0 / 6.0;
  // 8 devices at 1.2 V. ACT + PRE: 48 (39 + 17) - 43 x 39 - 34 x 17 = 433 mA cycles.
  EXPECT_NEAR(used.activate_precharge, 2 * 8 * 1.2 * 433 * tck, 1e-6);
  // RD: (135 - 43) x 4 cycles; WR: (123 - 43) x 4 cycles.
  EXPECT_NEAR(used.read, 8 * 1.2 * 92 * 4 * tck, 1e-6);
  EXPECT_NEAR(used.write, 8 * 1.2 * 80 * 4 * tck, 1e-6);
  EXPECT_EQ(used.refresh, 0);
  // The first activation issues in cycle 0, rows stay open.
  EXPECT_EQ(statistics.ranks[0].active, 1000);
  EXPECT_NEAR(used.background_active, 8 * 1.2 * 43 * 1000 * tck, 1e-6);
  EXPECT_EQ(used.background_precharged, 0);
  EXPECT_EQ(used.family, "currents");
  // The accesses' own share.
  const Energy accesses = access_energy(statistics.total, run.spec);
  EXPECT_NEAR(accesses.total(), used.activate_precharge + used.read + used.write, 1e-6);
}

TEST(Energy, OfRefreshAndStandbyIsTheHandSum) {
  // HBM2: 1 ns, half a channel's current for each of 2 pseudo-channels, 58.75 mW always. Idle for
  // 4000 ns: the pseudo-channels refresh at 3900 and, one command a cycle, 3901; 100 and 99 of
  // their 350 ns are over.
  Memory run(test::shipped("hbm2_2000"));
  run.channel.advance(4000);
  const Energy used = energy(run.channel.statistics(), run.spec);
  EXPECT_NEAR(used.refresh, 2 * 0.5 * 1.2 * (92.8 - 35.5) * 350, 1e-6);
  EXPECT_NEAR(used.background_active, 0.5 * 1.2 * 35.5 * (100 + 99), 1e-6);
  EXPECT_NEAR(used.background_precharged, 0.5 * 1.2 * 38.0 * (3900 + 3901), 1e-6);
  EXPECT_NEAR(used.constant, 58.75 * 8000, 1e-6);
  EXPECT_EQ(used.activate_precharge + used.read + used.write, 0);
}

TEST(Energy, FallsBackToEnergyPerBit) {
  SpecDescription description = test::describe("ddr4_2400");
  description.currents.reset();
  description.per_bit = PerBitEnergy{100, 2, 3, 1000, 5, "test"};
  ChannelConfig config = without_refresh();
  Memory run(Spec::from(description), config);
  run.submit(0, 64);
  run.channel.advance(600);
  const Energy used = energy(run.channel.statistics(), run.spec);
  // One ACT; 512 bits at 2 pJ; 600 cycles of 5/6 ns at 5 mW.
  EXPECT_NEAR(used.activate_precharge, 100, 1e-9);
  EXPECT_NEAR(used.read, 1024, 1e-9);
  EXPECT_NEAR(used.constant, 5 * 500, 1e-9);
  EXPECT_EQ(used.family, "energy per bit");
  description.per_bit.reset();
  Memory none(Spec::from(description), config);
  EXPECT_THROW((void)energy(none.channel.statistics(), none.spec), base::UserError);
}

TEST(Statistics, KeepLayersApart) {
  Memory run(test::shipped("ddr4_2400"), without_refresh());
  for (std::uint32_t layer : {0U, 3U}) {
    Transfer transfer;
    transfer.row_bytes = 64 * (layer + 1);
    Slice slice;
    slice.cursor = SliceCursor(transfer, AddressMap(1, 64), 0, 64);
    slice.layer = layer;
    run.channel.submit(slice, 0);
  }
  (void)run.finish();
  const ChannelStatistics statistics = run.channel.statistics();
  ASSERT_EQ(statistics.layers.size(), 4U);
  EXPECT_EQ(statistics.layers[0].read_bursts, 1U);
  EXPECT_EQ(statistics.layers[1].read_bursts, 0U);
  EXPECT_EQ(statistics.layers[3].read_bursts, 4U);
  EXPECT_EQ(statistics.total.read_bursts, 5U);
  // Four groups, one activation each.
  EXPECT_EQ(statistics.total.activates, 4U);
  EXPECT_EQ(statistics.data_bus_busy, 5 * 4);
}

TEST(LatencyHistogram, PercentilesAreUpperBoundsOfTheirBuckets) {
  LatencyHistogram histogram;
  EXPECT_EQ(histogram.percentile(99, 100), 0);
  for (Cycle latency = 1; latency <= 100; ++latency) {
    histogram.add(latency);
  }
  // 99 of 100 are at most 99, which lies in [96, 103].
  EXPECT_EQ(histogram.percentile(99, 100), 103);
  // Half of them are at most 50, in [48, 51].
  EXPECT_EQ(histogram.percentile(1, 2), 51);
  EXPECT_EQ(histogram.percentile(1, 100), 1);
  for (std::size_t bucket = 1; bucket < LatencyHistogram::kBuckets; ++bucket) {
    EXPECT_GT(LatencyHistogram::upper_bound(bucket), LatencyHistogram::upper_bound(bucket - 1));
  }
}

TEST(ChannelConfig, IsChecked) {
  const Spec spec = test::shipped("ddr4_2400");
  Last sink;
  ChannelConfig config;
  config.controller.write_high = 4;
  config.controller.write_low = 4;
  EXPECT_THROW(Channel(spec, config, sink), base::UserError);
  config = {};
  config.credits = 0;
  EXPECT_THROW(Channel(spec, config, sink), base::UserError);
}

TEST(Channel, RefusesSlicesInThePast) {
  Memory run(test::shipped("ddr4_2400"));
  run.channel.advance(100);
  EXPECT_THROW(run.submit(0, 64, false, 99), base::InternalError);
  EXPECT_NO_THROW(run.submit(0, 64, false, 100));
}

}  // namespace
}  // namespace orrery::memory::dram
