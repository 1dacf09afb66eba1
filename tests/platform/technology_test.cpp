// SPDX-License-Identifier: Apache-2.0
#include "hardware/technology.h"

#include <gtest/gtest.h>

#include "hardware/platform_config.h"

namespace orrery::hardware {
namespace {

PlatformConfig load(const std::vector<std::string>& overrides) {
  std::vector<config::Override> changes;
  for (const std::string& text : overrides) {
    changes.push_back(config::parse_override(text));
  }
  return load_platform(ORRERY_SOURCE_DIR "/tests/platform/small.yaml", changes);
}

TEST(Technology, EnergyFollowsTheCurveOfEachNode) {
  const Technology reference{45, 0.9};
  // 1.103 x 0.81 - 0.362 x 0.9 + 0.2767 = 0.84433 at 45 nm;
  // 3.755 x 1.21 - 4.398 x 1.1 + 1.975 = 1.68075 at 65 nm.
  EXPECT_NEAR(logic_energy_factor(reference, {65, 1.1}), 1.68075 / 0.84433, 1e-9);
  // 0.1776 x 0.49 - 0.09097 x 0.7 + 0.02447 = 0.047815 at 7 nm.
  EXPECT_NEAR(logic_energy_factor(reference, {7, 0.7}), 0.047815 / 0.84433, 1e-9);
  EXPECT_DOUBLE_EQ(logic_energy_factor({7, 0.7}, {7, 0.7}), 1.0);
}

TEST(Technology, TwentyEightNanometresLieAThirdOfTheWayFromThirtyTwoToTwenty) {
  const Technology from{45, 0.9};
  const double at_32 = logic_energy_factor(from, {32, 0.9});
  const double at_20 = logic_energy_factor(from, {20, 0.9});
  EXPECT_NEAR(logic_energy_factor(from, {28, 0.9}), at_32 * 2 / 3 + at_20 / 3, 1e-12);
  // 0.46 + (0.21 - 0.46) / 3 of 45 nm.
  EXPECT_NEAR(logic_area_factor(45, 28), 0.46 - 0.25 / 3, 1e-12);
  EXPECT_NEAR(logic_area_factor(28, 45) * logic_area_factor(45, 28), 1.0, 1e-12);
}

TEST(Technology, KnowsNodesByName) {
  EXPECT_EQ(parse_node("28 nm"), 28);
  EXPECT_FALSE(parse_node("22 nm"));
  EXPECT_FALSE(parse_node("28"));
}

TEST(Technology, ScalesAreasOfEnginesAndEnergiesOfArithmetic) {
  const std::vector<std::string> area = {"platform.engines.array.area.value=952 um2",
                                         "platform.engines.array.area.node=28 nm",
                                         "platform.engines.array.area.source=a test"};
  const PlatformConfig plain = load(area);
  const EngineConfig& array = *plain.engines[0].second;
  EXPECT_DOUBLE_EQ(plain.arithmetic_energy_factor(), 1.0);
  // Processing elements of 952 square micrometres each.
  const double square_millimetres = 952e-6 * static_cast<double>(array.units());
  EXPECT_NEAR(plain.square_millimetres(array).value(), square_millimetres, 1e-12);
  EXPECT_FALSE(plain.square_millimetres(*plain.engines[1].second));

  std::vector<std::string> scaled = area;
  for (const char* text : {"platform.technology.node=7 nm", "platform.technology.voltage=0.7 V",
                           "platform.energy.node=28 nm", "platform.energy.voltage=0.9 V"}) {
    scaled.emplace_back(text);
  }
  const PlatformConfig small = load(scaled);
  EXPECT_NEAR(small.arithmetic_energy_factor(), logic_energy_factor({28, 0.9}, {7, 0.7}), 1e-12);
  EXPECT_NEAR(small.square_millimetres(*small.engines[0].second).value(),
              square_millimetres * logic_area_factor(28, 7), 1e-12);
}

}  // namespace
}  // namespace orrery::hardware
