// SPDX-License-Identifier: Apache-2.0
#include "numeric/element_type.h"

#include <gtest/gtest.h>

#include <set>

#include "base/error.h"

namespace orrery::numeric {
namespace {

ElementType named(const std::string& name) {
  for (const ElementTypeInfo& info : element_types()) {
    if (info.name == name) {
      return info.type;
    }
  }
  throw base::InternalError("known type", name);
}

TEST(ElementType, HasItsRowAndANameOfItsOwn) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < element_types().size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(element_types()[i].type), i);
    EXPECT_TRUE(names.insert(element_types()[i].name).second) << element_types()[i].name;
  }
  EXPECT_EQ(name(ElementType::kInt3), "int3");
  EXPECT_EQ(info(ElementType::kInt3).accumulator, ElementType::kInt32);
  EXPECT_EQ(info(named("mxfp4")).accumulator, ElementType::kFp32);
}

TEST(ElementType, FillsBytesWithWholeBlocks) {
  struct Row {
    const char* name;
    std::int64_t granule, count, bytes;
  };
  for (const Row& row : {Row{"int1", 8, 17, 3}, Row{"int3", 8, 9, 4},  // 27 bits
                         Row{"int4", 2, 5, 3}, Row{"fp6_e3m2", 4, 5, 4}, Row{"int16", 1, 3, 6},
                         Row{"tf32", 1, 3, 12}, Row{"mxfp4", 32, 64, 34},  // 2 x (32 x 4 + 8) bits
                         Row{"mxfp4", 32, 33, 34}, Row{"nvfp4", 16, 16, 9},
                         // 128 x 3 + 8 + 2 = 394 bits, 4 x 394 = 197 bytes
                         Row{"bitmod_fp3", 512, 128, 50}, Row{"bitmod_fp3", 512, 512, 197},
                         // 64 x 3 + 16 + 8 = 216 bits
                         Row{"int3_g64_fp16_zero", 64, 64, 27}}) {
    EXPECT_EQ(granule(named(row.name)), row.granule) << row.name;
    EXPECT_EQ(row_bytes(named(row.name), row.count), row.bytes) << row.name;
  }
}

TEST(ElementType, CountsMetadataAmongTheBitsOfAnElement) {
  EXPECT_EQ(bits_per_element(named("mxfp8_e4m3")), base::Rational(33, 4));  // 8.25
  EXPECT_EQ(bits_per_element(named("nvfp4")), base::Rational(9, 2));        // 4.5
  // Ten bits a group of 128: lowbit tools count the scale's eight, 4.0625, 3.0625, 6.0625.
  EXPECT_EQ(bits_per_element(named("bitmod_fp4")), base::Rational(522, 128));
  EXPECT_EQ(bits_per_element(named("bitmod_fp3")), base::Rational(394, 128));
  EXPECT_EQ(bits_per_element(named("int6_g128_int8")), base::Rational(97, 16));
  EXPECT_EQ(bits_per_element(named("int4_g128_int8")), base::Rational(65, 16));
  EXPECT_EQ(bits_per_element(named("int3_g128_int8")), base::Rational(49, 16));
  EXPECT_EQ(bits_per_element(ElementType::kInt3), base::Rational(3));
}

TEST(ElementType, HasNoWholeBitsInABlock) {
  EXPECT_THROW((void)bits(named("mxfp4")), base::InternalError);
  EXPECT_EQ(code_bits(named("mxfp4")), 4);
  EXPECT_THROW((void)bit_offset(named("mxfp4"), 16), base::InternalError);
  EXPECT_EQ(bit_offset(named("mxfp4"), 64), 272);
}

}  // namespace
}  // namespace orrery::numeric
