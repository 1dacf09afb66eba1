// SPDX-License-Identifier: Apache-2.0
// Copies from tier to tier.
#include <gtest/gtest.h>

#include "engine/tier_copy.h"
#include "platform/run.h"
#include "tests/platform/list_source.h"

namespace orrery::platform {
namespace {

using command::Move;
using command::SpaceKind;

constexpr command::EngineIndex kLoad = 2;
constexpr command::EngineIndex kStore = 3;

// small.yaml with a storage device beside its ideal memory. Blocks of 4 KiB take 1000 ns to read
// and 2000 ns to write; latencies of 10 us and 5 us. Pieces are blocks.
hardware::PlatformConfig with_storage(const std::vector<std::string>& overrides = {}) {
  std::vector<config::Override> changes;
  for (const std::string& text : overrides) {
    changes.push_back(config::parse_override(text));
  }
  return hardware::load_platform(ORRERY_SOURCE_DIR "/tests/platform/small_storage.yaml", changes);
}

command::StreamHeader header() {
  command::StreamHeader header;
  header.workload = "test";
  header.platform = "small";
  header.engines = {"array", "vector", "load", "store"};
  header.tiers = {"memory", "flash"};
  header.layers.push_back({"copy", "copy", 0, "", "", ""});
  return header;
}

Move copy(std::uint16_t from, std::uint16_t to, std::int64_t bytes) {
  Move move;
  move.source.space = {SpaceKind::kTier, from};
  move.destination.space = {SpaceKind::kTier, to};
  move.row_bytes = bytes;
  return move;
}

metrics::RunResult run_copies(const std::vector<Move>& moves, const std::vector<std::string>& set,
                              const std::vector<command::EngineIndex>& engines = {}) {
  ListSource source(header());
  for (std::size_t i = 0; i < moves.size(); ++i) {
    source.add(engines.empty() ? kLoad : engines[i], moves[i]);
  }
  metrics::RunResult result = run(with_storage(set), source).result;
  EXPECT_FALSE(result.invariants.empty());
  for (const metrics::Invariant& invariant : result.invariants) {
    EXPECT_TRUE(invariant.holds) << invariant.name << ": " << invariant.detail;
  }
  return result;
}

TEST(TierCopy, CutsRowsAtMultiplesOfThePieceInTheDestination) {
  Move move = copy(0, 1, 250);
  move.source.address = 7;
  move.destination.address = 1030;
  engine::TierCopy pieces(move, 100);
  // 1030 to 1280: up to 1100, 1200, 1280.
  for (const auto& [offset, bytes] :
       std::vector<std::pair<std::uint64_t, std::int64_t>>{{0, 70}, {70, 100}, {170, 80}}) {
    ASSERT_FALSE(pieces.done());
    const auto piece = pieces.next();
    EXPECT_EQ(piece.read.address, 7 + offset);
    EXPECT_EQ(piece.write.address, 1030 + offset);
    EXPECT_EQ(piece.read.row_bytes, bytes);
    EXPECT_EQ(piece.write.row_bytes, bytes);
    EXPECT_TRUE(piece.write.is_write);
  }
  EXPECT_TRUE(pieces.done());
}

TEST(TierCopy, TakesSeveralShortRowsTogether) {
  // 2 x 5 rows of 30 bytes in pieces of 100: 3 and 2 rows, twice.
  Move move = copy(0, 1, 30);
  move.count = {1, 2, 5};
  move.source.stride = {0, 1000, 50};
  move.destination.stride = {0, 150, 30};
  engine::TierCopy pieces(move, 100);
  std::vector<std::tuple<std::uint64_t, std::uint64_t, std::int64_t>> actual;
  while (!pieces.done()) {
    const auto piece = pieces.next();
    actual.emplace_back(piece.read.address, piece.write.address, piece.read.outer[0].count);
    EXPECT_EQ(piece.read.outer[0].stride, 50);
    EXPECT_EQ(piece.write.outer[0].stride, 30);
    EXPECT_EQ(piece.read.row_bytes, 30);
  }
  EXPECT_EQ(actual, (std::vector<std::tuple<std::uint64_t, std::uint64_t, std::int64_t>>{
                        {0, 0, 3}, {150, 90, 2}, {1000, 150, 3}, {1150, 240, 2}}));
}

TEST(Copy, OfOnePieceIsReadThenWritten) {
  // Dispatched at 1 ns. From the device: 5 + 10,000 + 1000 + 5 ns. Then the ideal memory's 1 fs:
  // done at 11,011 ns + 1 fs, seen at 11,012.
  EXPECT_EQ(run_copies({copy(1, 0, 4096)}, {}).latency, 11'012'000'000);
  // 1 fs earlier at the device, the answer falls on the edge at 11,011 ns itself.
  EXPECT_EQ(
      run_copies({copy(1, 0, 4096)}, {"platform.memory.flash.storage.read_latency=9999.999999 ns"})
          .latency,
      11'011'000'000);
  // The other way: 1 ns, 1 fs, then the device is asked: 5 + 5000 + 2000 + 5.
  EXPECT_EQ(run_copies({copy(0, 1, 4096)}, {}).latency, 7'012'000'000);
}

TEST(Copy, OfManyPiecesGoesAtTheSlowerOfBothRates) {
  // Reads from the device overlap the writes to the memory: the first block at 1 + 5 + 10,000 ns,
  // 63 more on the path behind it, 1000 ns each: the last answer at 1 + 5 + 10,000 + 64,000 + 5 ns
  // = 74,011 ns, its write 1 fs later, seen at 74,012.
  const auto result = run_copies(
      {copy(1, 0, 64 * 4096)},
      {"platform.engines.load.copy_pieces=64", "platform.memory.flash.storage.queue_depth=64"});
  EXPECT_EQ(result.latency, 74'012'000'000);
  EXPECT_EQ(result.tiers[1].bytes_read, 64 * 4096);
  EXPECT_EQ(result.tiers[0].bytes_written, 64 * 4096);
}

TEST(Copy, IsBoundedByItsBuffer) {
  // 4 pieces: the device's path is idle while the buffer is full. Each place is used for the 10 us,
  // a block and the 10 ns of the fabric (the memory's 1 fs on top). Places are taken again in the
  // order in which they fall free, a block time apart, so round r of 16 ends r x 11,010 ns + r fs
  // after 1 ns for the first place and 3000 ns later for the last one.
  const auto result = run_copies(
      {copy(1, 0, 64 * 4096)},
      {"platform.engines.load.copy_pieces=4", "platform.memory.flash.storage.queue_depth=64"});
  // 1 + 16 x 11,010 + 3000 = 179,161 ns and some fs, seen one cycle later.
  EXPECT_EQ(result.latency, 179'162'000'000);
}

TEST(Copy, ContendsWithALoadForTheMemoryItReads) {
  // The load of 64 blocks from the device alone: 1 + 5 + 10,000 + 64,000 + 5, seen at 74,012 (the
  // answer falls on the edge 74,011 itself).
  Move load = copy(1, 0, 64 * 4096);
  load.destination.space = {SpaceKind::kScratchpad, 0};
  load.row_bytes = 8 * 4096;
  const auto alone = run_copies({load}, {});
  const auto together = run_copies({load, copy(1, 0, 8 * 4096)}, {}, {kLoad, kStore});
  // 8 blocks alone: 1 + 5 + 10,000 + 8000 + 5 ns. Together 16 blocks go over the device's path.
  EXPECT_EQ(alone.latency, 18'011'000'000);
  // The copy is sent a cycle later: its first block is ready 1 ns after the load's first, so all 16
  // follow without a gap: 1 + 5 + 10,000 + 16,000 + 5 ns; the one of both that ends last is the
  // copy, 1 fs of writing later.
  EXPECT_EQ(together.latency, 26'012'000'000);
}

TEST(Copy, WhoseRowsLieAskewStillAddsUp) {
  Move move = copy(1, 0, 5000);
  move.count = {1, 3, 7};
  move.source.address = 333;
  move.source.stride = {0, 1 << 20, 9000};
  move.destination.address = 12345;
  move.destination.stride = {0, 50'000, 5001};
  const auto result = run_copies({move}, {});
  EXPECT_GE(result.tiers[1].bytes_read, 3 * 7 * 5000);
}

}  // namespace
}  // namespace orrery::platform
