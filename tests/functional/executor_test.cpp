// SPDX-License-Identifier: Apache-2.0
#include "functional/executor.h"

#include <gmock/gmock.h>

#include <cmath>

#include "base/error.h"
#include "command/view.h"
#include "functional/vector_functions.h"
#include "tests/functional/trial.h"

namespace orrery::functional {
namespace {

using command::matrix_view;
using command::VectorKind;
using numeric::ElementType;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Optional;

const command::Space kScratchpad{command::SpaceKind::kScratchpad, 0};
const command::Space kTier{command::SpaceKind::kTier, 0};
const command::Space kSums{command::SpaceKind::kAccumulator, 0};

command::StreamHeader header() {
  command::StreamHeader result;
  result.engines = {"array", "vector", "dma"};
  result.tiers = {"tier"};
  result.layers.resize(1);
  return result;
}

Row apply(VectorKind kind, Row row, std::array<double, 3> parameters = {}, std::int64_t index = 0) {
  apply_stage(kind, parameters, index, {}, row);
  return row;
}

TEST(VectorFunctions, FollowTheirFormulas) {
  EXPECT_THAT(apply(VectorKind::kRelu, {-1.0, 2.0}), ElementsAre(Optional(0.0), Optional(2.0)));
  EXPECT_THAT(apply(VectorKind::kScale, {3.0}, {0.5}), ElementsAre(Optional(1.5)));
  // 1 / (1 + e^-1) = 0.731058578630
  EXPECT_THAT(apply(VectorKind::kSilu, {1.0}), ElementsAre(Optional(DoubleNear(0.73105858, 1e-8))));
  // 0.5 * (1 + tanh(sqrt(2/pi) * 1.044715)) = 0.5 * (1 + tanh(0.83356)) = 0.841192
  EXPECT_THAT(apply(VectorKind::kGelu, {1.0}), ElementsAre(Optional(DoubleNear(0.841192, 1e-6))));
  // mean 2, variance 1
  EXPECT_THAT(apply(VectorKind::kLayerNorm, {1.0, 3.0}),
              ElementsAre(Optional(-1.0), Optional(1.0)));
  // mean of squares (9 + 16) / 2 = 12.5
  EXPECT_THAT(apply(VectorKind::kRmsNorm, {3.0, 4.0}),
              ElementsAre(Optional(DoubleNear(3.0 / std::sqrt(12.5), 1e-12)),
                          Optional(DoubleNear(4.0 / std::sqrt(12.5), 1e-12))));
}

TEST(VectorFunctions, SoftmaxLooksAtTheValidColumnsOnly) {
  // Row 1 of a causal block has 1 + 1 * 1 = 2 valid columns: e^0 / (e^0 + e^ln3) = 1/4.
  const Row row = apply(VectorKind::kSoftmax, {0.0, std::log(3.0), 100.0}, {1.0, 1.0}, 1);
  EXPECT_THAT(row, ElementsAre(Optional(DoubleNear(0.25, 1e-12)), Optional(DoubleNear(0.75, 1e-12)),
                               Optional(0.0)));
}

TEST(VectorFunctions, ReductionsLeaveOutElementsOutsideTheBounds) {
  EXPECT_THAT(apply(VectorKind::kReduceMean, {2.0, std::nullopt, 4.0}), ElementsAre(Optional(3.0)));
  EXPECT_THAT(apply(VectorKind::kReduceMaximum, {-2.0, std::nullopt}), ElementsAre(Optional(-2.0)));
}

TEST(VectorFunctions, FunctionsOfOneElementFollowTheirFormulas) {
  const auto one = [](VectorKind kind, double x, std::array<double, 3> parameters = {}) {
    return *apply(kind, {x}, parameters)[0];
  };
  EXPECT_NEAR(one(VectorKind::kExp, 1.0), 2.718281828, 1e-8);
  EXPECT_NEAR(one(VectorKind::kLog, 2.0), 0.693147181, 1e-8);
  EXPECT_NEAR(one(VectorKind::kTanh, 1.0), 0.761594156, 1e-8);
  EXPECT_NEAR(one(VectorKind::kErf, 0.5), 0.520499878, 1e-8);      // tables of erf
  EXPECT_NEAR(one(VectorKind::kSigmoid, 1.0), 0.731058579, 1e-8);  // e / (1 + e)
  EXPECT_NEAR(one(VectorKind::kSin, 0.5), 0.479425539, 1e-8);
  EXPECT_NEAR(one(VectorKind::kCos, 0.5), 0.877582562, 1e-8);
  EXPECT_EQ(one(VectorKind::kSqrt, 9.0), 3.0);
  EXPECT_EQ(one(VectorKind::kReciprocal, 4.0), 0.25);
  EXPECT_EQ(one(VectorKind::kReciprocalSqrt, 4.0), 0.5);
  EXPECT_EQ(one(VectorKind::kAbs, -3.0), 3.0);
  EXPECT_EQ(one(VectorKind::kNegate, -3.0), 3.0);
  EXPECT_EQ(one(VectorKind::kPower, 3.0, {4.0}), 81.0);
  EXPECT_EQ(one(VectorKind::kAffine, 3.0, {2.0, 1.0}), 7.0);
  EXPECT_EQ(one(VectorKind::kClip, -2.0, {-1.0, 5.0}), -1.0);
  EXPECT_EQ(one(VectorKind::kClip, 7.0, {-1.0, 5.0}), 5.0);
  EXPECT_EQ(one(VectorKind::kLeakyRelu, -4.0, {0.25}), -1.0);
  EXPECT_EQ(one(VectorKind::kLeakyRelu, 4.0, {0.25}), 4.0);
  EXPECT_EQ(one(VectorKind::kHardSigmoid, 1.0, {0.25, 0.5}), 0.75);
  EXPECT_EQ(one(VectorKind::kHardSigmoid, 9.0, {0.25, 0.5}), 1.0);
  EXPECT_EQ(one(VectorKind::kHardSwish, 3.0), 3.0);      // 3 * min(3 / 6 + 1 / 2, 1)
  EXPECT_EQ(one(VectorKind::kHardSwish, -1.5), -0.375);  // -1.5 * (-1.5 / 6 + 1 / 2)
}

TEST(VectorFunctions, OperandsStandOnTheRight) {
  const auto both = [](VectorKind kind) {
    Row row{6.0};
    apply_stage(kind, {}, 0, std::vector<double>{4.0}, row);
    return *row[0];
  };
  EXPECT_EQ(both(VectorKind::kSubtract), 2.0);
  EXPECT_EQ(both(VectorKind::kDivide), 1.5);
  EXPECT_EQ(both(VectorKind::kMaximum), 6.0);
  EXPECT_EQ(both(VectorKind::kMinimum), 4.0);
}

TEST(VectorFunctions, SumsAndMinimaLeaveOutElementsOutsideTheBounds) {
  EXPECT_THAT(apply(VectorKind::kReduceSum, {2.0, std::nullopt, 5.0}), ElementsAre(Optional(7.0)));
  EXPECT_THAT(apply(VectorKind::kReduceMinimum, {2.0, std::nullopt}), ElementsAre(Optional(2.0)));
}

// The step of an online softmax: sums in the scratchpad are scaled row by row and what lies in the
// accumulators is added to them; and the accumulators as source and as operand of one command.
TEST(Executor, ReadsAccumulatorsAsSourceAndAsOperand) {
  Memory memory({64}, 64, {64, 64, 64});
  const auto put = [&](const command::Space& space, std::int64_t address,
                       const std::vector<double>& values) {
    memory.write_tensor(space, address, ElementType::kFp32,
                        static_cast<std::int64_t>(values.size()), values);
  };
  put(kScratchpad, 0, {1.0, 2.0, 3.0, 4.0});  // sums, 2 x 2
  put(kScratchpad, 16, {0.5, 10.0});          // a factor a row
  put(kSums, 0, {100.0, 200.0, 300.0, 400.0});
  const auto sums = matrix_view(kSums, ElementType::kFp32, 0, 2, 2, 8);
  command::View factor = matrix_view(kScratchpad, ElementType::kFp32, 16, 2, 2, 4);
  factor.column[0].stride_bits = 0;
  command::VectorCommand body;
  body.rows = body.columns = 2;
  body.source = matrix_view(kScratchpad, ElementType::kFp32, 0, 2, 2, 8);
  body.stages = {{VectorKind::kMultiply, factor, {}}, {VectorKind::kAdd, sums, {}}};
  body.destination = body.source;
  command::Command command;
  command.id = 1;
  command.engine = 1;
  command.body = body;
  Executor(memory).execute(command, header());
  // 1 * 0.5 + 100, 2 * 0.5 + 200, 3 * 10 + 300, 4 * 10 + 400
  EXPECT_THAT(memory.read_tensor(kScratchpad, 0, ElementType::kFp32, 4, 4),
              ElementsAre(100.5, 201.0, 330.0, 440.0));
  body.source = sums;
  body.stages = {{VectorKind::kAdd, sums, {}}};
  command.body = body;
  Executor(memory).execute(command, header());
  EXPECT_THAT(memory.read_tensor(kScratchpad, 0, ElementType::kFp32, 4, 4),
              ElementsAre(200.0, 400.0, 600.0, 800.0));
}

TEST(VectorFunctions, RotaryTurnsPairsByThePositionOfTheRow) {
  // Row 2 of positions 1, 2, 3: angle 3 for pair (0, 1) of two columns.
  const Row row = apply(VectorKind::kRotary, {1.0, 0.0}, {1.0, 1.0, 10000.0}, 2);
  EXPECT_THAT(row, ElementsAre(Optional(DoubleNear(std::cos(3.0), 1e-12)),
                               Optional(DoubleNear(std::sin(3.0), 1e-12))));
}

TEST(Executor, NamesTheCommandThatReadsWhatIsNotThere) {
  Memory memory({64}, 64, {64, 64, 64});
  command::Command command;
  command.id = 12;
  command.engine = 1;
  command::VectorCommand body;
  body.rows = body.columns = 1;
  body.source = matrix_view(kScratchpad, ElementType::kFp16, 8, 1, 1, 0);
  body.destination = matrix_view(kScratchpad, ElementType::kFp16, 0, 1, 1, 0);
  command.body = body;
  try {
    Executor(memory).execute(command, header());
    FAIL() << "nothing was thrown";
  } catch (const base::UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("command 12 (vector"));
    EXPECT_THAT(error.what(), HasSubstr("byte 8 of the scratchpad is read as fp16"));
  }
}

TEST(Executor, RefusesViewsOfAnotherShape) {
  Memory memory({64}, 64, {64, 64, 64});
  command::Command command;
  command.id = 1;
  command::ComputeTile tile;
  tile.m = tile.n = 1;
  tile.k = 2;
  tile.a = tile.b = matrix_view(kScratchpad, ElementType::kInt8, 0, 1, 1, 0);
  tile.c = matrix_view(kSums, ElementType::kInt32, 0, 1, 1, 0);
  command.body = tile;
  EXPECT_THROW(Executor(memory).execute(command, header()), base::UserError);
}

// A load, and a vector command on its bytes that does not wait for it: some order shows it.
TEST(Executor, RandomOrdersFindAMissingDependency) {
  command::Move load;
  load.source = {kTier, 0, {}};
  load.destination = {kScratchpad, 0, {}};
  load.row_bytes = 1;
  command::VectorCommand copy;
  copy.rows = copy.columns = 1;
  copy.source = matrix_view(kScratchpad, ElementType::kInt8, 0, 1, 1, 0);
  copy.destination = matrix_view(kScratchpad, ElementType::kInt8, 8, 1, 1, 0);
  for (const bool waits : {true, false}) {
    int faults = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      std::vector<command::Command> commands(2);
      commands[0].id = 1;
      commands[0].engine = 2;
      commands[0].body = load;
      commands[1].id = 2;
      commands[1].engine = 1;
      commands[1].body = copy;
      if (waits) {
        commands[1].after.push_back({2, 1});
      }
      Memory memory({64}, 64, {64, 64, 64});
      memory.write_tensor(kTier, 0, ElementType::kInt8, 1, std::vector<double>{7.0});
      testing::ListSource source(header(), commands);
      try {
        Executor(memory).run_in_random_order(source, seed);
      } catch (const base::UserError&) {
        ++faults;
      }
    }
    EXPECT_EQ(faults > 0, !waits);
  }
}

