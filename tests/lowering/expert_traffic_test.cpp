// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/random.h"
#include "lowering/lowering.h"
#include "tests/lowering/small_machine.h"
#include "workload/expert_mixture.h"

namespace orrery::lowering {
namespace {

using namespace orrery::workload;

constexpr std::int64_t kExperts = 8;
constexpr std::int64_t kPerToken = 2;
constexpr std::int64_t kWidth = 16;
constexpr std::int64_t kInner = 24;
// Gate, up and down of 16 x 24 elements of two bytes.
constexpr std::int64_t kExpertBytes = 3 * kWidth * kInner * 2;

using Tokens = std::vector<std::vector<std::int32_t>>;

Tokens random_tokens(base::Random& random, std::int64_t count) {
  Tokens tokens;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto first = static_cast<std::int32_t>(random.integer(0, kExperts - 1));
    const auto step = static_cast<std::int32_t>(random.integer(1, kExperts - 1));
    tokens.push_back({first, static_cast<std::int32_t>((first + step) % kExperts)});
    std::sort(tokens.back().begin(), tokens.back().end());
  }
  return tokens;
}

Graph graph_of(const Tokens& tokens, ExpertOrder order) {
  std::string trace;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    trace += fmt::format("{} 0 {} {}\n", i, tokens[i][0], tokens[i][1]);
  }
  ExpertModel model;
  model.experts = kExperts;
  model.experts_per_token = kPerToken;
  model.expert_size = kInner;
  MixtureSettings settings;
  settings.routing.trace = parse_routing_trace(trace, "trace");
  settings.order = order;
  GraphBuilder builder("mixture", {});
  const auto count = static_cast<std::int64_t>(tokens.size());
  const TensorId x = builder.input("x", {count, kWidth}, {});
  MixtureBuilder(model, settings, count, 1).add(builder, "layer0.mlp", x, 0, {});
  return builder.finish();
}

bool is_expert_weight(const Tensor& tensor) {
  return tensor.role == TensorRole::kWeight && tensor.name.find(".expert") != std::string::npos;
}

Machine large_machine() {
  Machine machine = small_machine();
  machine.scratchpad_bytes = 1 << 16;
  machine.arrays.front().accumulator_bytes = 1 << 16;
  return machine;
}

// Bytes that the stream loads from the weights of experts.
std::int64_t loaded_expert_bytes(const Graph& graph) {
  const auto plan = make_plan(graph, large_machine(), {}, 1);
  LoweredStream stream(plan);
  command::Command command;
  std::int64_t bytes = 0;
  while (stream.next(command)) {
    const auto* move = std::get_if<command::Move>(&command.body);
    if (move == nullptr || move->source.space.kind != command::SpaceKind::kTier) {
      continue;
    }
    for (std::size_t i = 0; i < graph.tensors.size(); ++i) {
      const Placement& placement = plan->placements[i];
      const std::int64_t offset = move->source.address - placement.address;
      if (is_expert_weight(graph.tensors[i]) && offset >= 0 && offset < placement.bytes) {
        bytes += move->bytes();
      }
    }
  }
  return bytes;
}

TEST(ExpertTraffic, IsTheExpertsThatHaveTokensTimesTheirSizeInAnyOrderOfTokens) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    base::Random random(seed);
    Tokens tokens = random_tokens(random, random.integer(1, 12));
    std::set<std::int32_t> experts;
    for (const auto& token : tokens) {
      experts.insert(token.begin(), token.end());
    }
    const auto wanted = static_cast<std::int64_t>(experts.size()) * kExpertBytes;
    EXPECT_EQ(loaded_expert_bytes(graph_of(tokens, ExpertOrder::kExpert)), wanted) << seed;
    for (std::size_t i = tokens.size() - 1; i > 0; --i) {
      std::swap(tokens[i],
                tokens[static_cast<std::size_t>(random.integer(0, static_cast<std::int64_t>(i)))]);
    }
    EXPECT_EQ(loaded_expert_bytes(graph_of(tokens, ExpertOrder::kExpert)), wanted) << seed;
  }
}

TEST(ExpertTraffic, InTheOrderOfTokensPaysForEveryChangeOfExpert) {
  // Visits: 0, 1 | 1 2 joins the last 1, then 2 | 0, 2: experts 0 1 2 0 2, five fetches of three
  // experts.
  const Tokens tokens{{0, 1}, {1, 2}, {0, 2}};
  EXPECT_EQ(loaded_expert_bytes(graph_of(tokens, ExpertOrder::kToken)), 5 * kExpertBytes);
  EXPECT_EQ(loaded_expert_bytes(graph_of(tokens, ExpertOrder::kExpert)), 3 * kExpertBytes);
}

TEST(ExpertPlacement, FollowsTheNamesOfExpertsAndKeepsRoomForThoseWithoutTokens) {
  Machine machine = large_machine();
  machine.tiers.push_back(machine.tiers.front());
  machine.tiers.back().name = "ddr";
  MappingConfig mapping;
  for (const char* const pattern : {"layer0.mlp.expert6.*", "layer0.mlp.expert7.*"}) {
    PlacementRule rule;
    rule.tensors = pattern;
    rule.tiers = {"ddr"};
    mapping.placement.push_back(rule);
  }
  const Graph graph = graph_of({{0, 6}}, ExpertOrder::kExpert);
  const auto plan = make_plan(graph, machine, mapping, 1);
  int found = 0;
  for (std::size_t i = 0; i < graph.tensors.size(); ++i) {
    const Tensor& tensor = graph.tensors[i];
    if (!is_expert_weight(tensor)) {
      continue;
    }
    ++found;
    const bool is_cold = tensor.name.find("expert6") != std::string::npos ||
                         tensor.name.find("expert7") != std::string::npos;
    EXPECT_TRUE(plan->placements[i].placed) << tensor.name;
    EXPECT_EQ(plan->placements[i].tier, is_cold ? 1 : 0) << tensor.name;
  }
  EXPECT_EQ(found, 3 * kExperts);
}

}  // namespace
}  // namespace orrery::lowering
