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

TEST(AddressSpace, HoldsElementsOfThreeBitsAcrossBytes) {
  AddressSpace memory("it", 3);
  for (int i = 0; i < 8; ++i) {
    memory.write(i * 3, ElementType::kInt3, i - 4);
  }
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(memory.read(i * 3, ElementType::kInt3), i - 4);
    EXPECT_EQ(memory.read_code(i * 3, ElementType::kInt3), static_cast<unsigned>(i + 4) % 8);
  }
  EXPECT_EQ(fault_of([&] { (void)memory.read(1, ElementType::kInt3); }),
            "byte 0 bit 1 of it is read as int3, holds parts of several elements");
  memory.write(3, ElementType::kInt1, 1.0);
  EXPECT_NE(fault_of([&] { (void)memory.read(3, ElementType::kInt3); }), "");
  EXPECT_EQ(memory.read(6, ElementType::kInt3), -2.0);
}

TEST(AddressSpace, RoundsToTheTypeWhereThatIsAsked) {
  AddressSpace real("it", 4);
  AddressSpace rounding("it", 4, Rounding::kToType);
  for (AddressSpace* memory : {&real, &rounding}) {
    memory->write(0, ElementType::kInt8, 200.25);
    memory->write(8, ElementType::kFp8E4m3, 17.0);
  }
  EXPECT_EQ(real.read(0, ElementType::kInt8), 200.25);
  EXPECT_EQ(rounding.read(0, ElementType::kInt8), 127.0);
  EXPECT_EQ(rounding.read(8, ElementType::kFp8E4m3), 16.0);  // 16 and 18: the even mantissa
}

class Blocks : public ::testing::Test {
 protected:
  // 32 elements of 4 bits, then 8 bits of scale: 17 bytes.
  static ElementType mxfp4() {
    for (const numeric::ElementTypeInfo& info : numeric::element_types()) {
      if (info.name == "mxfp4") {
        return info.type;
      }
    }
    return ElementType::kFp16;
  }
  static std::vector<double> values(double largest) {
    std::vector<double> result(32, 0.0);
    result[0] = largest;
    result[31] = -largest / 4;
    return result;
  }
};

TEST_F(Blocks, GiveBackWhatCodeAndScaleStandFor) {
  AddressSpace memory("it", 34);
  memory.write_block(0, mxfp4(), values(4.0));     // scale 1
  memory.write_block(136, mxfp4(), values(32.0));  // scale 8
  EXPECT_EQ(memory.read(0, mxfp4()), 4.0);
  EXPECT_EQ(memory.read(31 * 4, mxfp4()), -1.0);
  EXPECT_EQ(memory.read(136, mxfp4()), 32.0);
  EXPECT_EQ(memory.read_code(0, mxfp4()), memory.read_code(136, mxfp4()));
  EXPECT_EQ(memory.read_code(31 * 4, mxfp4()), 0xaU);  // -1: sign, exponent 1, mantissa 0
}

TEST_F(Blocks, FaultAtMetadataOfAnotherBlock) {
  AddressSpace memory("it", 17);
  AddressSpace other("other", 17);
  memory.write_block(0, mxfp4(), values(4.0));
  other.write_block(0, mxfp4(), values(32.0));
  memory.copy_from(other, 16, 16, 1, false);
  EXPECT_THAT(fault_of([&] { (void)memory.read(0, mxfp4()); }),
              HasSubstr("parts of several elements"));
}

TEST_F(Blocks, FaultWithoutTheirMetadata) {
  AddressSpace memory("it", 17);
  memory.write_block(0, mxfp4(), values(4.0));
  memory.forget(16, 1);
  EXPECT_NE(fault_of([&] { (void)memory.read(0, mxfp4()); }), "");
  EXPECT_EQ(memory.find(0, mxfp4()), std::nullopt);
}

TEST_F(Blocks, AreReadWithTheirMetadata) {
  AddressSpace tier("tier", 17);
  AddressSpace memory("it", 17);
  tier.write_block(0, mxfp4(), values(4.0));
  memory.copy_from(tier, 0, 0, 17, true);
  (void)memory.read(0, mxfp4());
  EXPECT_EQ(memory.unread_bytes(), 15);  // all but the first and the scale's
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
