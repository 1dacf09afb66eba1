// SPDX-License-Identifier: Apache-2.0
// The channel against the closed forms of bandwidth and latency.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "memory/dram/channel.h"
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

struct Preset {
  std::string file;
  // Cycles of one read: row open, bank closed, other row open.
  Cycle hit;
  Cycle closed;
  Cycle conflict;
  double eta;  // dram.md part 5, to three digits
};

// nCL + nBL (+ len_RD - 1), nRCDRD + nCL + nBL (+ len_ACT - 1), nRP + nRCDRD + nCL + nBL: a PRE
// lasts one cycle, and what ACT's second cycle adds behind it was taken off before it. LPDDR5
// counts from ACT1: its second cycle adds nothing.
const std::vector<Preset>& presets() {
  static const std::vector<Preset> list = {
      {"ddr4_2400", 17 + 4, 17 + 17 + 4, 17 + 17 + 17 + 4, 0.951},
      {"ddr4_3200", 22 + 4, 22 + 22 + 4, 22 + 22 + 22 + 4, 0.951},
      {"ddr5_4800", 40 + 8 + 1, 39 + 40 + 8 + 1, 39 + 39 + 40 + 8, 0.915},
      {"ddr5_6400", 46 + 8 + 1, 46 + 46 + 8 + 1, 46 + 46 + 46 + 8, 0.915},
      {"lpddr5_6400", 17 + 2, 15 + 17 + 2, 15 + 15 + 17 + 2, 0.915},
      {"gddr6_16", 28 + 2, 30 + 28 + 2, 30 + 30 + 28 + 2, 0.919},
      {"hbm2_2000", 14 + 2, 14 + 14 + 2 + 1, 14 + 14 + 14 + 2, 0.902},
      {"hbm2e_3200", 23 + 2, 23 + 23 + 2 + 1, 23 + 23 + 23 + 2, 0.876},
      {"hbm3_5200", 19 + 2, 19 + 19 + 2 + 1, 19 + 19 + 19 + 2, 0.901},
      {"hbm3_6400", 20 + 2, 31 + 20 + 2 + 1, 26 + 31 + 20 + 2, 0.900},
      {"hbm2_neupims", 14 + 2, 14 + 14 + 2, 14 + 14 + 14 + 2, 0.0}};
  return list;
}

TEST(Latency, OfAClosedBankIsActivationColumnAndBurst) {
  for (const Preset& preset : presets()) {
    Memory run(test::shipped(preset.file), without_refresh());
    run.submit(0, run.spec.access_bytes, false, 100);
    EXPECT_EQ(run.finish(), 100 + preset.closed) << preset.file;
    EXPECT_EQ(run.channel.statistics().total.row_misses, 1U);
  }
}

TEST(Latency, OfAnOpenRowIsColumnAndBurst) {
  for (const Preset& preset : presets()) {
    Memory run(test::shipped(preset.file), without_refresh());
    run.submit(0, run.spec.access_bytes);
    run.submit(0, run.spec.access_bytes, false, 1000);
    EXPECT_EQ(run.finish(), 1000 + preset.hit) << preset.file;
    EXPECT_EQ(run.channel.statistics().total.row_hits, 1U);
    EXPECT_EQ(run.channel.statistics().total.row_misses, 1U);
  }
}

TEST(Latency, OfAConflictAddsThePrecharge) {
  for (const Preset& preset : presets()) {
    Memory run(test::shipped(preset.file), without_refresh());
    run.submit(0, run.spec.access_bytes);
    // The next row of the same bank: rows are the highest address bits.
    const auto next_row = static_cast<std::uint64_t>(run.spec.capacity_bytes() / run.spec.rows);
    run.submit(next_row, run.spec.access_bytes, false, 1000);
    EXPECT_EQ(run.finish(), 1000 + preset.conflict) << preset.file;
    EXPECT_EQ(run.channel.statistics().total.row_conflicts, 1U);
  }
}

double parameter(const Spec& spec, const char* name) {
  return static_cast<double>(spec.parameter(name));
}

// What a stream leaves out of the peak: eta = 1 - (D + ramp) / nREFI with
// D = nRTP + nRP + nRFC + nRCDRD - nBL (LPDDR5: nRPab) and
// ramp = sum over i = 1 .. k - 1 of nRRD_S (1 - i nBL / nCCD_L), k = ceil(nCCD_L / nCCD_S)
// groups that must be open before the bus is full. dram.md part 5.
double refresh_efficiency(const Spec& spec, const std::string& file) {
  const double burst = parameter(spec, "nBL");
  const double precharge = parameter(spec, file == "lpddr5_6400" ? "nRPab" : "nRP");
  const double loss = parameter(spec, "nRTP") + precharge + parameter(spec, "nRFC") +
                      parameter(spec, "nRCDRD") - burst;
  const double groups = std::ceil(parameter(spec, "nCCD_L") / parameter(spec, "nCCD_S"));
  double ramp = 0;
  for (double i = 1; i < groups; ++i) {
    ramp += parameter(spec, "nRRD_S") * (1 - i * burst / parameter(spec, "nCCD_L"));
  }
  return 1 - (loss + ramp) / parameter(spec, "nREFI");
}

