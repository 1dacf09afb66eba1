// SPDX-License-Identifier: Apache-2.0
#include "hardware/tier_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hardware/platform_config.h"

namespace orrery::hardware {
namespace {

using testing::HasSubstr;

PlatformConfig load(const std::string& file, const std::vector<std::string>& overrides = {}) {
  std::vector<config::Override> changes;
  for (const std::string& text : overrides) {
    changes.push_back(config::parse_override(text));
  }
  return load_platform(std::string(ORRERY_SOURCE_DIR "/") + file, changes);
}

std::string complaint(const std::vector<std::string>& overrides,
                      const std::string& file = "tests/platform/small.yaml") {
  try {
    (void)load(file, overrides);
  } catch (const base::UserError& error) {
    return error.what();
  }
  return "";
}

const std::string kMap = "platform.memory.memory.address_map.fields=";

TEST(TierConfig, AMapThatPlacesTheChannelsSaysHowTheyAreInterleaved) {
  const std::vector<std::string> map = {
      "platform.memory.memory.channels=4", "platform.memory.memory.stacks=2",
      kMap + "row:bank:column[6:2]:stack:channel:bank_group:column[1:0]"};
  const PlatformConfig platform = load("tests/platform/small.yaml", map);
  const TierConfig& tier = platform.memory[0].second;
  // 2 + 2 bits of bursts of 64 bytes below the channel.
  EXPECT_EQ(tier.interleave.value, 16 * 64);
  EXPECT_EQ(tier.total_channels(), 8);
  EXPECT_EQ(tier.capacity(), 8 * tier.dram.capacity_bytes());
  ASSERT_TRUE(tier.fields.has_value());
  // 16 of row, 2 of bank, 7 of column, 2 of group, 3 of channel and stack.
  EXPECT_EQ(tier.fields->bits(), 30U);
  // A map of the channel's own bits leaves the interleaving alone.
  const PlatformConfig inside =
      load("tests/platform/small.yaml", {kMap + "row:bank:column:bank_group"});
  EXPECT_EQ(inside.memory[0].second.interleave.value, 256);
}

TEST(TierConfig, ChannelsAreHashedWhereMoreBitsSelectThemThanNumberThem) {
  const auto hashes = [](std::vector<std::string> map) {
    map.emplace_back("platform.memory.memory.channels=4");
    return load("tests/platform/small.yaml", map).memory[0].second.hashes_channels();
  };
  const std::string fields = kMap + "row:bank:column:channel:bank_group";
  EXPECT_FALSE(hashes({}));
  EXPECT_FALSE(hashes({fields}));
  EXPECT_FALSE(hashes({fields, "platform.memory.memory.address_map.xor=['bank[0] ^= row[0]']"}));
  EXPECT_TRUE(hashes({fields, "platform.memory.memory.address_map.xor=['channel[0] ^= row[0]']"}));
}

TEST(TierConfig, MistakesInAMapAreLocated) {
  EXPECT_THAT(complaint({kMap + "row:bnak:column:bank_group"}),
              testing::AllOf(HasSubstr("platform.memory.memory.address_map.fields"),
                             HasSubstr("'bnak'"), HasSubstr("bank")));
  EXPECT_THAT(complaint({"platform.memory.memory.channels=2", "platform.memory.memory.stacks=2",
                         kMap + "row:bank:column:bank_group:channel"}),
              HasSubstr("leaves out 'stack'"));
  EXPECT_THAT(
      complaint({"platform.memory.memory.channels=3", kMap + "row:bank:column:bank_group:channel"}),
      HasSubstr("there are 3 values of 'channel'"));
  EXPECT_THAT(
      complaint({"platform.memory.memory.channels=2", "platform.memory.memory.interleave=128",
                 kMap + "row:bank:column:bank_group:channel"}),
      HasSubstr("64 B at a time"));
}

TEST(TierConfig, ATierIsOfOneKind) {
  const std::string storage = "tests/platform/small_storage.yaml";
  EXPECT_EQ(complaint({}, storage), "");
  EXPECT_EQ(load(storage).memory[1].second.capacity(), 1 << 30);
  EXPECT_THAT(complaint({"platform.memory.flash.channels=2"}, storage),
              HasSubstr("'channels' means nothing for a storage device"));
  EXPECT_THAT(complaint({"platform.memory.flash.model=ideal"}, storage),
              HasSubstr("a storage device has one model"));
  EXPECT_THAT(complaint({"platform.memory.memory.model=storage"}),
              HasSubstr("model storage without a `storage`"));
  EXPECT_THAT(complaint({"platform.memory.flash.storage.block=2 GiB"}, storage),
              HasSubstr("platform.memory.flash.storage.block"));
}

TEST(TierConfig, WhatIsWrittenIsReadAgain) {
  const config::Node node = write_platform(load("tests/platform/small_storage.yaml"));
  const config::Node* flash = node.find("memory")->find("flash");
  EXPECT_NE(flash->find("storage"), nullptr);
  EXPECT_EQ(flash->find("channels"), nullptr);
  EXPECT_EQ(flash->find("controller"), nullptr);
  config::Reader reader("platform");
  EXPECT_TRUE(PlatformConfig::schema().read(node, reader).has_value());
  EXPECT_EQ(reader.error_count(), 0U);
}

}  // namespace
}  // namespace orrery::hardware
