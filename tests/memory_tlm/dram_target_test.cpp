// SPDX-License-Identifier: Apache-2.0
#include "memory/tlm/dram_target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "memory/dram_tier.h"
#include "tests/memory/specs.h"
#include "tests/memory_tlm/bench.h"

// The test library's main() knows nothing of SystemC, which wants this symbol.
int sc_main(int, char**) {
  return 0;
}

namespace orrery::memory::tlm {
namespace {

using test::Bench;
using testing::HasSubstr;
using ::tlm::tlm_generic_payload;

constexpr Femtoseconds kNanosecond = 1'000'000;

// A DramTarget in front of two channels of HBM2 at 1 ns a cycle without refresh, 20 ns each way.
// A read takes 20 + nRCD 14 + nCL 14 + nBL 2 + 20 = 70 ns and 1 ns for the second cycle of its ACT
// from a closed bank, and 56 ns from an open row. Granules of 256 bytes.
class DramTargetTest : public testing::Test {
 protected:
  // Modules must go before their context does.
  void SetUp() override {
    bench_.reset();
    target_.reset();
    tier_.reset();
    sc_core::sc_curr_simcontext = nullptr;
    sc_core::sc_default_global_context = nullptr;
    sc_core::sc_set_time_resolution(1, sc_core::SC_FS);
  }

  // Builds everything and runs the script to the end. What it throws comes back as SystemC's
  // report.
  void simulate(const std::function<void(Bench&)>& script, const DramTargetConfig& config = {}) {
    TierConfig tier_config;
    tier_config.channels = 2;
    tier_config.request_latency = tier_config.response_latency = 20 * kNanosecond;
    dram::ChannelConfig channel;
    channel.controller.refresh_policy = dram::RefreshPolicyKind::kNone;
    tier_ =
        std::make_unique<DramTier>("tier", dram::test::shipped("hbm2_2000"), tier_config, channel);
    target_ = std::make_unique<DramTarget>("target", *tier_, store_, config);
    bench_ = std::make_unique<Bench>("bench", script);
    bench_->socket.bind(target_->socket);
    sc_core::sc_start();
  }

