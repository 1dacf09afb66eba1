// SPDX-License-Identifier: Apache-2.0
#include "lowering/mapping/mapping_config.h"

#include <gmock/gmock.h>

namespace orrery::lowering {
namespace {

using ::testing::HasSubstr;

std::string error_of(const std::string& change) {
  try {
    (void)default_mapping({config::parse_override(change)});
  } catch (const base::UserError& error) {
    return error.what();
  }
  return "";
}

workload::Tensor tensor(const std::string& name, workload::TensorRole role) {
  return {name, {1}, numeric::ElementType::kFp16, role};
}

TEST(MappingConfig, HasDefaults) {
  const MappingConfig mapping = default_mapping();
  EXPECT_FALSE(mapping.dataflow);
  EXPECT_EQ(mapping.tile_budget_percent, 50);
  EXPECT_TRUE(mapping.fusion);
  EXPECT_TRUE(mapping.double_buffering);
  EXPECT_TRUE(mapping.placement.empty());
}

TEST(MappingConfig, TakesChangesUnderItsOwnName) {
  const MappingConfig mapping =
      default_mapping({config::parse_override("mapping.dataflow=is"),
                       config::parse_override("mapping.placement=[{role: weight, tiers: [ddr]}]"),
                       config::parse_override("platform.scratchpad.capacity=1 KiB")});
  EXPECT_EQ(mapping.dataflow, timing::Dataflow::kInputStationary);
  ASSERT_EQ(mapping.placement.size(), 1);
  EXPECT_EQ(mapping.placement[0].role, workload::TensorRole::kWeight);
}

TEST(MappingConfig, NamesWhatItDoesNotKnow) {
  EXPECT_THAT(error_of("mapping.dataflow=wss"), HasSubstr("ws"));
  EXPECT_THAT(error_of("mapping.fusoin=true"), HasSubstr("fusion"));
  EXPECT_THAT(error_of("mapping.tile_budget_percent=101"), HasSubstr("1 to 100"));
  EXPECT_THAT(error_of("mapping.placement=[{tensors: a}]"), HasSubstr("tiers"));
}

TEST(PlacementRule, MatchesPatternsOfNames) {
  using enum workload::TensorRole;
  const auto matches = [](const std::string& pattern, const std::string& name) {
    PlacementRule rule;
    rule.tensors = pattern;
    return rule.matches(tensor(name, kWeight));
  };
  EXPECT_TRUE(matches("*", "layer0.mlp.weight"));
  EXPECT_TRUE(matches("layer?.mlp.*", "layer0.mlp.weight"));
  EXPECT_FALSE(matches("layer?.mlp.*", "layer10.mlp.weight"));
  EXPECT_TRUE(matches("*.weight", "a.weight.weight"));
  EXPECT_FALSE(matches("*.weight", "a.weights"));
  EXPECT_TRUE(matches("a*b*c", "axxbyyc"));
  EXPECT_FALSE(matches("a*b*c", "axxcyyb"));
  EXPECT_FALSE(matches("abc", "ab"));
  EXPECT_TRUE(matches("ab**", "ab"));
}

TEST(PlacementRule, MatchesRoles) {
  PlacementRule rule;
  rule.role = workload::TensorRole::kKeyValueCache;
  EXPECT_TRUE(rule.matches(tensor("k", workload::TensorRole::kKeyValueCache)));
  EXPECT_FALSE(rule.matches(tensor("k", workload::TensorRole::kWeight)));
}

}  // namespace
}  // namespace orrery::lowering
