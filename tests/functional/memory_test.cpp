// SPDX-License-Identifier: Apache-2.0
#include "functional/memory.h"

#include <gmock/gmock.h>

namespace orrery::functional {
namespace {

using numeric::ElementType;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class Action>
std::string fault_of(Action action) {
  try {
    action();
  } catch (const MemoryFault& fault) {
    return fault.what();
  }
  return "";
}

TEST(AddressSpace, GivesBackWhatWasWritten) {
  AddressSpace memory("it", 16);
  memory.write(0, ElementType::kFp16, 1.5);
  memory.write(16, ElementType::kFp32, -2.0);
  EXPECT_EQ(memory.read(0, ElementType::kFp16), 1.5);
  EXPECT_EQ(memory.read(16, ElementType::kFp32), -2.0);
}

TEST(AddressSpace, HoldsTwoElementsOfFourBitsInAByte) {
  AddressSpace memory("it", 1);
  memory.write(0, ElementType::kInt4, 3.0);
  memory.write(4, ElementType::kInt4, -3.0);
  EXPECT_EQ(memory.read(0, ElementType::kInt4), 3.0);
  EXPECT_EQ(memory.read(4, ElementType::kInt4), -3.0);
}

TEST(AddressSpace, FaultsWhereNothingWasWritten) {
  AddressSpace memory("it", 16);
  EXPECT_EQ(fault_of([&] { (void)memory.read(32, ElementType::kFp16); }),
            "byte 4 of it is read as fp16, holds nothing");
}

TEST(AddressSpace, FaultsAtPartsOfElementsAndAtOtherTypes) {
  AddressSpace memory("it", 16);
  memory.write(0, ElementType::kFp16, 1.0);
  memory.write(16, ElementType::kFp16, 2.0);
  EXPECT_THAT(fault_of([&] { (void)memory.read(8, ElementType::kFp16); }),
              HasSubstr("parts of several elements"));
  EXPECT_THAT(fault_of([&] { (void)memory.read(0, ElementType::kBf16); }), HasSubstr("holds fp16"));
  EXPECT_THAT(fault_of([&] { (void)memory.read(0, ElementType::kFp32); }), HasSubstr("holds fp16"));
  memory.write(8, ElementType::kInt8, 5.0);
  EXPECT_NE(fault_of([&] { (void)memory.read(0, ElementType::kFp16); }), "");
}

TEST(AddressSpace, FaultsAtHalvesOfTwoElementsOfOneType) {
  AddressSpace memory("it", 16);
  AddressSpace other("other", 16);
  memory.write(0, ElementType::kFp16, 1.0);
  other.write(0, ElementType::kFp16, 2.0);
  memory.copy_from(other, 1, 1, 1, false);
  EXPECT_THAT(fault_of([&] { (void)memory.read(0, ElementType::kFp16); }),
              HasSubstr("parts of several elements"));
}

TEST(AddressSpace, FindsNothingWhereReadingWouldFault) {
  AddressSpace memory("it", 16);
  memory.write(0, ElementType::kFp16, 1.5);
  EXPECT_EQ(memory.find(0, ElementType::kFp16), 1.5);
  EXPECT_EQ(memory.find(0, ElementType::kBf16), std::nullopt);
  EXPECT_EQ(memory.find(8, ElementType::kFp16), std::nullopt);
  EXPECT_EQ(memory.find(16, ElementType::kFp16), std::nullopt);
  EXPECT_THROW((void)memory.find(128, ElementType::kFp16), MemoryFault);
}

TEST(AddressSpace, ForgetsBytes) {
  AddressSpace memory("it", 16);
  memory.write(0, ElementType::kFp16, 1.5);
  memory.write(16, ElementType::kFp16, 2.5);
  memory.forget(1, 1);
  EXPECT_EQ(memory.find(0, ElementType::kFp16), std::nullopt);
  EXPECT_EQ(memory.find(16, ElementType::kFp16), 2.5);
}

TEST(AddressSpace, FaultsOutsideItsCapacity) {
  AddressSpace memory("it", 16);
  EXPECT_EQ(fault_of([&] { memory.write(128, ElementType::kInt8, 1.0); }),
            "byte 16 of it lies outside the memory");
  EXPECT_EQ(fault_of([&] { memory.write(120, ElementType::kInt8, 1.0); }), "");
  EXPECT_NE(fault_of([&] { memory.write(-8, ElementType::kInt8, 1.0); }), "");
}

TEST(AddressSpace, CountsBytesThatWereLoadedInVain) {
  AddressSpace tier("tier", 16);
  AddressSpace memory("it", 16);
  for (int i = 0; i < 4; ++i) {
    tier.write(i * 8, ElementType::kInt8, i);
  }
  memory.copy_from(tier, 0, 0, 4, true);
  EXPECT_EQ(memory.unread_bytes(), 4);
  (void)memory.read(0, ElementType::kInt8);
  EXPECT_EQ(memory.unread_bytes(), 3);
  memory.write(8, ElementType::kInt8, 9.0);  // byte 1 is overwritten unread
  EXPECT_EQ(memory.unread_bytes(), 3);
  tier.copy_from(memory, 2, 2, 2, false);  // bytes 2 and 3 go on to the tier
  EXPECT_EQ(memory.unread_bytes(), 1);
  EXPECT_EQ(memory.loaded_bytes(), 4);
}

TEST(Memory, FillsRowsOfHalfBytesUp) {
  Memory memory({64}, 64, {});
  const command::Space tier{command::SpaceKind::kTier, 0};
  // Rows of three elements take two bytes.
  memory.write_tensor(tier, 0, ElementType::kInt4, 3, std::vector<double>{1, 2, 3, 4, 5, 6});
  EXPECT_EQ(memory.space(tier).read(2 * 8, ElementType::kInt4), 4.0);
  EXPECT_THAT(memory.read_tensor(tier, 0, ElementType::kInt4, 3, 6), ElementsAre(1, 2, 3, 4, 5, 6));
}

}  // namespace
}  // namespace orrery::functional
