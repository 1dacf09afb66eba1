// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "timing/systolic_pipeline.h"
#include "timing/systolic_timing.h"

namespace orrery::timing {
namespace {

struct Layer {
  std::string name;
  TileShape shape;
  ArrayShape array;
  Dataflow dataflow = Dataflow::kOutputStationary;
  Cycle last_cycle = 0;
};

Dataflow dataflow_named(const std::string& text) {
  for (const Dataflow& dataflow : kStandardDataflows) {
    if (dataflow.name() == text) {
      return dataflow;
    }
  }
  ADD_FAILURE() << text;
  return Dataflow::kOutputStationary;
}

std::vector<Layer> read_layers() {
  std::ifstream file(std::string(ORRERY_SOURCE_DIR) + "/tests/data/scalesim_compute_cycles.csv");
  std::vector<Layer> layers;
  std::string line;
  bool header_seen = false;
  while (std::getline(file, line)) {
    if (line.starts_with("#")) {
      continue;
    }
    if (!header_seen) {
      EXPECT_EQ(line, "topology,layer,M,N,K,rows,cols,dataflow,compute_cycles");
      header_seen = true;
      continue;
    }
    std::istringstream fields(line);
    std::array<std::string, 9> field;
    for (std::string& text : field) {
      std::getline(fields, text, ',');
    }
    layers.push_back({line,
                      {std::stoll(field[2]), std::stoll(field[3]), std::stoll(field[4])},
                      {std::stoll(field[5]), std::stoll(field[6])},
                      dataflow_named(field[7]),
                      std::stoll(field[8])});
  }
  return layers;
}

TEST(ScaleSimConvention, GivesEveryPublishedRowPlusTheCycleBetweenAnIndexAndANumber) {
  const std::vector<Layer> layers = read_layers();
  ASSERT_EQ(layers.size(), 222U);
  for (const Layer& layer : layers) {
    EXPECT_EQ(scale_sim_cycles(layer.array, layer.dataflow, layer.shape), layer.last_cycle + 1)
        << layer.name;
  }
}

TEST(ScaleSimConvention, StartsATileOnlyWhenTheOneBeforeIsDone) {
  SystolicPipeline pipeline({4, 3}, FoldConvention::kScaleSim);
  // ws: ceil(5/4) ceil(7/3) = 6 folds of m + 2 rows + cols - 2 = 2 + 8 + 3 - 2 = 11 cycles.
  const TileTiming first = pipeline.issue(10, Dataflow::kWeightStationary, {2, 7, 5});
  EXPECT_EQ(first.start, 10);
  EXPECT_EQ(first.done, 10 + 66);
  EXPECT_EQ(first.next_issue, 76);
  EXPECT_EQ(first.a_free, 76);
  EXPECT_EQ(first.b_free, 76);
  EXPECT_EQ(first.busy_cycles, 66);
  EXPECT_EQ(first.folds, 6);
  // os: one fold of k + rows + cols - 2 = 5 + 4 + 3 - 2 = 10 cycles, from 76 on.
  const TileTiming second = pipeline.issue(20, Dataflow::kOutputStationary, {2, 3, 5});
  EXPECT_EQ(second.start, 76);
  EXPECT_EQ(second.done, 86);
}

// 33^3 on 32x32, 4 folds each. The convention: os 4 (33 + 62) = 380, ws and is 4 (33 + 94) = 508,
// a third more. With the drain counted and folds overlapped the three differ by their edges only:
//   os: captures max(33, 32) = 33 apart, 33 + 3 x 33 = 132; the last fold has 1 row and 1 column:
//       132 + 1 + 32 + 1 - 1 = 165; the fold before has 32 columns: 132 - 33 + 1 + 32 + 32 - 1 =
//       163. Together 165.
//   ws: waves max(depth, 33) = 33 apart, 32 + 3 x 33 = 131; 131 + 33 + 32 + 1 - 1 = 196.
//   is: the same with m for n.
TEST(ScaleSimConvention, FavoursTheDataflowWhoseDrainItDoesNotCount) {
  const ArrayShape array{32, 32};
  const TileShape tile{33, 33, 33};
  EXPECT_EQ(scale_sim_cycles(array, Dataflow::kOutputStationary, tile), 380);
  EXPECT_EQ(scale_sim_cycles(array, Dataflow::kWeightStationary, tile), 508);
  EXPECT_EQ(scale_sim_cycles(array, Dataflow::kInputStationary, tile), 508);
  EXPECT_EQ(tile_cycles(array, Dataflow::kOutputStationary, tile), 165);
  EXPECT_EQ(tile_cycles(array, Dataflow::kWeightStationary, tile), 196);
  EXPECT_EQ(tile_cycles(array, Dataflow::kInputStationary, tile), 196);
}

}  // namespace
}  // namespace orrery::timing
