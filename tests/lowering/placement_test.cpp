// SPDX-License-Identifier: Apache-2.0
#include "lowering/layer/placement.h"

#include <gmock/gmock.h>

#include "tests/lowering/small_machine.h"
#include "workload/graph_builder.h"

namespace orrery::lowering {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;
using workload::Elementwise;
using workload::ElementwiseKind;
using workload::Graph;
using workload::GraphBuilder;
using workload::TensorId;

// relu after relu on `elements` fp16 elements, without fusion.
Graph chain(std::int64_t elements, int length) {
  GraphBuilder builder("chain", {});
  TensorId x = builder.input("x", {1, elements}, {});
  for (int i = 0; i < length; ++i) {
    x = builder.apply("y" + std::to_string(i), Elementwise{ElementwiseKind::kRelu}, {x}, {});
  }
  return builder.finish();
}

std::vector<Placement> place(const Graph& graph, const Machine& machine,
                             const MappingConfig& mapping, base::Diagnostics& diagnostics) {
  return place_tensors(graph, fuse(graph, mapping.fusion), machine, mapping, diagnostics);
}

TEST(Placement, LetsActivationsShareMemoryWhenTheirLivesDoNotMeet) {
  // 100 elements of 2 bytes in places of 256. x stays at 0. The output y4 lives from layer 4 on, y0
  // in layers 0 and 1, y1 in 1 and 2, y2 in 2 and 3, y3 in 3 and 4: y0, y2 and y4 take turns, and
  // so do y1 and y3.
  base::Diagnostics diagnostics;
  const Graph graph = chain(100, 5);
  const auto placed = place(graph, small_machine(), {}, diagnostics);
  std::vector<std::int64_t> addresses;
  for (const Placement& placement : placed) {
    addresses.push_back(placement.address);
  }
  EXPECT_THAT(addresses, ElementsAre(0, 256, 512, 256, 512, 256));
  EXPECT_THAT(placed[3].replaces, ElementsAre(1));
  EXPECT_THAT(placed[4].replaces, ElementsAre(2));
  EXPECT_THAT(placed[5].replaces, UnorderedElementsAre(1, 3));
  EXPECT_TRUE(diagnostics.empty());
}

TEST(Placement, NeedsNoMoreMemoryForALongerModel) {
  Machine machine = small_machine();
  // x and two more at a time, 256 bytes each.
  machine.tiers[0].capacity = 3 * 256;
  base::Diagnostics diagnostics;
  (void)place(chain(100, 51), machine, {}, diagnostics);
  EXPECT_TRUE(diagnostics.empty());
  machine.tiers[0].capacity = 2 * 256 + 199;  // one byte less than a third tensor of 200 needs
  (void)place(chain(100, 51), machine, {}, diagnostics);
  EXPECT_FALSE(diagnostics.empty());
}

TEST(Placement, FillsTiersInTheOrderOfThePlatform) {
  Machine machine = small_machine();
  machine.tiers.push_back(machine.tiers[0]);
  machine.tiers[1].name = "ddr";
  machine.tiers[0].capacity = 300;
  base::Diagnostics diagnostics;
  const auto placed = place(chain(100, 1), machine, {}, diagnostics);
  EXPECT_EQ(placed[0].tier, 0);
  EXPECT_EQ(placed[1].tier, 1);
  EXPECT_EQ(placed[1].address, 0);
}

TEST(Placement, FollowsTheFirstRuleThatMatches) {
  Machine machine = small_machine();
  machine.tiers.push_back(machine.tiers[0]);
  machine.tiers[1].name = "ddr";
  MappingConfig mapping;
  mapping.placement = {{"y?", workload::TensorRole::kActivation, {"ddr"}, {}},
                       {"y*", std::nullopt, {"hbm"}, {}},
                       {"*", std::nullopt, {"ddr", "hbm"}, {}}};
  base::Diagnostics diagnostics;
  const auto placed = place(chain(100, 2), machine, mapping, diagnostics);
  EXPECT_EQ(placed[0].tier, 1);  // x: the last rule
  EXPECT_EQ(placed[1].tier, 1);  // y0: an activation
  EXPECT_EQ(placed[2].tier, 0);  // y1: an output
}

TEST(Placement, NamesTheTensorItsSizeAndTheFreeSpaceOfEachTier) {
  Machine machine = small_machine();
  machine.tiers.push_back(machine.tiers[0]);
  machine.tiers[1].name = "ddr";
  machine.tiers[0].capacity = 1024;
  machine.tiers[1].capacity = 512;
  base::Diagnostics diagnostics;
  (void)place(chain(1000, 1), machine, {}, diagnostics);
  ASSERT_EQ(diagnostics.items().size(), 2);
  EXPECT_THAT(diagnostics.items()[0].message, HasSubstr("tensor 'x' of 2 KB does not fit"));
  EXPECT_THAT(diagnostics.items()[0].expected, HasSubstr("hbm 1 KiB, ddr 512"));
}

TEST(Placement, ReportsTenTensorsAndTheirSum) {
  GraphBuilder builder("many", {});
  for (int i = 0; i < 12; ++i) {
    const TensorId x = builder.input("x" + std::to_string(i), {1, 1024}, {});
    builder.apply("y" + std::to_string(i), Elementwise{ElementwiseKind::kRelu}, {x}, {});
  }
  Machine machine = small_machine();
  machine.tiers[0].capacity = 256;
  base::Diagnostics diagnostics;
  (void)place(builder.finish(), machine, {}, diagnostics);
  ASSERT_EQ(diagnostics.items().size(), 11);
  EXPECT_THAT(diagnostics.items()[10].message, HasSubstr("24 tensors do not fit, 48 KiB in all"));
}

TEST(Placement, ReportsTiersThatThePlatformDoesNotHave) {
  MappingConfig mapping;
  mapping.placement = {{"*", std::nullopt, {"hbn"}, {"mapping.yaml", 3, 5}}};
  base::Diagnostics diagnostics;
  (void)place(chain(100, 1), small_machine(), mapping, diagnostics);
  ASSERT_FALSE(diagnostics.empty());
  EXPECT_EQ(diagnostics.items()[0].suggestion, "hbm");
  EXPECT_EQ(diagnostics.items()[0].where.line, 3);
}

}  // namespace
}  // namespace orrery::lowering
