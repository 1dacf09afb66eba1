// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "base/random.h"
#include "memory/address/slice_cursor.h"
#include "memory/dram/channel_map.h"
#include "tests/memory/specs.h"

namespace orrery::memory {
namespace {

TEST(AddressMap, IsABijectionForAnyNumberOfChannels) {
  for (const int channels : {1, 2, 3, 7, 8}) {
    const AddressMap map(channels, 64);
    std::set<std::pair<int, std::uint64_t>> seen;
    const std::uint64_t bytes = 64U * static_cast<unsigned>(channels) * 5;
    for (std::uint64_t address = 0; address < bytes; ++address) {
      const ChannelAddress location = map.locate(address);
      EXPECT_EQ(map.address_of(location), address);
      seen.insert({location.channel, location.local});
    }
    EXPECT_EQ(seen.size(), bytes);
    // Every channel holds 5 granules of 64 bytes, without a gap.
    EXPECT_EQ(*seen.rbegin(), std::make_pair(channels - 1, std::uint64_t{5 * 64 - 1}));
  }
}

TEST(AddressMap, CountsTheBytesOfAChannelBelowAnAddress) {
  const AddressMap map(3, 256);
  for (int channel = 0; channel < 3; ++channel) {
    std::uint64_t below = 0;
    for (std::uint64_t address = 0; address < 4000; ++address) {
      EXPECT_EQ(map.local_below(channel, address), below);
      below += map.locate(address).channel == channel ? 1 : 0;
    }
  }
}

TEST(AddressMap, NamesTheChannelsOfARange) {
  for (const int channels : {1, 2, 3, 8}) {
    const AddressMap map(channels, 64);
    for (std::uint64_t address = 0; address < 64U * 20; address += 16) {
      for (std::uint64_t length = 1; length < 64U * 10; length += 7) {
        const std::uint64_t end = address + length;
        std::set<int> touched;
        for (int channel = 0; channel < channels; ++channel) {
          if (map.local_below(channel, address) < map.local_below(channel, end)) {
            touched.insert(channel);
          }
        }
        const ChannelRun run = map.channels_of(address, length);
        std::set<int> named;
        for (int i = 0; i < run.count; ++i) {
          named.insert((run.first + i) % channels);
        }
        ASSERT_EQ(named, touched) << address << ' ' << length << ' ' << channels;
      }
    }
  }
}

TEST(Transfer, CoalescesRowsThatTouch) {
  Transfer transfer;
  transfer.row_bytes = 64;
  transfer.outer = {Dimension{4, 64}, Dimension{1, 999}, Dimension{3, 512}};
  const Transfer result = coalesced(transfer);
  // 4 rows of 64 bytes follow one another: rows of 256 bytes, 3 of them 512 apart.
  EXPECT_EQ(result.row_bytes, 256);
  EXPECT_EQ(result.outer[0], (Dimension{3, 512}));
  EXPECT_EQ(result.outer[1], Dimension{});
  EXPECT_EQ(total_bytes(result), 4 * 3 * 64);
  EXPECT_EQ(end_address(transfer), 2U * 512 + 3 * 64 + 64);
}

TEST(Transfer, JoinsDimensionsThatContinueOneAnother) {
  Transfer transfer;
  transfer.row_bytes = 8;
  transfer.outer = {Dimension{4, 100}, Dimension{5, 400}, Dimension{2, 2000}};
  EXPECT_EQ(coalesced(transfer).outer[0], (Dimension{40, 100}));
}

TEST(FirstMultipleIn, EqualsASearch) {
  base::Random random(5);
  for (int i = 0; i < 20000; ++i) {
    const auto m = static_cast<std::uint64_t>(random.integer(1, 200));
    const auto a = static_cast<std::uint64_t>(random.integer(0, static_cast<std::int64_t>(m) - 1));
    const auto low =
        static_cast<std::uint64_t>(random.integer(0, static_cast<std::int64_t>(m) - 1));
    const auto high = static_cast<std::uint64_t>(
        random.integer(static_cast<std::int64_t>(low), static_cast<std::int64_t>(m) - 1));
    std::optional<std::uint64_t> expected;
    for (std::uint64_t x = 0; x < m && !expected; ++x) {
      if (a * x % m >= low && a * x % m <= high) {
        expected = x;
      }
    }
    EXPECT_EQ(first_multiple_in(a, m, low, high), expected)
        << a << " mod " << m << " in " << low << ".." << high;
  }
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
        std::set<std::uint64_t> touched;
        for (std::uint64_t b = row; b < row + static_cast<std::uint64_t>(transfer.row_bytes); ++b) {
          const ChannelAddress location = map.locate(b);
          if (location.channel == channel) {
            touched.insert(location.local / access);
          }
        }
        result.insert(result.end(), touched.begin(), touched.end());
      }
    }
  }
  return result;
}

