// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>

#include "lowering/lowering.h"
#include "tests/lowering/small_machine.h"
#include "workload/graph_builder.h"

namespace orrery::lowering {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using workload::Graph;
using workload::GraphBuilder;
using workload::TensorId;

Graph product(std::int64_t m, std::int64_t k, std::int64_t n) {
  GraphBuilder builder("product", {});
  builder.linear("fc", builder.input("x", {m, k}, {}), n, false,
                 {{"model.yaml", 7, 3}, "", {}, {}});
  return builder.finish();
}

std::string error_of(const Graph& graph, const Machine& machine, const MappingConfig& mapping) {
  try {
    (void)make_plan(graph, machine, mapping, 0);
  } catch (const base::UserError& error) {
    return error.what();
  }
  return "";
}

struct Counted {
  std::int64_t commands = 0;
  std::int64_t loaded = 0;
  std::int64_t stored = 0;
  std::size_t most_dependencies = 0;
};

Counted count(LoweredStream& stream) {
  Counted result;
  command::Command command;
  while (stream.next(command)) {
    ++result.commands;
    result.most_dependencies = std::max(result.most_dependencies, command.after.size());
    if (const auto* move = std::get_if<command::Move>(&command.body)) {
      (move->source.space.kind == command::SpaceKind::kTier ? result.loaded : result.stored) +=
          move->bytes();
    }
  }
  return result;
}

TEST(Plan, OfASmallProductLoadsEveryOperandOnce) {
  // 16 x 16 x 16 in fp16: 512 bytes each of a, b and c. All of a and b fit the 4 KiB budget, c in
  // fp32 is 1024 bytes: the accumulators hold half of it, so that the other half can be written
  // out.
  const auto plan = make_plan(product(16, 16, 16), small_machine(), {}, 0);
  LoweredStream stream(plan);
  const Counted counted = count(stream);
  EXPECT_EQ(counted.loaded, 512 + 512);
  EXPECT_EQ(counted.stored, 512);
}

TEST(Plan, WaitsForAtMostOneCommandOfEachEngine) {
  const auto plan = make_plan(product(40, 70, 50), small_machine(), {}, 0);
  LoweredStream stream(plan);
  EXPECT_LE(count(stream).most_dependencies, small_machine().engines.size());
}

// The engines that load the weight `fc.weight` and the input x of a product in fp16.
struct LoadingEngines {
  std::set<command::EngineIndex> weights;
  std::set<command::EngineIndex> inputs;
};

LoadingEngines loading_engines(const MappingConfig& mapping) {
  Machine machine = small_machine();
  machine.engines.insert(machine.engines.end(), {"load1", "load2"});
  machine.load_engines = {2, 4, 5};
  GraphBuilder builder("products", {});
  const TensorId x = builder.linear("first", builder.input("x", {16, 16}, {}), 40, false, {});
  builder.linear("second", x, 40, false, {});
  const Graph graph = builder.finish();
  const auto plan = make_plan(graph, machine, mapping, 0);
  LoweredStream stream(plan);
  LoadingEngines result;
  command::Command command;
  while (stream.next(command)) {
    const auto* move = std::get_if<command::Move>(&command.body);
    if (move == nullptr || move->source.space.kind != command::SpaceKind::kTier) {
      continue;
    }
    for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
      const Placement& placement = plan->placements[t];
      if (placement.placed && move->source.address >= placement.address &&
          move->source.address < placement.address + placement.bytes) {
        const bool is_weight = graph.tensors[t].role == workload::TensorRole::kWeight;
        (is_weight ? result.weights : result.inputs).insert(command.engine);
      }
    }
  }
  return result;
}

TEST(Plan, GivesWeightsTheLastLoadEngineForThemselves) {
  // The input of the model is there from the beginning, as weights are; what the first product
  // makes is not.
  MappingConfig mapping;
  EXPECT_THAT(loading_engines(mapping).weights, ElementsAre(2, 4, 5));
  mapping.weights_ahead = true;
  const LoadingEngines engines = loading_engines(mapping);
  EXPECT_THAT(engines.weights, ElementsAre(5));
  EXPECT_THAT(engines.inputs, ElementsAre(2, 4, 5));
}

