// SPDX-License-Identifier: Apache-2.0
#include "lowering/mapping/layer_rule.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <sstream>

#include "command/binary_form.h"
#include "config/yaml.h"
#include "lowering/chosen_mapping.h"
#include "lowering/mapping/layer_mapping.h"
#include "lowering/matrix/matrix_layer.h"
#include "tests/lowering/small_machine.h"
#include "workload/graph_builder.h"

namespace orrery::lowering {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

MappingConfig mapping_of(const std::string& text) {
  config::Reader reader("mapping");
  auto mapping = MappingConfig::schema().read(config::parse_yaml(text, "map.yaml"), reader);
  reader.diagnostics().throw_if_any();
  return *mapping;
}

// Two products with a relu on the first, and a softmax.
workload::Graph two_products() {
  workload::GraphBuilder builder("two", {});
  auto x = builder.input("x", {24, 20}, {});
  x = builder.linear("first", x, 16, false, {});
  x = builder.apply("relu", workload::Elementwise{workload::ElementwiseKind::kRelu}, {x}, {});
  x = builder.linear("second", x, 12, false, {});
  (void)builder.apply("last", workload::Softmax{}, {x}, {});
  return builder.finish();
}

std::shared_ptr<const Plan> plan_of(const std::string& text, const Machine& machine) {
  return make_plan(two_products(), machine, mapping_of(text), 0);
}

std::string error_of(const std::string& text, const Machine& machine = small_machine()) {
  try {
    (void)plan_of(text, machine);
  } catch (const base::UserError& error) {
    return error.what();
  }
  return "";
}

const MatrixTiling& tiling_of(const Plan& plan, std::size_t layer) {
  return dynamic_cast<const MatrixLayer&>(*plan.layers.at(layer).body).tiling();
}

std::string stream_text(const std::shared_ptr<const Plan>& plan) {
  LoweredStream stream(plan);
  std::ostringstream text;
  command::write_binary(stream, text);
  return text.str();
}

TEST(LayerRule, FixesTilesLoopsAndBuffers) {
  const auto plan = plan_of(
      "layers: [{match: second, tiles: {m: 8, n: 4, k: 16}, loop_order: [n, m, k],"
      " buffers: {a: 3, b: 2}}]",
      small_machine());
  const MatrixTiling& tiling = tiling_of(*plan, 1);
  EXPECT_EQ(tiling.columns, 8);
  EXPECT_EQ(tiling.features, 4);
  EXPECT_EQ(tiling.channels, 16);
  EXPECT_FALSE(tiling.m_outer);
  EXPECT_EQ(tiling.a_slots, 3);
  EXPECT_EQ(tiling.b_slots, 2);
}

TEST(LayerRule, TakesASizeBeyondTheWholeForTheWhole) {
  const auto plan = plan_of("layers: [{match: second, tiles: {n: 4096}}]", small_machine());
  EXPECT_EQ(tiling_of(*plan, 1).features, 12);
}

TEST(LayerRule, KeepsAnOperandThatTheLoopsComeBackTo) {
  // Two tiles of m and two of n; n is inside, so both tiles of k of a row of a stay: 2 buffers and
  // one more to be filled.
  const std::string tiles = "tiles: {m: 12, n: 8, k: 10}, loop_order: [m, n, k]";
  const auto kept =
      plan_of("layers: [{match: first, " + tiles + ", residency: [a]}]", small_machine());
  EXPECT_EQ(tiling_of(*kept, 0).a_slots, 3);
  EXPECT_EQ(tiling_of(*kept, 0).b_slots, 2);
  const auto streamed =
      plan_of("layers: [{match: first, " + tiles + ", residency: []}]", small_machine());
  EXPECT_EQ(tiling_of(*streamed, 0).a_slots, 2);
}

TEST(LayerRule, CountsLastWhereSeveralHaveTheSameKey) {
  const MappingConfig mapping = mapping_of(
      "dataflow: ws\n"
      "layers:\n"
      "  - {match: '*', dataflow: os, double_buffering: false}\n"
      "  - {match: first, dataflow: is}\n"
      "  - {operators: [softmax], softmax: two_pass}\n");
  const workload::Graph graph = two_products();
  const LayerMapping first = layer_mapping(mapping, graph.operators[0]);
  EXPECT_EQ(first.dataflow->value, timing::Dataflow::kInputStationary);
  EXPECT_FALSE(first.double_buffering);
  EXPECT_EQ(first.softmax, SoftmaxForm::kOnline);
  const LayerMapping last = layer_mapping(mapping, graph.operators[3]);
  EXPECT_EQ(last.dataflow->value, timing::Dataflow::kOutputStationary);
  EXPECT_EQ(last.softmax, SoftmaxForm::kTwoPass);
}

TEST(LayerRule, IsCalledByTheFirstOperatorWithOrWithoutItsRiders) {
  workload::Operator op;
  op.name = "layer3.mlp.up";
  LayerRule rule;
  for (const char* pattern : {"layer3.mlp.up", "layer?.mlp.*", "layer3.mlp.up+layer3.mlp.relu"}) {
    rule.match = pattern;
    EXPECT_TRUE(rule.matches(op)) << pattern;
  }
  rule.match = "layer3.mlp";
  EXPECT_FALSE(rule.matches(op));
}

TEST(LayerRule, DecidesWhatRidesOnALayer) {
  const auto names = [](const Plan& plan) {
    std::vector<std::string> result;
    for (const command::LayerInfo& layer : plan.header.layers) {
      result.push_back(layer.name);
    }
    return result;
  };
  EXPECT_THAT(names(*plan_of("{}", small_machine())), ElementsAre("first+relu", "second", "last"));
  EXPECT_THAT(names(*plan_of("layers: [{match: first, fuse: []}]", small_machine())),
              ElementsAre("first", "relu", "second", "last"));
  EXPECT_THAT(
      names(*plan_of("{fusion: false, layers: [{match: first, fuse: [re*]}]}", small_machine())),
      ElementsAre("first+relu", "second", "last"));
}

TEST(LayerRule, GivesALayerTheEnginesItNames) {
  Machine machine = small_machine();
  machine.engines = {"array", "vector", "load", "store", "small"};
  machine.other_arrays = {machine.arrays.front()};
  machine.other_arrays.front().engine = 4;
  machine.other_arrays.front().rows = 2;
  const auto plan = plan_of("layers: [{match: second, engines: [small]}]", machine);
  LoweredStream stream(plan);
  command::Command command;
  while (stream.next(command)) {
    if (std::holds_alternative<command::ComputeTile>(command.body)) {
      EXPECT_EQ(command.engine, command.layer == 1 ? 4 : 0);
    }
  }
  EXPECT_THAT(error_of("layers: [{match: second, engines: [array, small]}]", machine),
              HasSubstr("several sizes"));
}

TEST(LayerRule, PlacesTheTensorsOfItsLayer) {
  Machine machine = small_machine();
  machine.tiers.push_back(machine.tiers.front());
  machine.tiers.back().name = "ddr";
  const workload::Graph graph = two_products();
  const auto plan = plan_of(
      "placement: [{tiers: [hbm]}]\n"
      "layers: [{match: second, placement: [{role: weight, tiers: [ddr]}]}]",
      machine);
  for (std::size_t i = 0; i < graph.tensors.size(); ++i) {
    if (plan->placements[i].placed) {
      EXPECT_EQ(plan->placements[i].tier, graph.tensors[i].name == "second.weight" ? 1 : 0)
          << graph.tensors[i].name;
    }
  }
}

TEST(LayerRule, IsRefusedWhereItCannotBeFollowed) {
  EXPECT_THAT(error_of("layers: [{match: secnd}]"),
              AllOf(HasSubstr("map.yaml:1:10: mapping.layers.0: no layer matches 'secnd'"),
                    HasSubstr("did you mean 'second'?")));
  EXPECT_THAT(error_of("layers: [{match: relu}]"), HasSubstr("fused into 'first+relu'"));
  EXPECT_THAT(error_of("layers: [{match: last, loop_order: [m, n, k]}]"),
              HasSubstr("mapping.layers.0.loop_order: none of the layers"));
  EXPECT_THAT(error_of("layers: [{match: first, loop_order: [m, k, n]}]"),
              HasSubstr("loops [m, k, n] cannot be run"));
  EXPECT_THAT(error_of("layers: [{match: first, tiles: {channels: 4}}]"),
              HasSubstr("it has no 'channels'; expected one of m, n, k"));
  EXPECT_THAT(error_of("layers: [{match: first, dataflow: is}]"),
              HasSubstr("layer 'first': the array cannot run dataflow 'is'"));
  EXPECT_THAT(error_of("layers: [{match: first, engines: [aray]}]"),
              HasSubstr("did you mean 'array'?"));
  EXPECT_THAT(error_of("layers: [{match: first, fuse: [second]}]"),
              HasSubstr("'second' rides on none of the layers"));
  EXPECT_THAT(error_of("layers: [{match: first, residency: [c]}]"),
              HasSubstr("it has no operand 'c'"));
  // 24 * 16 sums of 4 bytes: 1,536 of 1,024 bytes.
  EXPECT_THAT(error_of("layers: [{match: first, tiles: {m: 24, n: 16}}]"),
              AllOf(HasSubstr("1536 B of accumulators"), HasSubstr("at most 8 KiB and 1 KiB")));
}

TEST(ChosenMapping, AsksForWhatThePlanDoes) {
  const workload::Graph graph = two_products();
  for (const char* text : {"{}", "{fusion: false}", "{double_buffering: false, dataflow: os}",
                           "layers: [{match: first, tiles: {m: 5}}]",
                           "layers: [{match: first, kernels: [{tiles: {m: 10, n: 12}, stages: 3},"
                           " {tiles: {m: 7, n: 3, k: 8}, stages: 2}]}]"}) {
    const MappingConfig mapping = mapping_of(text);
    const auto plan = make_plan(graph, small_machine(), mapping, 0);
    const std::string written = chosen_mapping(*plan, graph, mapping, {"heading"});
    const auto again = make_plan(graph, small_machine(), mapping_of(written), 0);
    EXPECT_EQ(stream_text(again), stream_text(plan)) << written;
    EXPECT_EQ(chosen_mapping(*again, graph, mapping, {"heading"}), written);
  }
}

// A grouped and a transposed convolution, two attentions and a softmax.
workload::Graph other_operators() {
  workload::GraphBuilder builder("others", {});
  workload::Convolution grouped;
  grouped.groups = 6;
  auto x = builder.input("image", {1, 6, 6, 12}, {});
  x = builder.convolution("grouped", x, grouped, {3, 3}, 24, false, {});
  workload::TransposedConvolution transposed;
  transposed.stride_h = transposed.stride_w = 2;
  const auto w = builder.weight("transposed.weight", {3, 3, 24, 4}, {});
  (void)builder.apply("transposed", transposed, {x, w}, {});
  workload::Attention attention;
  attention.heads = attention.kv_heads = 2;
  attention.head_size = 4;
  attention.query_length = 6;
  const auto q = builder.input("q", {1, 6, 8}, {});
  auto y = builder.attention("early", q, q, q, attention, {});
  y = builder.attention("late", y, y, y, attention, {});
  (void)builder.apply("softmax", workload::Softmax{}, {y}, {});
  return builder.finish();
}

TEST(LayerRule, GivesSingleLayersTheirFormOfAttention) {
  const workload::Graph graph = other_operators();
  const auto plan = make_plan(
      graph, small_machine(),
      mapping_of("{attention: one_pass, layers: [{match: early, attention: unfused}]}"), 0);
  std::vector<std::string> forms;
  for (const Plan::PlannedLayer& layer : plan->layers) {
    const config::Node chosen = layer.body->chosen();
    if (const config::Node* form = chosen.find("attention")) {
      forms.push_back(form->text());
    }
  }
  EXPECT_THAT(forms, ElementsAre("unfused", "one_pass"));
}

TEST(LayerRule, FixesTheGroupsOfATile) {
  const workload::Graph graph = other_operators();
  for (const std::int64_t groups : {1, 2, 3, 6}) {
    const auto plan = make_plan(
        graph, small_machine(),
        mapping_of(fmt::format("layers: [{{match: grouped, tiles: {{groups: {}}}}}]", groups)), 0);
    EXPECT_EQ(tiling_of(*plan, 0).groups, groups);
  }
}

TEST(ChosenMapping, AsksForWhatOtherOperatorsDo) {
  const workload::Graph graph = other_operators();
  Machine machine = small_machine();
  machine.tiers.push_back(machine.tiers.front());
  machine.tiers.back().name = "ddr";
  for (const char* text :
       {"{}", "{attention: unfused, softmax: two_pass, packing: false}",
        "layers: [{match: early, attention: unfused, placement: [{tensors: '*', tiers: [ddr]}]},"
        " {match: grouped, packing: false, tiles: {groups: 3}},"
        " {match: transposed, loop_order: [n, m, k], tiles: {features: 2}},"
        " {match: softmax, softmax: three_pass, tile_budget_percent: 7, double_buffering: "
        "false}]"}) {
    const MappingConfig mapping = mapping_of(text);
    const auto plan = make_plan(graph, machine, mapping, 0);
    const std::string written = chosen_mapping(*plan, graph, mapping, {"heading"});
    const auto again = make_plan(graph, machine, mapping_of(written), 0);
    EXPECT_TRUE(stream_text(again) == stream_text(plan)) << written;
  }
}

}  // namespace
}  // namespace orrery::lowering
