// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <vector>

#include "base/random.h"
#include "memory/address/slice_cursor.h"
#include "memory/dram/channel_map.h"
#include "memory/tier_layout.h"
#include "tests/memory/specs.h"

namespace orrery::memory {
namespace {

using testing::HasSubstr;

const std::vector<AddressField> kSmall = {{"row", 8},  {"column", 4},        {"bank", 2},
                                          {"rank", 1}, {"channel", 4, true}, {"stack", 3, true}};

std::string complaint(const std::string& fields, const std::vector<std::string>& hashes = {}) {
  try {
    (void)FieldMap::from({fields, {hashes.begin(), hashes.end()}}, kSmall);
  } catch (const base::UserError& error) {
    return error.what();
  }
  return "";
}

TEST(FieldMap, TakesFieldsAndSlicesFromTheMostSignificantBit) {
  // From below: column 0, bank, column 1, row 0..2.
  const FieldMap map = FieldMap::from({"row : rank : column[1] : bank : column[0]", {}}, kSmall);
  EXPECT_EQ(map.bits(), 6U);
  EXPECT_EQ(map.masks("column"), (BitMasks{1U << 0, 1U << 2}));
  EXPECT_EQ(map.masks("bank"), (BitMasks{1U << 1}));
  EXPECT_EQ(map.masks("row"), (BitMasks{1U << 3, 1U << 4, 1U << 5}));
  EXPECT_TRUE(map.masks("rank").empty());
  EXPECT_TRUE(map.has("rank"));
  EXPECT_FALSE(map.has("channel"));
}

TEST(FieldMap, AddsTheFieldsAsTheyStandBeforeHashing) {
  // Bank = bit 2 ^ bit 3 ^ bit 5. The column is hashed with the bank's own bit, not with the hash.
  const FieldMap map = FieldMap::from(
      {"row:bank:column", {"bank[0] ^= row[0] ^ row[2]", "column[1] ^= bank"}}, kSmall);
  EXPECT_EQ(map.masks("bank"), (BitMasks{0b101100}));
  EXPECT_EQ(map.masks("column"), (BitMasks{0b000001, 0b000110}));
  // Slices of equal width go bit by bit: column[0] with row[1], column[1] with row[2].
  const FieldMap wide = FieldMap::from({"row:bank:column", {"column ^= row[2:1]"}}, kSmall);
  EXPECT_EQ(wide.masks("column"), (BitMasks{0b010001, 0b100010}));
}

TEST(FieldMap, NamesEveryMistakeOfAMap) {
  EXPECT_THAT(complaint("rwo:bank:column"), HasSubstr("unknown address field 'rwo'"));
  EXPECT_THAT(complaint("rwo:bank:column"), HasSubstr("row"));
  EXPECT_THAT(complaint("row:bank"), HasSubstr("column[1] is missing"));
  EXPECT_THAT(complaint("row:bank"), HasSubstr("column[0] is missing"));
  EXPECT_THAT(complaint("row:bank:bank:column"), HasSubstr("bank[0] stands twice"));
  EXPECT_THAT(complaint("row:bank:column[2]:column"), HasSubstr("beyond the 2 bits of 'column'"));
  EXPECT_THAT(complaint("row:bank:column[0:1]"), HasSubstr("cannot read 'column[0:1]'"));
  EXPECT_THAT(complaint("row:bank:column["), HasSubstr("cannot read 'column['"));
  EXPECT_THAT(complaint("row:bank:column[x]"), HasSubstr("cannot read"));
  EXPECT_THAT(complaint("row:bank::column"), HasSubstr("unknown address field ''"));
  EXPECT_THAT(complaint("stack:row:bank:column"), HasSubstr("there are 3 values of 'stack'"));
  EXPECT_THAT(complaint("channel[0]:row:bank:column"), HasSubstr("channel[1] is missing"));
  EXPECT_THAT(complaint("row:bank:column", {"bank = row[0]"}), HasSubstr("cannot read"));
  EXPECT_THAT(complaint("row:bank:column", {"bank ^= row"}),
              HasSubstr("'row' has 3 bits and is to hash 1"));
  EXPECT_THAT(complaint("row:bank:column", {"bank ^= channel[0]"}),
              HasSubstr("channel[0] is not among the fields"));
  EXPECT_THAT(complaint("row:bank:column", {"bank ^= row[0] ^ row[0]"}),
              HasSubstr("bank[0] is hashed with row[0] twice"));
  EXPECT_THAT(complaint("row:bank:column", {"bank ^= bank"}), HasSubstr("the bit itself"));
  EXPECT_EQ(complaint("row:bank:column", {"bank ^= row[0]", "bank ^= row[1]"}), "");
}

TEST(FieldMap, RefusesHashesThatCannotBeInverted) {
  // bank = b ^ c0 and column[0] = c0 ^ b are the same bit.
  const std::string text = complaint("row:bank:column", {"bank ^= column[0]", "column[0] ^= bank"});
  EXPECT_THAT(text, HasSubstr("column[0] ^ bank[0] is 0 for every address"));
  // A triangle is fine: each is hashed with what stands before it.
  EXPECT_EQ(complaint("row:bank:column", {"bank ^= column[0]", "column[0] ^= column[1]"}), "");
}

TEST(LinearMap, AnInverseUndoesTheMapWhereThereIsOne) {
  base::Random random(3);
  int inverted = 0;
  for (int n = 0; n < 400; ++n) {
    const int bits = static_cast<int>(random.integer(1, 12));
    BitMasks masks;
    for (int i = 0; i < bits; ++i) {
      masks.push_back(random.bits() & ((std::uint64_t{1} << bits) - 1));
    }
    std::set<std::uint64_t> outputs;
    for (std::uint64_t x = 0; x < std::uint64_t{1} << bits; ++x) {
      outputs.insert(mapped(masks, x));
    }
    const bool bijection = outputs.size() == std::uint64_t{1} << bits;
    const auto back = inverse(masks);
    EXPECT_EQ(back.has_value(), bijection);
    EXPECT_EQ(reduce(masks).dependent.has_value(), !bijection);
    if (back) {
      ++inverted;
      for (std::uint64_t x = 0; x < std::uint64_t{1} << bits; ++x) {
        ASSERT_EQ(mapped(*back, mapped(masks, x)), x);
      }
    }
  }
  EXPECT_GT(inverted, 80);
}

ChannelSplit random_split(base::Random& random, unsigned bits, int channel_bits) {
  while (true) {
    BitMasks masks;
    for (int i = 0; i < channel_bits; ++i) {
      // As a rule few bits, as in real maps; now and then any.
      std::uint64_t mask = 0;
      const std::int64_t terms = random.integer(1, 4);
      for (std::int64_t t = 0; t < terms; ++t) {
        mask |= std::uint64_t{1} << random.integer(0, bits - 1);
      }
      masks.push_back(mask);
    }
    if (!reduce(masks).dependent) {
      return {masks, bits};
    }
  }
}

TEST(ChannelSplit, NumbersTheBurstsOfAChannelInTheOrderOfTheirAddresses) {
  base::Random random(5);
  for (int n = 0; n < 200; ++n) {
    const auto bits = static_cast<unsigned>(random.integer(3, 9));
    const ChannelSplit split = random_split(random, bits, static_cast<int>(random.integer(0, 3)));
    std::vector<std::uint64_t> counts(static_cast<std::size_t>(split.channels()), 0);
    for (std::uint64_t burst = 0; burst < split.bursts(); ++burst) {
      const int channel = split.channel(burst);
      for (int c = 0; c < split.channels(); ++c) {
        ASSERT_EQ(split.local_below(c, burst), counts[static_cast<std::size_t>(c)]);
      }
      ASSERT_EQ(split.local(burst), counts[static_cast<std::size_t>(channel)]++);
      ASSERT_EQ(split.burst(channel, split.local(burst)), burst);
      ASSERT_EQ(split.channel(burst / split.run() * split.run()), channel);
      ASSERT_EQ(split.channel((burst + split.period()) % split.bursts()), channel);
    }
    for (int c = 0; c < split.channels(); ++c) {
      ASSERT_EQ(split.local_below(c, split.bursts()), split.bursts() / counts.size());
    }
  }
}

TEST(ChannelSplit, SeesWhenARangeOfCommonHighBitsMissesAChannel) {
  base::Random random(6);
  int missed = 0;
  int seen = 0;
  for (int n = 0; n < 4000; ++n) {
    const auto bits = static_cast<unsigned>(random.integer(3, 9));
    const ChannelSplit split = random_split(random, bits, static_cast<int>(random.integer(1, 3)));
    const int channel = static_cast<int>(random.integer(0, split.channels() - 1));
    const std::int64_t last = random.integer(0, static_cast<std::int64_t>(split.bursts()) - 1);
    const std::int64_t first = random.integer(std::max<std::int64_t>(last - 8, 0), last);
    bool misses = true;
    for (std::int64_t burst = first; burst <= last; ++burst) {
      misses = misses && split.channel(static_cast<std::uint64_t>(burst)) != channel;
    }
    const bool sees = split.surely_misses(channel, static_cast<std::uint64_t>(first),
                                          static_cast<std::uint64_t>(last));
    ASSERT_TRUE(misses || !sees) << first << " to " << last;
    missed += misses ? 1 : 0;
    seen += sees ? 1 : 0;
  }
  // Most of those that miss are seen.
  EXPECT_GT(missed, 1000);
  EXPECT_GT(2 * seen, missed);
}

// Every burst that some byte of some row falls into, row by row, each row once.
std::vector<std::uint64_t> bursts_by_force(const Transfer& given, const AddressMap& map,
                                           int channel, std::uint64_t access) {
  const Transfer transfer = coalesced(given);
  std::vector<std::uint64_t> result;
  for (std::int64_t k = 0; k < transfer.outer[2].count; ++k) {
    for (std::int64_t j = 0; j < transfer.outer[1].count; ++j) {
      for (std::int64_t i = 0; i < transfer.outer[0].count; ++i) {
        const std::uint64_t row =
            transfer.address +
            static_cast<std::uint64_t>(i * transfer.outer[0].stride + j * transfer.outer[1].stride +
                                       k * transfer.outer[2].stride);
        const std::uint64_t end = row + static_cast<std::uint64_t>(transfer.row_bytes);
        for (std::uint64_t burst = row / access; burst * access < end; ++burst) {
          const ChannelAddress location = map.locate(burst * access);
          if (location.channel == channel) {
            result.push_back(location.local / access);
          }
        }
      }
    }
  }
  return result;
}

TEST(SliceCursor, EnumeratesTheBurstsOfAHashedChannel) {
  base::Random random(17);
  std::size_t bursts = 0;
  std::size_t empty = 0;
  for (int n = 0; n < 2000; ++n) {
    const int access = 16 << random.integer(0, 2);
    const auto bits = static_cast<unsigned>(random.integer(10, 14));
    const AddressMap map(random_split(random, bits, static_cast<int>(random.integer(0, 4))),
                         access);
    Transfer transfer;
    transfer.address = static_cast<std::uint64_t>(random.integer(0, 4000));
    transfer.row_bytes = random.integer(1, random.integer(0, 1) == 0 ? 40 : 1500);
    for (Dimension& dimension : transfer.outer) {
      // Powers of two are the strides whose rows may all miss a channel.
      const std::int64_t stride = random.integer(0, 1) == 0
                                      ? std::int64_t{1} << random.integer(4, 11)
                                      : random.integer(0, 900);
      dimension = {random.integer(1, 5), random.integer(0, 2) == 0 ? transfer.row_bytes : stride};
    }
    if (end_address(transfer) > (std::uint64_t{1} << bits) * static_cast<unsigned>(access)) {
      continue;
    }
    for (int channel = 0; channel < map.channels(); ++channel) {
      SliceCursor cursor(transfer, map, channel, access);
      const std::vector<std::uint64_t> expected =
          bursts_by_force(transfer, map, channel, static_cast<std::uint64_t>(access));
      EXPECT_EQ(cursor.count_remaining(), expected.size());
      std::vector<std::uint64_t> actual;
      while (!cursor.done()) {
        EXPECT_GE(expected.size() - actual.size(), cursor.remaining_at_least());
        actual.push_back(cursor.next());
      }
      ASSERT_EQ(actual, expected) << "transfer " << n << " channel " << channel;
      bursts += actual.size();
      empty += actual.empty() ? 1 : 0;
    }
  }
  EXPECT_GT(bursts, 50'000U);
  EXPECT_GT(empty, 100U);
}

TEST(SliceCursor, StopsWhenTheChannelsOfTheRowsRepeat) {
  // Channel = bit 2 ^ bit 20 of the burst number of 64 bytes; 2^30 rows every 2^27 bytes, beyond
  // both bits, and as many again in steps of 2^8, of which 2 differ: channel 1 has the odd ones.
  const AddressMap map(ChannelSplit({1U << 2 | 1U << 20}, 40), 64);
  Transfer transfer;
  transfer.row_bytes = 64;
  transfer.outer[0] = {std::int64_t{1} << 18, std::int64_t{1} << 27};
  EXPECT_FALSE(SliceCursor(transfer, map, 0, 64).done());
  EXPECT_TRUE(SliceCursor(transfer, map, 1, 64).done());
  transfer.outer[1] = {2, 1 << 8};
  const SliceCursor cursor(transfer, map, 1, 64);
  ASSERT_FALSE(cursor.done());
  // The first is at 2^8: burst 4, the channel's burst 0.
  EXPECT_EQ(SliceCursor(cursor).next(), 0U);
}

// The map of a whole tier, evaluated bit by bit from its text.
class NaiveMap {
 public:
  std::map<std::string, std::uint64_t> fields(std::uint64_t burst) const {
    std::map<std::pair<std::string, int>, std::uint64_t> raw;
    for (std::size_t i = 0; i < bits.size(); ++i) {
      raw[bits[i]] = burst >> i & 1U;
    }
    std::map<std::string, std::uint64_t> result;
    for (const auto& [bit, value] : raw) {
      std::uint64_t sum = value;
      for (const auto& [target, source] : hashes) {
        sum ^= target == bit ? raw.at(source) : 0;
      }
      result[bit.first] |= sum << bit.second;
    }
    return result;
  }
  [[nodiscard]] FieldMapDescription text() const {
    FieldMapDescription description;
    for (const auto& [field, bit] : bits) {
      const std::string name = field + "[" + std::to_string(bit) + "]";
      description.fields.text =
          name + (description.fields.text.empty() ? "" : ":") + description.fields.text;
    }
    for (const auto& [target, source] : hashes) {
      description.hashes.push_back(MapText(target.first + "[" + std::to_string(target.second) +
                                           "] ^= " + source.first + "[" +
                                           std::to_string(source.second) + "]"));
    }
    return description;
  }

  std::vector<std::pair<std::string, int>> bits;  // from the least significant
  std::vector<std::pair<std::pair<std::string, int>, std::pair<std::string, int>>> hashes;
};

// 2 ranks x 4 groups x 4 banks x 8 rows x 8 columns in each of 2 x 4 channels: 2^14 bursts.
dram::Spec tiny_ddr4() {
  dram::SpecDescription description = dram::test::describe("ddr4_2400");
  description.levels[0].count = 2;
  description.rows = 8;
  description.columns = 8;
  return dram::Spec::from(description);
}

TEST(AddressMap, RandomMapsOfAWholeTierAreWhatTheirTextSaysAndCanBeInverted) {
  base::Random random(23);
  const dram::Spec spec = tiny_ddr4();
  TierConfig config;
  config.channels = 4;
  config.stacks = 2;
  int different_channels = 0;
  int maps = 0;
  while (maps < 25) {
    NaiveMap naive;
    for (const auto& [field, width] : std::map<std::string, int>{{"row", 3},
                                                                 {"column", 3},
                                                                 {"rank", 1},
                                                                 {"bank_group", 2},
                                                                 {"bank", 2},
                                                                 {"channel", 2},
                                                                 {"stack", 1}}) {
      for (int bit = 0; bit < width; ++bit) {
        naive.bits.emplace_back(field, bit);
      }
    }
    for (std::size_t i = naive.bits.size() - 1; i > 0; --i) {
      std::swap(naive.bits[i],
                naive.bits[static_cast<std::size_t>(random.integer(0, static_cast<int>(i)))]);
    }
    const auto any_bit = [&] {
      return naive.bits[static_cast<std::size_t>(random.integer(0, 13))];
    };
    const std::int64_t hashes = random.integer(0, 8);
    for (std::int64_t i = 0; i < hashes; ++i) {
      naive.hashes.emplace_back(any_bit(), any_bit());
    }
    try {
      config.fields = FieldMap::from(naive.text(), dram::address_fields(spec, 4, 2));
    } catch (const base::UserError&) {
      continue;  // not a bijection; the bits twice
    }
    ++maps;
    const AddressMap map = address_map(spec, config);
    const std::vector<dram::Spec> specs = channel_specs(spec, config);
    different_channels += specs.size() > 1 ? 1 : 0;
    std::vector<dram::ChannelMap> channels;
    for (const dram::Spec& own : specs) {
      channels.emplace_back(own);
    }
    std::set<std::tuple<int, std::uint32_t, std::uint32_t, std::uint32_t>> seen;
    for (std::uint64_t burst = 0; burst < 1U << 14; ++burst) {
      const ChannelAddress place = map.locate(burst * 64);
      ASSERT_EQ(map.address_of(place), burst * 64);
      const dram::ChannelMap& channel =
          channels[specs.size() == 1 ? 0 : static_cast<std::size_t>(place.channel)];
      const dram::BankAddress address = channel.locate(place.local / 64);
      ASSERT_EQ(channel.burst(address), place.local / 64);
      auto expected = naive.fields(burst);
      ASSERT_EQ(place.channel, static_cast<int>(expected["stack"] * 4 + expected["channel"]));
      ASSERT_EQ(address.bank,
                expected["rank"] * 16 + expected["bank_group"] * 4 + expected["bank"]);
      ASSERT_EQ(address.row, expected["row"]);
      ASSERT_EQ(address.column, expected["column"]);
      seen.insert({place.channel, address.bank, address.row, address.column});
    }
    EXPECT_EQ(seen.size(), 1U << 14);
  }
  EXPECT_GT(different_channels, 5);
}

TEST(ChannelMap, ARowSpanIsTheLargestAlignedBlockWithOneRow) {
  base::Random random(29);
  const dram::Spec spec = tiny_ddr4();
  for (const auto& [fields, hashes, span] :
       std::vector<std::tuple<std::string, std::vector<MapText>, std::uint64_t>>{
           // 3 + 2 + 1 bits below the row.
           {"rank:bank_group:row:column:bank", {}, 1U << 5},
           {"row:rank:bank_group:bank:column", {}, 1U << 8},
           {"row:rank:bank_group:bank:column", {"bank ^= row[1:0]"}, 1U << 8},
           // The row is hashed with the second bit from below.
           {"row:rank:bank_group:bank:column", {"row[2] ^= column[1]"}, 1U << 1},
           {"row[2:1]:rank:bank_group:bank:column:row[0]", {}, 1}}) {
    dram::Spec own = spec;
    TierConfig config;
    config.fields = FieldMap::from({fields, hashes}, dram::address_fields(spec, 1, 1));
    own = channel_specs(spec, config).front();
    const dram::ChannelMap map(own);
    EXPECT_EQ(map.row_span(), span) << fields;
    bool larger_would_do = true;
    for (std::uint64_t burst = 0; burst < map.bursts(); ++burst) {
      ASSERT_EQ(map.row(burst), map.row(burst / span * span)) << fields;
      larger_would_do =
          larger_would_do && map.row(burst) == map.row(burst / (2 * span) * (2 * span));
    }
    EXPECT_FALSE(larger_would_do) << fields;
  }
  // Without a map: bank groups (2 bits) below columns (7), bank (2), rank (0): 2^11.
  EXPECT_EQ(dram::ChannelMap(dram::test::shipped("ddr4_2400")).row_span(), 1U << 11);
}

TEST(ChannelMap, AMapThatSaysWhatTheSpecOrdersChangesNothing) {
  const dram::Spec spec = dram::test::shipped("hbm2_2000");
  TierConfig config;
  config.fields = FieldMap::from({"row:bank:column:bank_group:pseudo_channel", {}},
                                 dram::address_fields(spec, 1, 1));
  const dram::ChannelMap by_order(spec);
  const dram::ChannelMap by_map(channel_specs(spec, config).front());
  EXPECT_EQ(by_order.row_span(), by_map.row_span());
  base::Random random(31);
  for (int i = 0; i < 10'000; ++i) {
    const auto burst = static_cast<std::uint64_t>(
        random.integer(0, static_cast<std::int64_t>(by_order.bursts()) - 1));
    ASSERT_EQ(by_order.locate(burst), by_map.locate(burst));
  }
}

}  // namespace
}  // namespace orrery::memory