// Bytes loaded, and the newest load that the first tile waits for, of how many.
struct FirstTile {
  std::int64_t loaded = 0;
  command::CommandId newest_load = 0;
  command::CommandId waits_for = 0;
};

FirstTile first_tile(const Graph& graph, std::int64_t operands_first_percent,
                     const Machine& machine = small_machine()) {
  MappingConfig mapping;
  mapping.operands_first_percent = operands_first_percent;
  const auto plan = make_plan(graph, machine, mapping, 0);
  LoweredStream stream(plan);
  FirstTile result;
  bool computes = false;
  command::Command command;
  while (stream.next(command)) {
    const auto* move = std::get_if<command::Move>(&command.body);
    if (move != nullptr && move->source.space.kind == command::SpaceKind::kTier) {
      result.loaded += move->bytes();
      result.newest_load = command.id;
    } else if (std::holds_alternative<command::ComputeTile>(command.body) && !computes) {
      computes = true;
      for (const command::Dependency& dependency : command.after) {
        result.waits_for = std::max(result.waits_for, dependency.id);
      }
    }
  }
  return result;
}

TEST(Plan, ComputesWhenOperandsThatComeFirstAreThereWhole) {
  // 40 x 24 and 24 x 40 in fp16, 1,920 bytes each, fit 8 KiB; the sums take several tiles.
  const FirstTile tile = first_tile(product(40, 24, 40), 100);
  EXPECT_EQ(tile.waits_for, tile.newest_load);
  EXPECT_EQ(tile.loaded, 2 * 1920);
  const FirstTile streamed = first_tile(product(40, 24, 40), 0);
  EXPECT_LT(streamed.waits_for, streamed.newest_load);
}

TEST(Plan, MakesLargeTilesOfResultsWhereOperandsComeFirst) {
  // 1,024 bytes of accumulators hold two tiles of 128 sums: 64 x 4 results are two tiles of 32 x 4,
  // each written out by one vector command. Least in time are four, of which a smaller one is last.
  const auto tiles = [](std::int64_t operands_first_percent) {
    MappingConfig mapping;
    mapping.operands_first_percent = operands_first_percent;
    const auto plan = make_plan(product(64, 16, 4), small_machine(), mapping, 0);
    LoweredStream stream(plan);
    int count = 0;
    command::Command command;
    while (stream.next(command)) {
      count += std::holds_alternative<command::VectorCommand>(command.body) ? 1 : 0;
    }
    return count;
  };
  EXPECT_EQ(tiles(100), 2);
  EXPECT_EQ(tiles(0), 4);
}

TEST(Plan, StreamsOperandsThatDoNotFitTheirPartOfTheScratchpad) {
  // 2 x 1,920 bytes are 46.9 % of 8 KiB.
  const FirstTile streamed = first_tile(product(40, 24, 40), 46);
  EXPECT_LT(streamed.waits_for, streamed.newest_load);
}

TEST(Plan, StreamsOperandsThatLeaveRoomForSliversOnly) {
  // 104 x 8 and 8 x 56 in fp16 are 2,560 bytes. Of 40 % of 8 KiB they leave 716, two buffers of 3
  // rows of 56 results: 35 times the weights, in 16 cycles each. Of 80 % they leave 26 rows.
  Machine machine = small_machine();
  machine.arrays.front().rows = machine.arrays.front().columns = 16;
  machine.arrays.front().accumulator_bytes = 16384;
  machine.tiers.front().bytes_per_cycle = 1024;
  const auto comes_first = [&](std::int64_t percent) {
    const FirstTile tile = first_tile(product(104, 8, 56), percent, machine);
    return tile.waits_for == tile.newest_load;
  };
  EXPECT_FALSE(comes_first(40));
  EXPECT_TRUE(comes_first(80));
}

