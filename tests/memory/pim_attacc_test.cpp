// SPDX-License-Identifier: Apache-2.0
// AttAcc's schedule for attention on one channel of a stack, against what its own simulator takes.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/memory/pim_bench.h"

namespace orrery::memory::dram::test {
namespace {

// One head on one channel at a time (pim.md of the field's reference, 4.2): K and V lie in rows of
// 32 columns, a column of all 64 banks is one MACAB; 16 tokens a step. Moves ride under the MACABs,
// one after each.
class AttAccSchedule {
 public:
  AttAccSchedule(const PimBench& bench, std::uint32_t length, std::uint32_t head_size)
      : bench_(bench), length_(length), head_size_(head_size) {}

  // Two heads in a software pipeline: the scores of a head overlap the softmax of the one before,
  // its context the softmax of the one after.
  std::vector<PimStep> heads(std::uint32_t count) {
    queue(query());
    flush();
    score(1 < count);
    for (std::uint32_t head = 0; head < count; ++head) {
      queue({"SFM"});
      queue(weights());
      if (head + 1 < count) {
        score(head + 2 < count);
      }
      flush();
      macs();
      queue(context_results());
    }
    flush();
    return std::move(steps_);
  }

  [[nodiscard]] std::uint32_t all_bank_macs() const { return macs_; }

 private:
  // Steps of 16 tokens with ceil(dh / 4 / 16) columns each.
  [[nodiscard]] std::uint32_t columns() const {
    return length_ / 16 * ((head_size_ / 4 + 15) / 16);
  }
  void macs() { macs(columns(), 0); }
  // With 8 moves of results for every 16 steps: four bank groups of two ranks.
  void score(bool another) {
    if (another) {
      queue(query());
    }
    macs(columns(), 16 * ((head_size_ / 4 + 15) / 16));
  }
  void macs(std::uint32_t count, std::uint32_t between_results) {
    for (std::uint32_t i = 0; i < count; ++i) {
      steps_.push_back(bench_.step("MACAB", 0, row_ + i / 32, i % 32));
      ++macs_;
      send_move();
      if (between_results != 0 && (i + 1) % between_results == 0) {
        queue(std::vector<std::string>(8, "MVSB"));
      }
    }
    row_ += (count + 31) / 32;
  }
  [[nodiscard]] std::vector<std::string> query() const {
    return std::vector<std::string>(4 * ((head_size_ / 4 + 15) / 16), "WRGB");
  }
  [[nodiscard]] std::vector<std::string> weights() const {
    return std::vector<std::string>(8 * ((length_ + 255) / 256), "MVGB");
  }
  // 8 for every 64 of the head's dimensions.
  [[nodiscard]] std::vector<std::string> context_results() const {
    return std::vector<std::string>(8 * ((head_size_ + 63) / 64), "MVSB");
  }
  void queue(const std::vector<std::string>& moves) {
    moves_.insert(moves_.end(), moves.begin(), moves.end());
  }
  void send_move() {
    if (moves_.empty()) {
      return;
    }
    // Bank groups of both ranks in turn.
    const std::uint32_t group = next_group_++ % 8;
    steps_.push_back(bench_.step(moves_.front(), group * 4));
    moves_.erase(moves_.begin());
  }
  void flush() {
    while (!moves_.empty()) {
      send_move();
    }
  }

  const PimBench& bench_;
  std::uint32_t length_;
  std::uint32_t head_size_;
  std::uint32_t row_ = 0;
  std::uint32_t macs_ = 0;
  std::uint32_t next_group_ = 0;
  std::vector<std::string> moves_;
  std::vector<PimStep> steps_;
};

// 64 heads on 16 channels are four a channel; length 2048, head size 128, power-limited: 4 * 2 *
// 2048 / 16 * 2 = 2,048 all-bank MACs. AttAcc's simulator takes 16,161 cycles. Ours: 64 rows of 232
// cycles are 14,848; three refreshes of 455 fall into that time.
TEST(PimAttAcc, TakesWhatItsOwnSimulatorTakesWithinFivePercent) {
  PimBench bench(Spec::from(describe_pim("attacc")));
  AttAccSchedule schedule(bench, 2048, 128);
  const std::uint64_t ticket = bench.submit(schedule.heads(4));
  ASSERT_EQ(schedule.all_bank_macs(), 2048U);
  bench.run(30000);
  const Cycle done = bench.done(ticket);
  EXPECT_EQ(bench.cycles("REF").size() / 2 >= 3, true);
  RecordProperty("cycles", static_cast<int>(done));
  EXPECT_NEAR(static_cast<double>(done), 16161, 0.05 * 16161) << done;
}

}  // namespace
}  // namespace orrery::memory::dram::test
