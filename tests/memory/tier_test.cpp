// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "base/random.h"
#include "memory/bandwidth_tier.h"
#include "memory/dram/channel_map.h"
#include "memory/dram_tier.h"
#include "memory/ideal_tier.h"
#include "tests/memory/specs.h"

// The test library's main() knows nothing of SystemC, which wants this symbol.
int sc_main(int, char**) {
  return 0;
}

namespace orrery::memory {
namespace {

using base::Cycle;
using dram::ChannelConfig;
using dram::Spec;

constexpr Femtoseconds kNanosecond = 1'000'000;

// Every test elaborates in a context of its own.
class TierTest : public testing::Test {
 protected:
  void SetUp() override {
    sc_core::sc_curr_simcontext = nullptr;
    sc_core::sc_default_global_context = nullptr;
    sc_core::sc_set_time_resolution(1, sc_core::SC_FS);
  }
};

struct Answer {
  std::uint64_t ticket = 0;
  Femtoseconds time = 0;
  bool operator==(const Answer&) const = default;
};

// Keeps a number of random transfers under way, chosen by a seed of its own.
class Requester : public sc_core::sc_module, public TransferListener {
 public:
  SC_HAS_PROCESS(Requester);
  Requester(const sc_core::sc_module_name& name, Tier& tier, std::uint32_t initiator, int count)
      : sc_core::sc_module(name),
        tier_(tier),
        initiator_(initiator),
        left_(count),
        random_(initiator + 1) {
    SC_METHOD(begin);
  }
  void transfer_done(std::uint64_t ticket) override {
    answers.push_back({ticket, static_cast<Femtoseconds>(sc_core::sc_time_stamp().value())});
    next();
  }
  std::vector<Answer> answers;
  std::int64_t bytes = 0;

 private:
  void begin() {
    for (int i = 0; i < 3; ++i) {
      next();
    }
  }
  void next() {
    if (left_-- <= 0) {
      return;
    }
    Transfer transfer;
    transfer.address = static_cast<std::uint64_t>(random_.integer(0, 1 << 25)) * 64;
    transfer.row_bytes = 64 * random_.integer(1, 64);
    transfer.outer[0] = {random_.integer(1, 4), 8192};
    transfer.is_write = random_.integer(0, 2) == 0;
    transfer.initiator = initiator_;
    transfer.layer = initiator_;
    bytes += total_bytes(transfer);
    tier_.submit(transfer, static_cast<std::uint64_t>(left_), *this);
  }
  Tier& tier_;
  std::uint32_t initiator_;
  int left_;
  base::Random random_;
};

// One transfer, submitted at time 0.
class OneShot : public sc_core::sc_module, public TransferListener {
 public:
  SC_HAS_PROCESS(OneShot);
  OneShot(const sc_core::sc_module_name& name, Tier& tier, std::vector<Transfer> transfers)
      : sc_core::sc_module(name), tier_(tier), transfers_(std::move(transfers)) {
    SC_METHOD(begin);
  }
  void transfer_done(std::uint64_t ticket) override {
    answers.push_back({ticket, static_cast<Femtoseconds>(sc_core::sc_time_stamp().value())});
  }
  std::vector<Answer> answers;