TEST(Plan, StreamsOperandsThatDoNotFitOrAreUsedOnce) {
  // 64 x 64 in fp16 are 8 KiB, twice; a single row uses each weight once.
  for (const Graph& graph : {product(64, 64, 64), product(1, 48, 64)}) {
    const FirstTile tile = first_tile(graph, 100);
    EXPECT_LT(tile.waits_for, tile.newest_load);
    EXPECT_EQ(tile.loaded, first_tile(graph, 0).loaded);
  }
  // A second row, and they come first.
  const FirstTile two_rows = first_tile(product(2, 48, 64), 100);
  EXPECT_EQ(two_rows.waits_for, two_rows.newest_load);
}

TEST(Plan, SharesStreamedFeaturesInAnyNumberAndOthersByColumns) {
  // 10 features on two arrays of four columns: 8 and 2 where features lie along the columns, 5 and
  // 5 where they stream; so many of the 16 x 16 x 12 products has the busier array.
  Machine machine = small_machine();
  machine.engines.push_back("array1");
  machine.arrays.push_back(machine.arrays.front());
  machine.arrays.back().engine = 4;
  for (Machine::Array& array : machine.arrays) {
    array.dataflows.push_back(timing::Dataflow::kInputStationary);
  }
  const auto busier = [&](const timing::Dataflow& dataflow) {
    MappingConfig mapping;
    mapping.dataflow = dataflow;
    LayerRule& rule = mapping.layers.emplace_back();
    rule.match = "*";
    rule.arrays_share = {"n", {}, ""};
    const auto plan = make_plan(product(16, 16, 12), machine, mapping, 0);
    LoweredStream stream(plan);
    std::map<command::EngineIndex, std::int64_t> products;
    command::Command command;
    while (stream.next(command)) {
      if (const auto* tile = std::get_if<command::ComputeTile>(&command.body)) {
        products[command.engine] += tile->macs_useful;
      }
    }
    return std::max(products[0], products[4]);
  };
  EXPECT_EQ(busier(timing::Dataflow::kWeightStationary), 16 * 16 * 8);
  EXPECT_EQ(busier(timing::Dataflow::kInputStationary), 16 * 16 * 6);
}

TEST(Plan, GivesTheSameStreamTwice) {
  const auto plan = make_plan(product(40, 70, 50), small_machine(), {}, 0);
  LoweredStream first(plan);
  LoweredStream second(plan);
  command::Command a;
  command::Command b;
  while (first.next(a)) {
    ASSERT_TRUE(second.next(b));
    ASSERT_EQ(a.id, b.id);
    ASSERT_EQ(a.engine, b.engine);
    ASSERT_EQ(a.body.index(), b.body.index());
    ASSERT_EQ(std::vector(a.after.begin(), a.after.end()),
              std::vector(b.after.begin(), b.after.end()));
  }
  EXPECT_FALSE(second.next(b));
}

TEST(Plan, NumbersCommandsFromOne) {
  const auto plan = make_plan(product(4, 4, 4), small_machine(), {}, 0);
  LoweredStream stream(plan);
  command::Command command;
  for (command::CommandId id = 1; stream.next(command); ++id) {
    EXPECT_EQ(command.id, id);
    for (const command::Dependency& dependency : command.after) {
      EXPECT_LT(dependency.id, command.id);
    }
  }
}

TEST(Plan, OfALargeLayerTakesBoundedCommands) {
  // 512 x 512 x 512 on a 4 x 4 array with 8 KiB: tiles are small, but no smaller than the budget
  // makes them. 512^3 products, at least 4 x 4 x 4 in each tile, and each tile has two loads at
  // most and shares its write-out and store.
  GraphBuilder builder("large", {});
  builder.linear("fc", builder.input("x", {512, 512}, {}), 512, true, {});
  Machine machine = small_machine();
  machine.tiers[0].capacity = 1 << 22;
  LoweredStream stream(make_plan(builder.finish(), machine, {}, 0));
  EXPECT_LT(count(stream).commands, 4 * 512 * 512 * 512 / (16 * 16 * 16));
}