// The second move needs the first one's data, on the same engine: an engine may have both under
// way.
TEST(Executor, RandomOrdersFindAMissingDependencyWithinOneEngine) {
  command::Move there;
  there.source = {kTier, 0, {}};
  there.destination = {kScratchpad, 0, {}};
  there.row_bytes = 1;
  command::Move back;
  back.source = {kScratchpad, 0, {}};
  back.destination = {kTier, 8, {}};
  back.row_bytes = 1;
  int faults = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    std::vector<command::Command> commands(2);
    commands[0].id = 1;
    commands[1].id = 2;
    commands[0].engine = commands[1].engine = 2;
    commands[0].body = there;
    commands[1].body = back;
    Memory memory({64}, 64, {64, 64, 64});
    memory.write_tensor(kTier, 0, ElementType::kInt8, 1, std::vector<double>{7.0});
    testing::ListSource source(header(), commands);
    Executor(memory).run_in_random_order(source, seed);
    try {
      (void)memory.read_tensor(kTier, 8, ElementType::kInt8, 1, 1);
    } catch (const MemoryFault&) {
      ++faults;
    }
  }
  EXPECT_GT(faults, 0);
}

TEST(Executor, BarrierOrdersWhatIsBeforeAndAfterIt) {
  command::VectorCommand copy;
  copy.rows = copy.columns = 1;
  copy.source = matrix_view(kScratchpad, ElementType::kInt8, 0, 1, 1, 0);
  copy.destination = matrix_view(kScratchpad, ElementType::kInt8, 8, 1, 1, 0);
  command::Move load;
  load.source = {kTier, 0, {}};
  load.destination = {kScratchpad, 0, {}};
  load.row_bytes = 1;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    std::vector<command::Command> commands(3);
    for (std::size_t i = 0; i < commands.size(); ++i) {
      commands[i].id = i + 1;
    }
    commands[0].engine = 2;
    commands[0].body = load;
    commands[1].body = command::Barrier{};
    commands[2].engine = 1;
    commands[2].body = copy;
    Memory memory({64}, 64, {64, 64, 64});
    memory.write_tensor(kTier, 0, ElementType::kInt8, 1, std::vector<double>{7.0});
    testing::ListSource source(header(), commands);
    Executor(memory).run_in_random_order(source, seed);
    EXPECT_EQ(memory.space(kScratchpad).read(64, ElementType::kInt8), 7.0);
  }
}

}  // namespace
}  // namespace orrery::functional