 private:
  void begin() {
    for (std::size_t i = 0; i < transfers_.size(); ++i) {
      tier_.submit(transfers_[i], i, *this);
    }
  }
  Tier& tier_;
  std::vector<Transfer> transfers_;
};

Transfer contiguous(std::uint64_t address, std::int64_t bytes, bool is_write = false,
                    std::uint32_t initiator = 0) {
  Transfer transfer;
  transfer.address = address;
  transfer.row_bytes = bytes;
  transfer.is_write = is_write;
  transfer.initiator = initiator;
  return transfer;
}

TierConfig config_of(int channels, Femtoseconds each_way) {
  TierConfig config;
  config.channels = channels;
  config.request_latency = each_way;
  config.response_latency = each_way;
  return config;
}

TEST_F(TierTest, AnUnloadedReadTakesTheWayThereTheDramAndTheWayBack) {
  // HBM2, 1 ns a cycle: 20 ns, nRCD + nCL + nBL = 14 + 14 + 2 and ACT's second cycle, 20 ns.
  const Spec spec = dram::test::shipped("hbm2_2000");
  DramTier tier("tier", spec, config_of(8, 20 * kNanosecond), ChannelConfig{});
  OneShot reader("reader", tier, {contiguous(0, 32)});
  sc_core::sc_start();
  ASSERT_EQ(reader.answers.size(), 1U);
  EXPECT_EQ(reader.answers[0].time, (20 + 31 + 20) * kNanosecond);
}

TEST_F(TierTest, ARequestBetweenTwoEdgesIsSeenAtTheNextOne) {
  // DDR4, 5/6 ns: 20 ns are cycle 24 exactly; 20 ns + 1 fs are seen in cycle 25 at 20.8333 ns.
  // nRCD + nCL + nBL = 38: done in cycle 62 or 63, floor(62 x 5/6 ns) = 51.666666 ns, 52.5 ns.
  const Spec spec = dram::test::shipped("ddr4_2400");
  TierConfig config = config_of(1, 20 * kNanosecond);
  DramTier exact("exact", spec, config, ChannelConfig{});
  config.request_latency += 1;
  DramTier later("later", spec, config, ChannelConfig{});
  OneShot first("first", exact, {contiguous(0, 64)});
  OneShot second("second", later, {contiguous(0, 64)});
  sc_core::sc_start();
  EXPECT_EQ(first.answers.at(0).time, 51'666'666 + 20 * kNanosecond);
  EXPECT_EQ(second.answers.at(0).time, 52'500'000 + 20 * kNanosecond);
}

TEST_F(TierTest, AWriteIsAnsweredWhenItsLastBurstIsAccepted) {
  // 4 bursts of 32 bytes on one channel, one accepted in each of the cycles 20 to 23.
  const Spec spec = dram::test::shipped("hbm2_2000");
  DramTier tier("tier", spec, config_of(8, 20 * kNanosecond), ChannelConfig{});
  OneShot writer("writer", tier, {contiguous(0, 128, true)});
  sc_core::sc_start();
  EXPECT_EQ(writer.answers.at(0).time, (23 + 20) * kNanosecond);
}

struct Outcome {
  std::vector<std::vector<Answer>> answers;
  std::uint64_t hits = 0, conflicts = 0, latency = 0;
  double energy = 0;
  std::uint64_t wake_ups = 0;
  bool operator==(const Outcome&) const = default;
};

Outcome run_requesters(const std::string& name, bool reverse) {
  const Spec spec = dram::test::shipped(name);
  std::unique_ptr<DramTier> tier;
  std::vector<std::unique_ptr<Requester>> requesters(4);
  tier = std::make_unique<DramTier>("tier", spec, config_of(3, 15 * kNanosecond), ChannelConfig{});
  for (std::uint32_t i = 0; i < 4; ++i) {
    const std::uint32_t index = reverse ? 3 - i : i;
    requesters[index] =
        std::make_unique<Requester>(("dma" + std::to_string(index)).c_str(), *tier, index, 100);
  }
  sc_core::sc_start();
  tier->finish(static_cast<Femtoseconds>(sc_core::sc_time_stamp().value()));
  const TierStatistics statistics = tier->statistics();
  Outcome outcome;
  for (const auto& requester : requesters) {
    EXPECT_EQ(requester->answers.size(), 100U);
    outcome.answers.push_back(requester->answers);
  }
  outcome.hits = statistics.total.row_hits;
  outcome.conflicts = statistics.total.row_conflicts;
  outcome.latency = statistics.total.read_latency_sum;
  outcome.energy = statistics.energy.total();
  outcome.wake_ups = tier->wake_ups();
  // Every burst of every layer is counted once.
  std::uint64_t bursts = 0;
  for (const dram::AccessStatistics& layer : statistics.layers) {
    bursts += layer.read_bursts + layer.write_bursts;
  }
  std::int64_t bytes = 0;
  for (const auto& requester : requesters) {
    bytes += requester->bytes;
  }
  EXPECT_EQ(bursts * statistics.access_bytes, static_cast<std::uint64_t>(bytes));
  return outcome;
}

TEST_F(TierTest, TheOrderInWhichModulesAreBuiltCannotBeSeen) {
  for (const std::string name : {"hbm2_2000", "ddr4_2400"}) {
    const Outcome forward = run_requesters(name, false);
    SetUp();
    EXPECT_TRUE(forward == run_requesters(name, true)) << name;
    SetUp();
  }
}

TEST_F(TierTest, AStreamCostsFewWakeUps) {
  // One transfer of 1 MiB over 8 channels = 32768 bursts.
  const Spec spec = dram::test::shipped("hbm2_2000");
  DramTier tier("tier", spec, config_of(8, 20 * kNanosecond), ChannelConfig{});
  OneShot reader("reader", tier, {contiguous(0, 1 << 20)});
  sc_core::sc_start();
  EXPECT_EQ(reader.answers.size(), 1U);
  EXPECT_LT(tier.wake_ups(), 8U * 40);
}

TEST_F(TierTest, IsNotWokenWhileIdleAndStillRefreshes) {
  const Spec spec = dram::test::shipped("hbm2_2000");
  DramTier tier("tier", spec, config_of(2, 20 * kNanosecond), ChannelConfig{});
  sc_core::sc_start(sc_core::sc_time(1, sc_core::SC_MS));
  EXPECT_EQ(tier.wake_ups(), 0U);
  tier.finish(1'000'000 * kNanosecond);
  // Due at every multiple of 3900 below 1e6: 256. Two channels of two pseudo-channels.
  EXPECT_EQ(tier.statistics().refreshes, 2U * 2 * 256);
}

TEST_F(TierTest, RefusesWhatLiesBeyondItsEnd) {
  const Spec spec = dram::test::shipped("hbm2_2000");
  DramTier tier("tier", spec, config_of(8, 20 * kNanosecond), ChannelConfig{});
  const std::uint64_t end = std::uint64_t{8} << 30;
  EXPECT_EQ(tier.capacity(), static_cast<std::int64_t>(end));
  EXPECT_TRUE(tier.fits(contiguous(end - 64, 64)));
  EXPECT_FALSE(tier.fits(contiguous(end - 63, 64)));
}

TEST_F(TierTest, NeedsLatenciesAndWholeBursts) {
  const Spec spec = dram::test::shipped("hbm2_2000");
  EXPECT_THROW(DramTier("a", spec, config_of(8, 0), ChannelConfig{}), base::UserError);
  TierConfig config = config_of(8, 1);
  config.interleave = 48;
  EXPECT_THROW(DramTier("b", spec, config, ChannelConfig{}), base::UserError);
}

TEST_F(TierTest, ChannelsAreNumberedStackByStack) {
  // 2 stacks of 3 channels, 256 bytes each in turn: bytes 256 n to 256 n + 31 lie on channel n
  // mod 6.
  const Spec spec = dram::test::shipped("hbm2_2000");
  TierConfig config = config_of(3, 20 * kNanosecond);
  config.stacks = 2;
  DramTier tier("tier", spec, config, ChannelConfig{});
  EXPECT_EQ(tier.capacity(), 6 * spec.capacity_bytes());
  std::vector<Transfer> transfers;
  for (int n = 0; n < 9; ++n) {
    transfers.push_back(contiguous(static_cast<std::uint64_t>(n) * 256, 32));
  }
  OneShot reader("reader", tier, transfers);
  sc_core::sc_start();
  tier.finish(1'000 * kNanosecond);
  std::vector<std::uint64_t> bursts;
  for (const auto& channel : tier.statistics().each_channel) {
    bursts.push_back(channel.total.read_bursts);
  }
  // The seventh to ninth come round to the first stack.
  EXPECT_EQ(bursts, (std::vector<std::uint64_t>{2, 2, 2, 1, 1, 1}));
  EXPECT_EQ(tier.statistics().channels, 6);
}

TEST_F(TierTest, AnAddressMapDecidesWhichBanksConflict) {
  // Two reads of one bank's rows 0 and 1. As ordered they conflict: ACT 20, PRE at nRAS + 1 = 55,
  // ACT at nRP - 1 = 68, RD 83, data until 99, 20 ns back (ACT takes two cycles). Hashed with the
  // row they lie in two banks of one group: the second ACT nRRD_L = 6 after the first, 26 + 15 + 14
  // + 2 + 20.
  const Spec spec = dram::test::shipped("hbm2_2000");
  for (const auto& [hashes, second] : std::vector<std::pair<std::vector<MapText>, Femtoseconds>>{
           {{}, 119}, {{"bank ^= row[1:0]"}, 77}}) {
    TierConfig config = config_of(2, 20 * kNanosecond);
    config.fields = FieldMap::from({"row:bank:column:bank_group:pseudo_channel:channel", hashes},
                                   dram::address_fields(spec, config.channels, config.stacks));
    DramTier tier("tier", spec, config, ChannelConfig{});
    // 1 + 1 + 2 + 5 + 2 bits of 32 bytes below the row.
    OneShot reader("reader", tier, {contiguous(0, 32), contiguous(32 << 11, 32)});
    sc_core::sc_start();
    EXPECT_EQ(reader.answers.at(0).time, 71 * kNanosecond);
    EXPECT_EQ(reader.answers.at(1).time, second * kNanosecond);
    SetUp();
  }
}

TEST_F(TierTest, AHashOfTheChannelSpreadsAStrideOverTheChannels) {
  // Eight bursts 8 bits apart on 4 channels at bits 0 and 1: all on channel 0, or, hashed with bits
  // 8 and 9, two on each.
  const Spec spec = dram::test::shipped("hbm2_2000");
  for (const auto& [hashes, expected] :
       std::vector<std::pair<std::vector<MapText>, std::vector<std::uint64_t>>>{
           {{}, {8, 0, 0, 0}}, {{"channel ^= column[4:3]"}, {2, 2, 2, 2}}}) {
    TierConfig config = config_of(4, 20 * kNanosecond);
    config.fields = FieldMap::from({"row:bank:column:bank_group:pseudo_channel:channel", hashes},
                                   dram::address_fields(spec, config.channels, config.stacks));
    DramTier tier("tier", spec, config, ChannelConfig{});
    Transfer transfer = contiguous(0, 32);
    transfer.outer[0] = {8, 32 << 8};
    OneShot reader("reader", tier, {transfer});
    sc_core::sc_start();
    tier.finish(1'000 * kNanosecond);
    std::vector<std::uint64_t> bursts;
    for (const auto& channel : tier.statistics().each_channel) {
      bursts.push_back(channel.total.read_bursts);
    }
    EXPECT_EQ(bursts, expected);
    SetUp();
  }
}

TEST_F(TierTest, ABandwidthTierIsAServerOfThePeakRate) {
  // HBM2: 2 bursts of 32 bytes every 2 cycles = 32 bytes a ns. 4096 bytes on one channel (the
  // interleave is that large) take 128 ns after 20 ns there, 50 ns latency, 20 ns back. A second
  // initiator's transfer of the same moment waits for the first.
  const Spec spec = dram::test::shipped("hbm2_2000");
  TierConfig config = config_of(2, 20 * kNanosecond);
  config.interleave = 4096;
  BandwidthTier tier("tier", spec, config, 50 * kNanosecond);
  OneShot reader("reader", tier, {contiguous(0, 4096, false, 1), contiguous(0, 4096, false, 0)});
  sc_core::sc_start();
  ASSERT_EQ(reader.answers.size(), 2U);
  EXPECT_EQ(reader.answers[0], (Answer{1, (20 + 128 + 50 + 20) * kNanosecond}));
  EXPECT_EQ(reader.answers[1], (Answer{0, (20 + 256 + 50 + 20) * kNanosecond}));
  tier.finish(346 * kNanosecond);
  EXPECT_EQ(tier.statistics().bytes_read(), 8192U);
  EXPECT_EQ(tier.statistics().data_bus_busy, 2 * 128 * 2);
}

TEST_F(TierTest, AnIdealTierAnswersAfterItsLatencyButNeverAtOnce) {
  IdealTier slow("slow", 1 << 20, 64, 7 * kNanosecond);
  IdealTier fast("fast", 1 << 20, 64);
  OneShot first("first", slow, {contiguous(0, 1 << 20)});
  OneShot second("second", fast, {contiguous(32, 64)});
  sc_core::sc_start();
  EXPECT_EQ(first.answers.at(0).time, 7 * kNanosecond);
  EXPECT_EQ(second.answers.at(0).time, 1);
  // 64 bytes across two bursts count as two.
  EXPECT_EQ(fast.statistics().bytes_read(), 128U);
}

}  // namespace
}  // namespace orrery::memory
