// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "lowering/lowering.h"
#include "tests/lowering/small_machine.h"
#include "workload/graph_builder.h"

namespace orrery::lowering {
namespace {

struct Traffic {
  std::int64_t read = 0;
  std::int64_t written = 0;
};

Traffic traffic(const workload::Attention& attention, std::int64_t batch, const Machine& machine) {
  workload::GraphBuilder builder("attention", {});
  const std::int64_t tokens = attention.query_length;
  const std::int64_t kv_width = attention.kv_heads * attention.head_size;
  const auto q = builder.input("q", {batch, tokens, attention.heads * attention.head_size}, {});
  const auto k = builder.input("k", {batch, tokens, kv_width}, {});
  const auto v = builder.input("v", {batch, tokens, kv_width}, {});
  builder.attention("attention", q, k, v, attention, {});
  LoweredStream stream(make_plan(builder.finish(), machine, {}, 0));
  Traffic result;
  command::Command command;
  while (stream.next(command)) {
    if (const auto* move = std::get_if<command::Move>(&command.body)) {
      const bool reads = move->source.space.kind == command::SpaceKind::kTier;
      (reads ? result.read : result.written) += move->bytes();
    }
  }
  return result;
}

workload::Attention attention(std::int64_t tokens, std::int64_t past, bool causal) {
  workload::Attention result;
  result.heads = 4;
  result.kv_heads = 2;
  result.head_size = 8;
  result.query_length = tokens;
  result.past_length = past;
  result.causal = causal;
  return result;
}

// docs/lowering.md: read = E d B (H T + 2 G T + 2 G S), written = E d B (2 G T + H T) with E = 2,
// d = 8, B = 3, H = 4, G = 2.
TEST(AttentionTraffic, OfADecodeStepReadsTheCacheOnce) {
  // T = 1, S = 10 + 1: read 48 * (4 + 4 + 44) = 2496, written 48 * (4 + 4) = 384.
  const Traffic found = traffic(attention(1, 10, true), 3, small_machine());
  EXPECT_EQ(found.read, 2496);
  EXPECT_EQ(found.written, 384);
}

TEST(AttentionTraffic, ReadsTheCacheOnceWhereABlockHoldsAllTokens) {
  // T = 4, S = 6 + 4, one block of 2 heads x 4 tokens: 8 x 10 logits of 2 bytes.
  // read 48 * (16 + 16 + 40) = 3456, written 48 * (16 + 16) = 1536.
  Machine machine = small_machine();
  machine.scratchpad_bytes = 1 << 20;
  machine.arrays[0].accumulator_bytes = 1 << 20;
  machine.tiers[0].bytes_per_cycle = base::Rational(1, 64);  // so slow that nothing is read twice
  const Traffic found = traffic(attention(4, 6, false), 3, machine);
  EXPECT_EQ(found.read, 3456);
  EXPECT_EQ(found.written, 1536);
}

TEST(AttentionTraffic, ReadsTheVisibleKeysForEachBlockWhereNothingStays) {
  // Sums of a block of r rows and k keys, two of each: 2 * (r k + 8 r) * 4 bytes. 170 bytes hold r
  // = 2, both heads of a group for t = 1 token, and k = 2. A lane with two buffers of keys and
  // values takes 2 * (64 + 64) + 2 * (64 + 64) + 64 = 576 bytes of the budget of 650, one with all
  // five 960. Causal: S = 4 * (6 + (4 + 1) / 2) = 34. read 48 * (16 + 16 + 4 * 34) = 8064.
  Machine machine = small_machine();
  machine.scratchpad_bytes = 1300;
  machine.arrays[0].accumulator_bytes = 170;
  const Traffic found = traffic(attention(4, 6, true), 3, machine);
  EXPECT_EQ(found.read, 8064);
  EXPECT_EQ(found.written, 1536);
}

}  // namespace
}  // namespace orrery::lowering