  SparseBytes store_;
  std::unique_ptr<DramTier> tier_;
  std::unique_ptr<DramTarget> target_;
  std::unique_ptr<Bench> bench_;
};

// The message of the base::UserError that the call throws, or nothing.
template <class Call>
std::string broken_rule(Call call) {
  try {
    call();
  } catch (const base::UserError& error) {
    return error.what();
  }
  return "";
}

TEST_F(DramTargetTest, AnUnloadedReadTakesTheTiersLatency) {
  simulate([](Bench& bench) {
    tlm_generic_payload& read = bench.pool.read(0, 32);
    bench.request(read);
    EXPECT_EQ(bench.time_of(read, ::tlm::END_REQ), 0);
    bench.wait_for(read, ::tlm::BEGIN_RESP);
    EXPECT_EQ(Bench::now(), 71 * kNanosecond);
    EXPECT_EQ(read.get_response_status(), ::tlm::TLM_OK_RESPONSE);
  });
  EXPECT_EQ(bench_->events.size(), 2U);
  EXPECT_EQ(target_->active(), 0);
}

TEST_F(DramTargetTest, TheDelayOfABeginReqCounts) {
  // Annotated with 1 fs the request is at the channel at 20 ns + 1 fs, seen in cycle 21: 72 ns.
  // With 1 ns it is there in cycle 21 exactly, with 1 ns + 1 fs in cycle 22.
  for (const auto& [delay, answer] : std::vector<std::pair<Femtoseconds, Femtoseconds>>{
           {0, 71}, {1, 72}, {kNanosecond, 72}, {kNanosecond + 1, 73}}) {
    simulate([delay = delay, answer = answer](Bench& bench) {
      tlm_generic_payload& read = bench.pool.read(0, 32);
      bench.request(read, delay);
      EXPECT_EQ(bench.time_of(read, ::tlm::END_REQ), delay);
      bench.wait_for(read, ::tlm::BEGIN_RESP);
      EXPECT_EQ(Bench::now(), answer * kNanosecond) << delay;
    });
    SetUp();
  }
}

TEST_F(DramTargetTest, AWriteIsAnsweredWhenTheControllerHasTakenItsLastBurst) {
  // 128 bytes are 4 bursts on one channel, in cycles 20 to 23; 20 ns back.
  simulate([](Bench& bench) {
    tlm_generic_payload& write = bench.pool.write(0, std::vector<unsigned char>(128, 1));
    bench.request(write);
    bench.wait_for(write, ::tlm::BEGIN_RESP);
    EXPECT_EQ(Bench::now(), 43 * kNanosecond);
  });
}

TEST_F(DramTargetTest, ABlockingReadTakesAsLongAndWaitsForItsDelayFirst) {
  simulate([](Bench& bench) {
    tlm_generic_payload& read = bench.pool.read(0, 32);
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    bench.socket->b_transport(read, delay);
    EXPECT_EQ(Bench::now(), 71 * kNanosecond);
    EXPECT_EQ(delay, sc_core::SC_ZERO_TIME);
    read.set_response_status(::tlm::TLM_INCOMPLETE_RESPONSE);
    // The row is open: 10 ns of delay, then 56 ns.
    delay = Bench::femtoseconds(10 * kNanosecond);
    bench.socket->b_transport(read, delay);
    EXPECT_EQ(Bench::now(), (71 + 10 + 56) * kNanosecond);
    EXPECT_EQ(read.get_response_status(), ::tlm::TLM_OK_RESPONSE);
  });
}

TEST_F(DramTargetTest, ReadsReturnWhatWasWritten) {
  simulate(
      [](Bench& bench) {
        std::vector<unsigned char> data(10'000);
        for (std::size_t i = 0; i < data.size(); ++i) {
          data[i] = static_cast<unsigned char>(i * 7 + i / 251);
        }
        // Across pages of the store and granules of the map, from an odd address.
        tlm_generic_payload& write = bench.pool.write(0x10'000'123, data);
        bench.request(write);
        tlm_generic_payload& read = bench.pool.read(0x10'000'100, 10'100);
        bench.request(read);
        bench.wait_for(read, ::tlm::BEGIN_RESP);
        for (std::size_t i = 0; i < 10'100; ++i) {
          const bool inside = i >= 0x23 && i - 0x23 < data.size();
          ASSERT_EQ(read.get_data_ptr()[i], inside ? data[i - 0x23] : 0) << i;
        }
      },
      {0x10'000'000, 0, 16});
}

TEST_F(DramTargetTest, OnlyEnabledBytesMove) {
  simulate([](Bench& bench) {
    unsigned char enable[2] = {TLM_BYTE_ENABLED, TLM_BYTE_DISABLED};
    tlm_generic_payload& write = bench.pool.write(0, {1, 2, 3, 4, 5});
    write.set_byte_enable_ptr(enable);
    write.set_byte_enable_length(2);
    bench.request(write);
    tlm_generic_payload& all = bench.pool.read(0, 5);
    bench.request(all);
    EXPECT_THAT(std::vector(all.get_data_ptr(), all.get_data_ptr() + 5),
                testing::ElementsAre(1, 0, 3, 0, 5));
    tlm_generic_payload& some = bench.pool.read(0, 5);
    some.set_byte_enable_ptr(enable);
    some.set_byte_enable_length(2);
    bench.request(some);
    EXPECT_THAT(std::vector(some.get_data_ptr(), some.get_data_ptr() + 5),
                testing::ElementsAre(1, 0xee, 3, 0xee, 5));
  });
}

TEST_F(DramTargetTest, DebugAccessTakesNoTimeAndStopsAtTheEnd) {
  simulate([this](Bench& bench) {
    const auto end = static_cast<std::uint64_t>(tier_->capacity());
    tlm_generic_payload& write = bench.pool.write(end - 2, {1, 2, 3});
    EXPECT_EQ(bench.socket->transport_dbg(write), 2U);
    tlm_generic_payload& read = bench.pool.read(end - 3, 3);
    EXPECT_EQ(bench.socket->transport_dbg(read), 3U);
    EXPECT_THAT(std::vector(read.get_data_ptr(), read.get_data_ptr() + 3),
                testing::ElementsAre(0, 1, 2));
    EXPECT_EQ(bench.socket->transport_dbg(bench.pool.read(end, 1)), 0U);
    EXPECT_EQ(Bench::now(), 0);
  });
  EXPECT_TRUE(bench_->events.empty());
}

TEST_F(DramTargetTest, ARequestBeyondTheOutstandingOnesIsHeldBack) {
  // Three reads from closed banks of one channel at once, two places. Its data bus is shared: the
  // second read follows the first one nRRD_S = 4 ns later. The third is taken when the first has
  // finished, at 71 ns, and hits the first one's row: 71 + 56 ns.
  simulate(
      [](Bench& bench) {
        tlm_generic_payload& first = bench.pool.read(0, 32);
        tlm_generic_payload& second = bench.pool.read(std::uint64_t{2} * 256 * 32, 32);
        tlm_generic_payload& third = bench.pool.read(0, 32);
        bench.request(first);
        bench.request(second);
        EXPECT_EQ(Bench::now(), 0);
        bench.request(third);
        EXPECT_EQ(Bench::now(), 71 * kNanosecond);
        EXPECT_EQ(bench.time_of(first, ::tlm::BEGIN_RESP), 71 * kNanosecond);
        bench.wait_for(third, ::tlm::BEGIN_RESP);
        EXPECT_EQ(Bench::now(), 127 * kNanosecond);
      },
      {0, 0, 2});
}

TEST_F(DramTargetTest, AnswersOvertakeOneAnother) {
  // Row 0 of bank 0 is opened in cycle 20, read in 34. `slow` wants another row of the bank, at
  // least 14 + 14 cycles more than a hit; `fast` hits.
  constexpr std::uint64_t kRowsApart =
      std::uint64_t{2} * 1024 * 32;  // both channels, 32 KiB a row step
  simulate([](Bench& bench) {
    tlm_generic_payload& opener = bench.pool.read(0, 32);
    tlm_generic_payload& slow = bench.pool.read(kRowsApart, 32);
    tlm_generic_payload& fast = bench.pool.read(0, 32);
    bench.request(opener);
    bench.request(slow);
    bench.request(fast);
    bench.wait_for(slow, ::tlm::BEGIN_RESP);
    EXPECT_LT(bench.time_of(fast, ::tlm::BEGIN_RESP), bench.time_of(slow, ::tlm::BEGIN_RESP));
    // ACT in 20 and 21; PRE not before nRAS: 55; ACT in 68 and 69, RD 83, data until 99, 20 back.
    EXPECT_EQ(Bench::now(), 119 * kNanosecond);
  });
}

TEST_F(DramTargetTest, OneResponseAtATime) {
  // Both answers are there by 75 ns. The initiator takes the first one after 100 ns.
  simulate([](Bench& bench) {
    bench.reply = Bench::Reply::kLater;
    tlm_generic_payload& first = bench.pool.read(0, 32);
    tlm_generic_payload& second = bench.pool.read(256, 32);
    bench.request(first);
    bench.request(second);
    bench.wait_for(first, ::tlm::BEGIN_RESP);
    EXPECT_EQ(Bench::now(), 71 * kNanosecond);
    sc_core::wait(100, sc_core::SC_NS);
    EXPECT_EQ(bench.time_of(second, ::tlm::BEGIN_RESP), -1);
    bench.send(first, ::tlm::END_RESP, 5 * kNanosecond);
    bench.wait_for(second, ::tlm::BEGIN_RESP);
    EXPECT_EQ(Bench::now(), 176 * kNanosecond);
    bench.send(second, ::tlm::END_RESP);
    sc_core::wait(1, sc_core::SC_NS);
  });
  EXPECT_EQ(target_->active(), 0);
}

TEST_F(DramTargetTest, EveryWayToEndAResponseFreesThePlaceAndTheMemory) {
  for (const Bench::Reply reply : {Bench::Reply::kCompleted, Bench::Reply::kUpdated}) {
    simulate(
        [reply](Bench& bench) {
          bench.reply = reply;
          for (int i = 0; i < 5; ++i) {
            tlm_generic_payload& read = bench.pool.read(static_cast<std::uint64_t>(i) * 32, 32);
            bench.request(read);
            EXPECT_EQ(read.get_ref_count(), 2);
            read.release();
          }
        },
        {0, 0, 1});
    EXPECT_EQ(bench_->pool.freed, 5);
    EXPECT_EQ(target_->active(), 0);
    SetUp();
  }
}

TEST_F(DramTargetTest, WhatTheMemoryCannotDoIsAnsweredWithAnError) {
  simulate(
      [this](Bench& bench) {
        const std::uint64_t end = 4096 + static_cast<std::uint64_t>(tier_->capacity());
        const auto status = [&](tlm_generic_payload& payload) {
          bench.request(payload);
          bench.wait_for(payload, ::tlm::BEGIN_RESP);
          EXPECT_EQ(Bench::now(), 0);
          return payload.get_response_status();
        };
        EXPECT_EQ(status(bench.pool.read(4095, 4)), ::tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(status(bench.pool.read(end - 3, 4)), ::tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(status(bench.pool.read(~std::uint64_t{0}, 4)), ::tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(status(bench.pool.read(4096, 0)), ::tlm::TLM_BURST_ERROR_RESPONSE);
        tlm_generic_payload& stream = bench.pool.read(4096, 8);
        stream.set_streaming_width(4);
        EXPECT_EQ(status(stream), ::tlm::TLM_BURST_ERROR_RESPONSE);
        tlm_generic_payload& enables = bench.pool.read(4096, 8);
        unsigned char enable = 0xff;
        enables.set_byte_enable_ptr(&enable);
        EXPECT_EQ(status(enables), ::tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
        tlm_generic_payload& nothing = bench.pool.read(0, 8);
        nothing.set_command(::tlm::TLM_IGNORE_COMMAND);
        EXPECT_EQ(status(nothing), ::tlm::TLM_OK_RESPONSE);
        // The last four bytes are there.
        tlm_generic_payload& last = bench.pool.read(end - 4, 4);
        bench.request(last);
        bench.wait_for(last, ::tlm::BEGIN_RESP);
        EXPECT_EQ(last.get_response_status(), ::tlm::TLM_OK_RESPONSE);
        EXPECT_EQ(Bench::now(), 71 * kNanosecond);
        // A blocking call is answered likewise.
        tlm_generic_payload& blocking = bench.pool.read(0, 4);
        sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
        bench.socket->b_transport(blocking, delay);
        EXPECT_EQ(blocking.get_response_status(), ::tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(Bench::now(), 71 * kNanosecond);
      },
      {4096, 0, 16});
  EXPECT_EQ(target_->active(), 0);
}

TEST_F(DramTargetTest, BrokenRulesOfTheProtocolAreErrors) {
  simulate(
      [](Bench& bench) {
        tlm_generic_payload& first = bench.pool.read(0, 32);
        tlm_generic_payload& second = bench.pool.read(0, 32);
        tlm_generic_payload& third = bench.pool.read(0, 32);
        const auto sends = [&](tlm_generic_payload& payload, ::tlm::tlm_phase phase) {
          return broken_rule([&] { bench.send(payload, phase); });
        };
        EXPECT_THAT(sends(first, ::tlm::END_RESP), HasSubstr("has not begun"));
        EXPECT_THAT(sends(first, ::tlm::END_REQ), HasSubstr("sent by the target"));
        EXPECT_THAT(sends(first, ::tlm::BEGIN_RESP), HasSubstr("sent by the target"));
        bench.request(first);
        EXPECT_THAT(sends(first, ::tlm::BEGIN_REQ), HasSubstr("under way"));
        EXPECT_EQ(sends(second, ::tlm::BEGIN_REQ), "");  // held back: one place
        EXPECT_THAT(sends(third, ::tlm::BEGIN_REQ), HasSubstr("before the END_REQ"));
        EXPECT_THAT(sends(second, ::tlm::END_RESP), HasSubstr("has not begun"));
        bench.wait_for(second, ::tlm::BEGIN_RESP);
        // Without a manager nobody knows when the payload may go.
        tlm_generic_payload unmanaged;
        EXPECT_THAT(sends(unmanaged, ::tlm::BEGIN_REQ), HasSubstr("memory manager"));
        third.set_response_status(::tlm::TLM_OK_RESPONSE);
        EXPECT_THAT(sends(third, ::tlm::BEGIN_REQ), HasSubstr("TLM_INCOMPLETE_RESPONSE"));
      },
      {0, 0, 1});
}

TEST_F(DramTargetTest, ATargetHasAPlace) {
  EXPECT_THROW(simulate([](Bench&) {}, {0, 0, 0}), base::UserError);
}

TEST_F(DramTargetTest, BlockingCallsOfSeveralThreadsShareThePlaces) {
  // Two threads, one place: the second call is taken when the first returns, and hits its row.
  std::vector<Femtoseconds> returned;
  simulate(
      [&](Bench& bench) {
        const auto call = [&] {
          tlm_generic_payload& read = bench.pool.read(0, 32);
          sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
          bench.socket->b_transport(read, delay);
          returned.push_back(Bench::now());
        };
        sc_core::sc_process_handle other = sc_core::sc_spawn(call);
        call();
        if (!other.terminated()) {
          sc_core::wait(other.terminated_event());
        }
      },
      {0, 0, 1});
  EXPECT_THAT(returned, testing::ElementsAre(71 * kNanosecond, 127 * kNanosecond));
}

}  // namespace
}  // namespace orrery::memory::tlm
