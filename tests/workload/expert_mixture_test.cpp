// SPDX-License-Identifier: Apache-2.0
#include "workload/expert_mixture.h"

#include <gmock/gmock.h>

#include "config/yaml.h"
#include "tests/workload/workload_files.h"
#include "workload/graph_description.h"

namespace orrery::workload {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

ExpertModel model_of(std::int64_t experts, std::int64_t per_token) {
  ExpertModel model;
  model.experts = experts;
  model.experts_per_token = per_token;
  return model;
}

TEST(ExpertAssignment, DropsTokensOverTheCapacityInTheirOrder) {
  const ExpertModel model = model_of(3, 1);
  MixtureSettings settings;
  settings.capacity_factor = 1.25;
  // ceil(1.25 * 5 tokens * 1 / 3 experts) = ceil(2.08) = 3 places.
  EXPECT_EQ(expert_capacity(model, settings, 5), 3);
  const ExpertAssignment assignment = assign_experts({1, 1, 1, 0, 1}, model, settings);
  EXPECT_EQ(assignment.dropped, 1);
  EXPECT_THAT(assignment.tokens_per_expert, ElementsAre(1, 3, 0));
  ASSERT_EQ(assignment.groups.size(), 2U);
  EXPECT_EQ(assignment.groups[0].expert, 0);
  EXPECT_THAT(assignment.groups[0].tokens, ElementsAre(3));
  EXPECT_THAT(assignment.groups[1].tokens, ElementsAre(0, 1, 2));
}

TEST(ExpertAssignment, GivesFeedForwardExpertsTheirShareOfTheCapacity) {
  MixtureSettings settings;
  settings.capacity_factor = 1.0;
  settings.zero_experts = 2;
  settings.copy_experts = 2;
  settings.tau = 0.5;
  // ceil(100 tokens * 2 * 0.5 / (0.5 * 8 + 4)) = ceil(12.5)
  EXPECT_EQ(expert_capacity(model_of(8, 2), settings, 100), 13);
}

TEST(ExpertAssignment, InTheOrderOfTokensBeginsAGroupWhereverTheExpertChanges) {
  MixtureSettings settings;
  settings.order = ExpertOrder::kToken;
  const ExpertAssignment assignment = assign_experts({0, 1, 1, 2, 0, 2}, model_of(3, 2), settings);
  std::vector<std::int64_t> experts;
  for (const ExpertAssignment::Group& group : assignment.groups) {
    experts.push_back(group.expert);
  }
  EXPECT_THAT(experts, ElementsAre(0, 1, 2, 0, 2));
  EXPECT_THAT(assignment.groups[1].tokens, ElementsAre(0, 1));
}

class MixtureTest : public WorkloadFiles {
 protected:
  static constexpr const char* kText =
      "kind: graph\n"
      "inputs: {x: {shape: [2, 3, 10]}}\n"
      "operators:\n"
      "  - name: mixture\n"
      "    kind: mixture_of_experts\n"
      "    inputs: [x]\n"
      "    experts: 4\n"
      "    experts_per_token: 2\n"
      "    expert_size: 7\n"
      "    moe: {routing: {trace: trace.csv}}\n";
};

TEST_F(MixtureTest, IsBuiltOfTheProductsOfTheExpertsThatHaveTokens) {
  write("trace.csv", "0,0,0,1\n1,0,0,1\n2,0,0,1\n3,0,0,1\n4,0,1,0\n5,0,0,3\n");
  const Workload workload = load(kText);
  const Graph& graph = workload.graph;
  // All six tokens go to expert 0, which reads x where it lies.
  EXPECT_EQ(tensor_of(graph, operator_named(graph, "mixture.expert0.gate").inputs[0]).name, "x");
  EXPECT_EQ(tensor_named(graph, "mixture.expert1.dispatch").shape, (Shape{5, 10}));
  EXPECT_EQ(tensor_named(graph, "mixture.expert3.product").shape, (Shape{1, 7}));
  EXPECT_THROW(operator_named(graph, "mixture.expert2.up"), std::runtime_error);
  EXPECT_EQ(tensor_named(graph, "mixture").shape, (Shape{2, 3, 10}));
  const GraphDescription description = describe(graph);
  // A router of 10 x 4 and four experts of three products of 10 x 7, of which expert 2 is idle.
  EXPECT_EQ(description.total.parameters, 10 * 4 + 4 * 3 * 70);
  EXPECT_EQ(description.idle_parameters, 3 * 70);
  EXPECT_EQ(description.resident_weight_bytes, 2 * (40 + 840));
  // The router for 6 tokens and 12 choices of an expert.
  EXPECT_EQ(description.total.macs, 6 * 40 + 12 * 210);
  ASSERT_EQ(graph.mixtures.size(), 1U);
  EXPECT_THAT(graph.mixtures[0].tokens_per_expert, ElementsAre(6, 5, 0, 1));
  EXPECT_EQ(graph.mixtures[0].experts_touched(), 3);
  // The resolved file holds the trace itself.
  std::filesystem::remove(folder_ / "trace.csv");
  config::Node resolved = workload.resolved;
  EXPECT_THAT(config::write_yaml(resolved), HasSubstr("0,0,0,1"));
  const Workload again = load(config::write_yaml(resolved));
  EXPECT_EQ(again.graph.mixtures[0].tokens_per_expert, graph.mixtures[0].tokens_per_expert);
}

TEST_F(MixtureTest, GivesTheSameLayerWhateverElseTheGraphHolds) {
  const auto choices = [&](std::int64_t layer) {
    const std::string text = kText;
    const std::string routing = "{routing: {skew: 1, correlation: 0.5}}\n";
    return load(text.substr(0, text.find("{routing")) + routing +
                "    layer: " + std::to_string(layer) + "\n")
        .graph.mixtures[0]
        .tokens_per_expert;
  };
  EXPECT_EQ(choices(3), choices(3));
  EXPECT_NE(choices(0), choices(1));
}

TEST_F(MixtureTest, SendsTokensOfZeroComputationExpertsNowhere) {
  write("trace.csv", "0,0,4\n1,0,5\n2,0,6\n3,0,4\n4,0,0\n5,0,6\n");
  std::string text = kText;
  text.replace(text.find("per_token: 2"), 12, "per_token: 1");
  text.replace(text.find("moe: {"), 6,
               "moe: {zero_experts: 1, copy_experts: 1, constant_experts: 1, ");
  const Graph graph = load(text).graph;
  const MixtureSummary& mixture = graph.mixtures.at(0);
  EXPECT_EQ(mixture.zero, 2);
  EXPECT_EQ(mixture.copy, 1);
  EXPECT_EQ(mixture.constant, 2);
  EXPECT_EQ(mixture.experts_touched(), 1);
  const auto& combine = std::get<ExpertCombine>(operator_named(graph, "mixture").attributes);
  EXPECT_TRUE((*combine.terms)[0].empty());
  ASSERT_EQ((*combine.terms)[1].size(), 1U);  // the copy expert of token 1
  EXPECT_EQ((*combine.terms)[1][0].row, 1);
  // Router 6 x 10 x 7, one token through an expert, factors of the constant expert for two.
  EXPECT_EQ(describe(graph).total.macs, 420 + 210 + 2 * 20);
}

TEST_F(MixtureTest, RefusesMoreExpertsForATokenThanThereAre) {
  std::string text = kText;
  text.replace(text.find("per_token: 2"), 12, "per_token: 5");
  text.replace(text.find("{trace: trace.csv}"), 18, "{}");
  EXPECT_THAT(error_of(text), HasSubstr("5 experts for each token of 4"));
}

}  // namespace
}  // namespace orrery::workload
