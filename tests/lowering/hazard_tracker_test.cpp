// SPDX-License-Identifier: Apache-2.0
#include "lowering/layer/hazard_tracker.h"

#include <gmock/gmock.h>

namespace orrery::lowering {
namespace {

using command::Dependency;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<Dependency> list(const Marks& marks) {
  return {marks.begin(), marks.end()};
}

constexpr command::EngineIndex kLoad = 0;
constexpr command::EngineIndex kArray = 1;
constexpr command::EngineIndex kVector = 2;

TEST(IntervalHazards, ReaderWaitsForTheLastWriterOfEachByte) {
  IntervalHazards hazards;
  Marks none;
  hazards.write({0, 100}, {kLoad, 1}, none);
  hazards.write({50, 100}, {kVector, 2}, none);
  Marks after;
  hazards.read({0, 50}, {kArray, 3}, after);
  EXPECT_THAT(list(after), ElementsAre(Dependency{kLoad, 1}));
  Marks both;
  hazards.read({49, 51}, {kArray, 4}, both);
  EXPECT_THAT(list(both), ElementsAre(Dependency{kLoad, 1}, Dependency{kVector, 2}));
}

TEST(IntervalHazards, ReaderDoesNotWaitForReadersNorForNeighbours) {
  IntervalHazards hazards;
  Marks none;
  hazards.write({0, 10}, {kLoad, 1}, none);
  hazards.write({10, 20}, {kLoad, 2}, none);
  hazards.read({0, 10}, {kArray, 3}, none);
  Marks after;
  hazards.read({0, 10}, {kVector, 4}, after);
  EXPECT_THAT(list(after), ElementsAre(Dependency{kLoad, 1}));
}

TEST(IntervalHazards, WriterWaitsForReadersSinceTheLastWriteAndForThatWrite) {
  IntervalHazards hazards;
  Marks none;
  hazards.write({0, 10}, {kLoad, 1}, none);
  hazards.read({0, 5}, {kArray, 2}, none);
  hazards.read({5, 10}, {kVector, 3}, none);
  Marks after;
  hazards.write({0, 10}, {kLoad, 4}, after);
  EXPECT_THAT(list(after),
              ElementsAre(Dependency{kLoad, 1}, Dependency{kArray, 2}, Dependency{kVector, 3}));
  // Everything before is forgotten: whoever comes now waits for command 4 alone.
  Marks next;
  hazards.write({0, 10}, {kLoad, 5}, next);
  EXPECT_THAT(list(next), ElementsAre(Dependency{kLoad, 4}));
}

TEST(IntervalHazards, NewestCommandOfAnEngineStandsForAllBeforeIt) {
  IntervalHazards hazards;
  Marks none;
  hazards.write({0, 10}, {kLoad, 1}, none);
  hazards.write({10, 20}, {kLoad, 7}, none);
  Marks after;
  hazards.read({0, 20}, {kArray, 8}, after);
  EXPECT_THAT(list(after), ElementsAre(Dependency{kLoad, 7}));
}

TEST(IntervalHazards, PiecesDoNotGrowWithTheNumberOfCommands) {
  IntervalHazards hazards;
  Marks none;
  for (command::CommandId id = 1; id <= 10'000; ++id) {
    const auto slot = static_cast<std::int64_t>(id % 4) * 64;
    hazards.write({slot, slot + 64}, {kLoad, id}, none);
    hazards.read({slot, slot + 60}, {kArray, id}, none);
  }
  // Four slots, each split by the shorter read into two.
  EXPECT_EQ(hazards.pieces(), 8);
}

TEST(TensorHazards, ReaderWaitsForTheWritersOfItsBlocksOnly) {
  // 512 bytes in 256 blocks of 2.
  TensorHazards hazards(512, {});
  Marks none;
  hazards.write({0, 256}, {kLoad, 1}, none);
  hazards.write({256, 512}, {kVector, 2}, none);
  Marks after;
  hazards.read({0, 256}, {kArray, 3}, after);
  EXPECT_THAT(list(after), ElementsAre(Dependency{kLoad, 1}));
  Marks both;
  hazards.read({255, 257}, {kArray, 4}, both);
  EXPECT_THAT(list(both), ElementsAre(Dependency{kLoad, 1}, Dependency{kVector, 2}));
}

TEST(TensorHazards, WritersWaitForTheUsersOfWhatLayThereBeforeButNotForEachOther) {
  Marks blockers;
  blockers.add({kArray, 5});
  TensorHazards hazards(100, blockers);
  Marks first;
  hazards.write({0, 50}, {kLoad, 6}, first);
  EXPECT_THAT(list(first), ElementsAre(Dependency{kArray, 5}));
  Marks second;
  hazards.write({0, 50}, {kVector, 7}, second);
  EXPECT_THAT(list(second), ElementsAre(Dependency{kArray, 5}));
  EXPECT_THAT(list(hazards.users()), ElementsAre(Dependency{kLoad, 6}, Dependency{kVector, 7}));
}

TEST(TensorHazards, RetiredTensorKeepsItsUsers) {
  TensorHazards hazards(100, {});
  Marks none;
  hazards.write({0, 100}, {kLoad, 1}, none);
  hazards.retire();
  EXPECT_THAT(list(hazards.users()), ElementsAre(Dependency{kLoad, 1}));
}

TEST(Marks, KeepTheNewestOfEachEngineInOrderOfEngines) {
  Marks marks;
  EXPECT_THAT(list(marks), IsEmpty());
  marks.add({kVector, 3});
  marks.add({kLoad, 9});
  marks.add({kVector, 2});
  marks.add({kVector, 11});
  EXPECT_THAT(list(marks), ElementsAre(Dependency{kLoad, 9}, Dependency{kVector, 11}));
}

}  // namespace
}  // namespace orrery::lowering