// Of the peak of all data buses, for a stream of so many bursts.
double share_of_peak(Memory& run, std::int64_t bursts) {
  run.submit(0, bursts * run.spec.access_bytes);
  const double cycles = static_cast<double>(run.finish());
  return static_cast<double>(bursts * run.spec.burst_cycles) /
         static_cast<double>(run.spec.data_buses()) / cycles;
}

// A stream keeps the bus only if a row change is seen early enough: the window must span PRE, ACT
// and RD, nRP + nRCDRD cycles at one burst a cycle for two pseudo-channels.
ControllerConfig with_places_for(const Spec& spec) {
  ControllerConfig controller;
  controller.buffer_size = spec.data_buses() > 1 ? 64 : 32;
  return controller;
}

TEST(Bandwidth, OfAStreamWithoutRefreshIsThePeak) {
  for (const Preset& preset : presets()) {
    const Spec spec = test::shipped(preset.file);
    ChannelConfig config = without_refresh();
    config.controller.buffer_size = with_places_for(spec).buffer_size;
    Memory run(spec, config);
    const double share = share_of_peak(run, 100000);
    EXPECT_LE(share, 1) << preset.file;
    // On LPDDR5's one bus a column command every second cycle and an ACT of two collide: four
    // cycles in the 512 of four rows are lost, 0.8 %.
    EXPECT_GE(share, preset.file == "lpddr5_6400" ? 0.991 : 0.995) << preset.file;
  }
}

TEST(Bandwidth, OfAStreamWithRefreshIsTheClosedForm) {
  for (const Preset& preset : presets()) {
    if (preset.eta == 0) {
      continue;
    }
    const Spec spec = test::shipped(preset.file);
    ChannelConfig config;
    config.controller = with_places_for(spec);
    config.credits = 1000;
    Memory run(spec, config);
    const double form = refresh_efficiency(run.spec, preset.file);
    EXPECT_NEAR(form, preset.eta, 0.0006) << preset.file;
    const double share = share_of_peak(run, 400000);
    EXPECT_NEAR(share / form, 1, 0.01) << preset.file;
  }
}

// One burst for each ACT: a burst every max(nBL, nRRD_S, nFAW / 4, T_c / banks, slots) cycles of
// each data bus, T_c = max(nRC, nRCDRD + nRTP + nRP), slots = len_ACT + len_RDA on one bus;
// dram.md part 5.
double random_cycles(const Spec& spec) {
  const double bank_cycle =
      std::max(parameter(spec, "nRC"),
               parameter(spec, "nRCDRD") + parameter(spec, "nRTP") + parameter(spec, "nRP"));
  const double banks = static_cast<double>(spec.banks()) / spec.data_buses();
  const auto length = [&](const char* name) {
    return static_cast<double>(spec.commands[static_cast<std::size_t>(spec.command(name))].cycles);
  };
  const double slots =
      spec.command_buses.size() == 1 ? length("ACT") + length("RDA") : length("ACT");
  return std::max({parameter(spec, "nBL"), parameter(spec, "nRRD_S"), parameter(spec, "nFAW") / 4,
                   bank_cycle / banks, slots});
}

TEST(Bandwidth, OfRandomRowsIsTheActivationRate) {
  // The cycles for one burst by hand: 26/4, 34/4, nBL, nBL, 16/4, 32/4, 26/4 and 7 = nRRD_S,
  // 39/4, 24/4.
  const std::vector<std::pair<std::string, double>> cases = {
      {"ddr4_2400", 6.5},  {"ddr4_3200", 8.5}, {"ddr5_4800", 8}, {"ddr5_6400", 8},
      {"lpddr5_6400", 4},  {"gddr6_16", 8},    {"hbm2_2000", 4}, {"hbm2e_3200", 7},
      {"hbm3_5200", 9.75}, {"hbm3_6400", 6}};
  for (const auto& [file, cycles] : cases) {
    ChannelConfig config = without_refresh();
    config.controller.page_policy = PagePolicyKind::kClosed;
    config.controller.buffer_size = 256;
    Memory run(test::shipped(file), config);
    EXPECT_DOUBLE_EQ(random_cycles(run.spec), cycles) << file;
    base::Random random(7);
    constexpr std::int64_t kReads = 60000;
    const std::int64_t bursts = run.spec.capacity_bytes() / run.spec.access_bytes;
    for (std::int64_t i = 0; i < kReads; ++i) {
      run.submit(static_cast<std::uint64_t>(random.integer(0, bursts - 1) * run.spec.access_bytes),
                 run.spec.access_bytes);
    }
    const double each = static_cast<double>(run.finish()) * run.spec.data_buses() / kReads;
    EXPECT_NEAR(each / cycles, 1, 0.03) << file;
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