TEST(SliceCursor, EnumeratesTheBurstsThatASearchFinds) {
  base::Random random(11);
  std::size_t bursts = 0;
  std::size_t empty = 0;
  for (int n = 0; n < 3000; ++n) {
    const int access = 16 << random.integer(0, 2);
    const AddressMap map(static_cast<int>(random.integer(1, 9)), access * random.integer(1, 5));
    Transfer transfer;
    transfer.address = static_cast<std::uint64_t>(random.integer(0, 5000));
    transfer.row_bytes = random.integer(1, random.integer(0, 1) == 0 ? 40 : 1500);
    for (Dimension& dimension : transfer.outer) {
      dimension = {random.integer(1, 6),
                   random.integer(0, 2) == 0 ? transfer.row_bytes : random.integer(0, 3000)};
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
  EXPECT_GT(bursts, 100000U);
  EXPECT_GT(empty, 100U);
}

TEST(SliceCursor, JumpsOverRowsOfOtherChannels) {
  // 2^40 rows of one burst each, all on channel 0 of 8: channel 1 is found empty without a walk.
  const AddressMap map(8, 256);
  Transfer transfer;
  transfer.row_bytes = 32;
  transfer.outer[0] = {std::int64_t{1} << 40, 2048};
  EXPECT_TRUE(SliceCursor(transfer, map, 1, 32).done());
  EXPECT_FALSE(SliceCursor(transfer, map, 0, 32).done());
}

TEST(ChannelMap, IsABijectionInTheOrderOfTheSpec) {
  dram::SpecDescription description = dram::test::describe("hbm2_2000");
  description.densities.clear();
  description.density = {};
  description.rows = 4;
  const dram::Spec spec = dram::Spec::from(description);
  const dram::ChannelMap map(spec);
  // 2 pseudo-channels x 4 groups x 4 banks x 4 rows x 32 columns.
  ASSERT_EQ(map.bursts(), 2U * 4 * 4 * 4 * 32);
  std::set<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>> seen;
  for (std::uint64_t burst = 0; burst < map.bursts(); ++burst) {
    const dram::BankAddress address = map.locate(burst);
    seen.insert({address.bank, address.row, address.column});
  }
  EXPECT_EQ(seen.size(), map.bursts());
  // Bits from below: 1 of pseudo-channel, 2 of bank group, 5 of column, 2 of bank, row. Banks are
  // numbered pseudo-channel, group, bank.
  EXPECT_EQ(map.locate(1), (dram::BankAddress{16, 0, 0}));
  EXPECT_EQ(map.locate(2), (dram::BankAddress{4, 0, 0}));
  EXPECT_EQ(map.locate(8), (dram::BankAddress{0, 0, 1}));
  EXPECT_EQ(map.locate(256), (dram::BankAddress{1, 0, 0}));
  EXPECT_EQ(map.locate(1024), (dram::BankAddress{0, 1, 0}));
}

}  // namespace
}  // namespace orrery::memory