TEST(Plan, SaysWhatItPicked) {
  const auto plan = make_plan(product(40, 70, 50), small_machine(), {}, 0);
  const command::LayerInfo& layer = plan->header.layers.at(0);
  EXPECT_EQ(layer.name, "fc");
  EXPECT_EQ(layer.kind, "matrix_multiplication");
  EXPECT_EQ(layer.macs_useful, 40 * 70 * 50);
  EXPECT_EQ(layer.dataflow, "ws");
  EXPECT_THAT(layer.tiling, HasSubstr("loops"));
  EXPECT_FALSE(layer.limited_by.empty());
  EXPECT_THAT(loop_nest_text(*plan, 0), HasSubstr("n by columns, k by rows, m"));
}

TEST(Plan, NamesALayerWhoseSmallestTileDoesNotFit) {
  Machine machine = small_machine();
  machine.scratchpad_bytes = 64;
  EXPECT_THAT(error_of(product(4, 4, 4), machine, {}),
              HasSubstr("model.yaml:7:3: operator 'fc': the smallest tile does not fit the "
                        "scratchpad of 64"));
}

TEST(Plan, NamesADataflowThatTheArrayCannotRun) {
  MappingConfig mapping;
  mapping.dataflow = timing::Dataflow::kInputStationary;
  EXPECT_THAT(error_of(product(4, 4, 4), small_machine(), mapping),
              HasSubstr("the array cannot run dataflow 'is'; expected one of ws, os"));
}

TEST(Plan, NamesAllEnginesThatAreMissing) {
  Machine machine = small_machine();
  machine.vector_units.clear();
  machine.store_engines.clear();
  const std::string error = error_of(product(4, 4, 4), machine, {});
  EXPECT_THAT(error, HasSubstr("no vector unit"));
  EXPECT_THAT(error, HasSubstr("no DMA engine that stores"));
  machine = small_machine();
  machine.arrays.clear();
  EXPECT_THAT(error_of(product(4, 4, 4), machine, {}), HasSubstr("no array"));
}

TEST(Plan, ReportsTheMistakesOfAllLayers) {
  GraphBuilder builder("two", {});
  TensorId x = builder.input("x", {1, 8192}, {});
  x = builder.normalization("first", x, {}, {});
  builder.normalization("second", x, {}, {});
  const std::string error = error_of(builder.finish(), small_machine(), {});
  EXPECT_THAT(error, HasSubstr("operator 'first': the smallest block, one row,"));
  EXPECT_THAT(error, HasSubstr("operator 'second': the smallest block, one row,"));
}

TEST(Plan, RefusesHeadsThatDoNotBeginAtWholeBytes) {
  workload::ElementTypes types;
  types.activations = numeric::ElementType::kInt4;
  GraphBuilder builder("odd", types);
  const TensorId x = builder.input("x", {1, 4, 6}, {});
  workload::RotaryEmbedding rotary;
  rotary.heads = 1;
  rotary.head_size = 6;
  builder.apply("rotary", rotary, {x}, {});
  EXPECT_EQ(error_of(builder.finish(), small_machine(), {}), "");  // 6 * 4 bits are 3 bytes
  workload::Attention attention;
  attention.heads = attention.kv_heads = 2;
  attention.head_size = 3;
  attention.query_length = 4;
  GraphBuilder other("odd", types);
  const TensorId q = other.input("q", {1, 4, 6}, {});
  other.attention("attention", q, q, q, attention, {});
  EXPECT_THAT(error_of(other.finish(), small_machine(), {}),
              HasSubstr("heads of 3 elements of int4 do not begin at whole bytes"));
}

}  // namespace
}  // namespace orrery::lowering
