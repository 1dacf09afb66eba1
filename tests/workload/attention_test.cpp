// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "workload/graph_builder.h"
#include "workload/graph_description.h"

namespace orrery::workload {
namespace {

// q [2, T, 24] of 4 heads of 6, 2 key-value heads.
Attention four_heads() {
  return {.heads = 4, .kv_heads = 2, .head_size = 6, .query_length = 3, .past_length = 5};
}

Graph graph_of(const Attention& a) {
  GraphBuilder builder("graph", {});
  const std::int64_t keys = a.cached ? a.query_length : a.key_length;
  const TensorId q = builder.input("q", {2, a.query_length, a.heads * a.head_size}, {});
  const TensorId k = builder.input("k", {2, keys, a.kv_heads * a.head_size}, {});
  const TensorId v = builder.input("v", {2, keys, a.kv_heads * a.value_head_size()}, {});
  builder.attention("y", q, k, v, a, {});
  return builder.finish();
}

std::int64_t macs_of(const Attention& a) {
  const Graph graph = graph_of(a);
  return useful_macs(graph, graph.operators.front());
}

TEST(AttentionMacs, OfAWindowCountWhatItLeaves) {
  Attention a = four_heads();
  // Tokens at 5, 6, 7 see 6, 7, 8 keys, of which a window of 7 leaves 6, 7, 7: 20 pairs. 12 for
  // each pair, 4 heads, 2 sequences.
  a.window = 7;
  EXPECT_EQ(macs_of(a), 12 * 20 * 8);
  a.window = 4;  // 4, 4, 4
  EXPECT_EQ(macs_of(a), 12 * 12 * 8);
  a.window = 8;  // no token is cut
  EXPECT_EQ(macs_of(a), 12 * 21 * 8);
  a.past_length = 0;
  a.window = 2;  // 1, 2, 2
  EXPECT_EQ(macs_of(a), 12 * 5 * 8);
}

TEST(AttentionMacs, OfCrossAttentionCountEveryPairOfQueryAndKey) {
  Attention a = four_heads();
  a.causal = a.cached = false;
  a.key_length = 11;
  a.value_size = 4;
  // 3 * 11 pairs of 6 + 4 products, 4 heads, 2 sequences.
  EXPECT_EQ(macs_of(a), 33 * 10 * 8);
}

TEST(AttentionShapes, FollowTheSizeOfValues) {
  Attention a = four_heads();
  a.value_size = 4;
  const Graph graph = graph_of(a);
  const auto shape = [&](std::size_t input) {
    return graph.tensors[static_cast<std::size_t>(graph.operators[0].inputs[input])].shape;
  };
  EXPECT_EQ(shape(3), (Shape{2, 2, 8, 6}));
  EXPECT_EQ(shape(4), (Shape{2, 2, 8, 4}));
  EXPECT_EQ(graph.tensors[static_cast<std::size_t>(graph.operators[0].output)].shape,
            (Shape{2, 3, 16}));
}

TEST(AttentionDescription, CountsOfTheCacheWhatAWindowLeaves) {
  Attention a = four_heads();
  a.window = 4;
  const GraphDescription description = describe(graph_of(a));
  // Token 5 sees keys 2 to 5, token 7 up to 7: 6 keys of 2 heads of 6 elements of 2 bytes, and as
  // many values, of 2 sequences. The whole cache has 8.
  EXPECT_EQ(description.operators[0].cache_bytes, 6 * 2 * 6 * 2 * 2 * 2);
  EXPECT_EQ(description.resident_cache_bytes, 8 * 2 * 6 * 2 * 2 * 2);
}

TEST(AttentionDescription, HasNoCacheWithoutOne) {
  Attention a = four_heads();
  a.causal = a.cached = false;
  a.key_length = 11;
  EXPECT_EQ(graph_of(a).operators[0].inputs.size(), 3U);
  EXPECT_EQ(describe(graph_of(a)).resident_cache_bytes, 0);
}

}  // namespace
}  // namespace orrery::workload
