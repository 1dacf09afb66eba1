// SPDX-License-Identifier: Apache-2.0
// The traffic and the footprint of the three forms of attention; docs/attention.md derives them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <optional>

#include "command/view.h"
#include "lowering/lowering.h"
#include "tests/lowering/small_machine.h"
#include "workload/graph_builder.h"

namespace orrery::lowering {
namespace {

constexpr std::int64_t kBytes = 2;  // fp16 everywhere

struct Shape {
  std::int64_t batch = 1;
  std::int64_t heads = 1;
  std::int64_t kv_heads = 1;
  std::int64_t queries = 1;     // P
  std::int64_t keys = 1;        // M
  std::int64_t head_size = 1;   // E
  std::int64_t value_size = 1;  // F
};

workload::Graph encoder(const Shape& shape) {
  workload::GraphBuilder builder("attention", {});
  workload::Attention a;
  a.heads = shape.heads;
  a.kv_heads = shape.kv_heads;
  a.head_size = shape.head_size;
  a.value_size = shape.value_size;
  a.query_length = shape.queries;
  a.key_length = shape.keys;
  a.causal = a.cached = false;
  const auto q =
      builder.input("q", {shape.batch, shape.queries, shape.heads * shape.head_size}, {});
  const auto k =
      builder.input("k", {shape.batch, shape.keys, shape.kv_heads * shape.head_size}, {});
  const auto v =
      builder.input("v", {shape.batch, shape.keys, shape.kv_heads * shape.value_size}, {});
  builder.attention("attention", q, k, v, a, {});
  return builder.finish();
}

workload::Graph decoder(std::int64_t tokens, std::int64_t past, std::int64_t window) {
  workload::GraphBuilder builder("attention", {});
  workload::Attention a;
  a.heads = 2;
  a.kv_heads = 1;
  a.head_size = 8;
  a.query_length = tokens;
  a.past_length = past;
  a.window = window;
  const auto q = builder.input("q", {1, tokens, 16}, {});
  const auto k = builder.input("k", {1, tokens, 8}, {});
  const auto v = builder.input("v", {1, tokens, 8}, {});
  builder.attention("attention", q, k, v, a, {});
  return builder.finish();
}

MappingConfig mapping_of(AttentionForm form) {
  MappingConfig mapping;
  mapping.attention = form;
  mapping.tile_budget_percent = 100;
  return mapping;
}

struct Found {
  std::int64_t read = 0;
  std::int64_t written = 0;
  std::int64_t highest = 0;  // byte of the scratchpad, one behind
  std::string tiling;
  [[nodiscard]] std::int64_t traffic() const { return read + written; }
};

Found lower(const workload::Graph& graph, const Machine& machine, AttentionForm form) {
  LoweredStream stream(make_plan(graph, machine, mapping_of(form), 0));
  Found found;
  found.tiling = stream.header().layers[0].tiling;
  command::Command command;
  while (stream.next(command)) {
    if (const auto* move = std::get_if<command::Move>(&command.body)) {
      const bool reads = move->source.space.kind == command::SpaceKind::kTier;
      (reads ? found.read : found.written) += move->bytes();
      found.highest =
          std::max(found.highest,
                   command::touched_bytes(reads ? move->destination : move->source, *move).end);
    }
  }
  return found;
}

// A 256 x 256 array with 16 MiB, and memory so slow that the fewest bytes are the best.
Machine cloud_machine() {
  Machine machine = small_machine();
  machine.arrays[0].rows = machine.arrays[0].columns = 256;
  machine.arrays[0].stream_port_bytes = machine.arrays[0].stationary_port_bytes = 512;
  machine.arrays[0].accumulator_bytes = 4 << 20;
  machine.vector_units[0].costs.lanes = 256;
  machine.vector_units[0].costs.read_port_bytes = 4096;
  machine.vector_units[0].costs.write_port_bytes = 4096;
  machine.scratchpad_bytes = 16 << 20;
  machine.tiers[0].capacity = std::int64_t{1} << 36;
  machine.tiers[0].bytes_per_cycle = base::Rational(1, 64);
  return machine;
}

// 2.4 of the reference: 2 * (2nE + n^2) + 4n^2 + 2 * (2nF + n^2) bytes a head at P = M = n, with
// 2nE standing for queries and keys, 2nF for values and results.
TEST(AttentionForms, UnfusedTrafficIsTheClosedForm) {
  for (const Shape& shape : {Shape{1, 1, 1, 256, 256, 64, 64}, Shape{1, 2, 2, 512, 512, 64, 64},
                             Shape{2, 3, 3, 96, 96, 16, 16}, Shape{1, 2, 2, 1024, 1024, 64, 64},
                             Shape{1, 2, 2, 127, 127, 31, 31}, Shape{1, 1, 1, 128, 128, 64, 32}}) {
    const std::int64_t n = shape.queries;
    const std::int64_t e = shape.head_size;
    const std::int64_t f = shape.value_size;
    const std::int64_t head = 2 * (2 * n * e + n * n) + 4 * n * n + 2 * (2 * n * f + n * n);
    const Found found = lower(encoder(shape), cloud_machine(), AttentionForm::kUnfused);
    EXPECT_EQ(found.traffic(), shape.batch * shape.heads * head) << "n = " << n;
    // Logits and weights are each written once and read once; queries and the two sides of keys
    // and values are read, results written.
    EXPECT_EQ(found.written, shape.batch * shape.heads * kBytes * (2 * n * n + n * f));
  }
}

// Query heads of a group share keys and values, which P queries of M keys read once:
// 2 * (H P E + G M E) + 2 * 4 H P M + 2 * (G M F + H P F).
TEST(AttentionForms, UnfusedTrafficOfGroupsAndCrossAttentionIsTheClosedForm) {
  for (const Shape& shape : {Shape{1, 8, 2, 64, 200, 32, 32}, Shape{2, 4, 1, 1, 301, 16, 16},
                             Shape{1, 6, 3, 37, 11, 8, 24}}) {
    const std::int64_t rows = shape.heads * shape.queries;
    const std::int64_t cached = shape.kv_heads * shape.keys;
    const std::int64_t sequence =
        kBytes * ((rows + cached) * shape.head_size + 4 * rows * shape.keys +
                  (rows + cached) * shape.value_size);
    const Found found = lower(encoder(shape), cloud_machine(), AttentionForm::kUnfused);
    EXPECT_EQ(found.traffic(), shape.batch * sequence) << shape.keys << " keys";
  }
}

// FuseMax, 2.4 of the reference: [Q + AV] + P / (P0 P1) * [K + V].
// The row block stands in the tiling: "one pass, row blocks of h heads x P0 P1 tokens in P1 parts".
TEST(AttentionForms, OnePassTrafficIsTheClosedFormForAnyRowBlock) {
  int several = 0;
  for (const std::int64_t scratchpad : {6000, 12000, 20000, 48000, 200000}) {
    for (const Shape& shape : {Shape{1, 1, 1, 256, 256, 16, 16}, Shape{2, 2, 2, 128, 512, 8, 8},
                               Shape{1, 4, 2, 96, 160, 16, 8}, Shape{1, 3, 1, 61, 127, 8, 8}}) {
      Machine machine = small_machine();
      machine.scratchpad_bytes = scratchpad;
      machine.arrays[0].accumulator_bytes = 16384;
      machine.tiers[0].bytes_per_cycle = base::Rational(1, 64);
      const Found found = lower(encoder(shape), machine, AttentionForm::kOnePass);
      long long heads = 0;
      long long tokens = 0;
      long long parts = 0;
      long long keys = 0;
      ASSERT_EQ(std::sscanf(found.tiling.c_str(),
                            "one pass, row blocks of %lld heads x %lld tokens in %lld parts, %lld",
                            &heads, &tokens, &parts, &keys),
                4);
      const std::int64_t group = shape.heads / shape.kv_heads;
      const std::int64_t blocks =
          (group + heads - 1) / heads * ((shape.queries + tokens - 1) / tokens);
      // Two tiles that hold all keys stay in the two buffers.
      const std::int64_t walks = shape.keys <= 2 * keys ? 1 : blocks;
      several += walks > 1 ? 1 : 0;
      const std::int64_t q_av = shape.heads * shape.queries * (shape.head_size + shape.value_size);
      const std::int64_t k_v = shape.kv_heads * shape.keys * (shape.head_size + shape.value_size);
      EXPECT_EQ(found.traffic(), shape.batch * kBytes * (q_av + walks * k_v)) << found.tiling;
    }
  }
  EXPECT_GE(several, 5);
}

// Row-tiled: q, k, v and the results once where all tiles stay or a block holds all tokens.
TEST(AttentionForms, RowTiledTrafficIsThatOfOnePassWhereKeysStay) {
  for (const Shape& shape : {Shape{1, 2, 2, 256, 256, 64, 64}, Shape{1, 4, 2, 64, 300, 32, 16}}) {
    const Found found = lower(encoder(shape), cloud_machine(), AttentionForm::kRowTiled);
    const std::int64_t sides = shape.head_size + shape.value_size;
    EXPECT_EQ(found.traffic(), shape.batch * kBytes * sides *
                                   (shape.heads * shape.queries + shape.kv_heads * shape.keys));
  }
}

// A decode step after 99 tokens in a window of 24: 24 keys and values of 8 elements are read, not
// 100, beside the new ones; 2 heads of queries. Read 2 * (16 + 2 * 8 + 2 * 24 * 8) = 832 bytes,
// written 2 * (16 + 16) = 64. Unfused: 24 logits of 2 heads written, read, written, read: 96 each.
TEST(AttentionForms, AWindowLeavesTheRestOfTheCacheUnread) {
  for (const AttentionForm form :
       {AttentionForm::kRowTiled, AttentionForm::kOnePass, AttentionForm::kUnfused}) {
    const std::int64_t logits = form == AttentionForm::kUnfused ? 2 * 96 : 0;
    const Found found = lower(decoder(1, 99, 24), small_machine(), form);
    EXPECT_EQ(found.read, 832 + logits);
    EXPECT_EQ(found.written, 64 + logits);
  }
}

// The least scratchpad, in steps of 64 bytes, on which the form can be planned.
std::int64_t least_scratchpad(const workload::Graph& graph, AttentionForm form) {
  Machine machine = small_machine();
  machine.tiers[0].capacity = std::int64_t{1} << 40;
  std::int64_t low = 0;  // in steps; too little
  std::int64_t high = 1 << 16;
  while (high - low > 1) {
    const std::int64_t middle = (low + high) / 2;
    machine.scratchpad_bytes = 64 * middle;
    try {
      (void)make_plan(graph, machine, mapping_of(form), 0);
      high = middle;
    } catch (const base::UserError&) {
      low = middle;
    }
  }
  return 64 * high;
}

// One query and one key of 8 elements of 2 bytes: eight buffers of a part (query, two maxima,
// two corrections, sum, result so far, result) of at most 32 bytes, weights, key and value: 11 of
// 64 bytes.
TEST(AttentionForms, OnePassNeedsTheSameScratchpadForAnyLength) {
  const auto least = [](std::int64_t length, AttentionForm form) {
    return least_scratchpad(encoder({1, 1, 1, length, length, 8, 8}), form);
  };
  EXPECT_EQ(least(256, AttentionForm::kOnePass), 11 * 64);
  EXPECT_EQ(least(65536, AttentionForm::kOnePass), 11 * 64);
  // Query, result, key and value, and a row of 2-byte logits.
  EXPECT_EQ(least(256, AttentionForm::kRowTiled), 4 * 64 + 512);
  EXPECT_EQ(least(65536, AttentionForm::kRowTiled), 4 * 64 + 131072);
}

TEST(AttentionForms, OnePassUsesTheSameScratchpadForAnyNumberOfKeysOfAQuery) {
  Machine machine = small_machine();
  machine.tiers[0].capacity = std::int64_t{1} << 40;
  machine.scratchpad_bytes = 1024;  // tiles are as large as fits
  const Found few = lower(encoder({1, 1, 1, 1, 256, 8, 8}), machine, AttentionForm::kOnePass);
  const Found many = lower(encoder({1, 1, 1, 1, 65536, 8, 8}), machine, AttentionForm::kOnePass);
  EXPECT_EQ(few.highest, many.highest);
  EXPECT_LE(many.highest, 1024);
}

TEST(AttentionForms, LeftOpenARowThatDoesNotFitIsTakenInOnePass) {
  Machine machine = small_machine();
  machine.scratchpad_bytes = 4096;  // a row of 4,000 logits takes 8,000
  machine.tiers[0].capacity = 1 << 30;
  const auto plan = make_plan(encoder({1, 1, 1, 4, 4000, 8, 8}), machine, {}, 0);
  EXPECT_EQ(plan->header.layers[0].tiling.substr(0, 8), "one pass");
  EXPECT_THROW((void)make_plan(encoder({1, 1, 1, 4, 4000, 8, 8}), machine,
                               mapping_of(AttentionForm::kRowTiled), 0),
               base::UserError);
}

}  // namespace
}  // namespace orrery::lowering
