// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <string_view>

#include "numeric/block_format.h"
#include "numeric/scalar_types.h"
#include "numeric/sum_table.h"

namespace orrery::numeric {
namespace {

using ScaleRule = BlockFormat::ScaleRule;

// OCP Microscaling Formats 1.0, 5.4.1.
constexpr ScalarFormat kE8m0{
    .kind = ScalarFormat::Kind::kPowerOfTwo, .bits = 8, .exponent_bits = 8, .bias = 127};
// Sign and exponent only: 0, 1, 2, 4 (BitMoD, arXiv 2411.11745).
constexpr ScalarFormat kFp3 =
    minifloat(2, 0, 1, ScalarFormat::Specials::kNone, ScalarFormat::Overflow::kSaturates);

constexpr ScalarFormat unsigned_integer(int bits) {
  return {.kind = ScalarFormat::Kind::kUnsigned, .bits = bits};
}

ScalarFormat scalar(std::string_view name) {
  for (const ScalarType& type : scalar_types::kAll) {
    if (type.name == name) {
      return type.format;
    }
  }
  return {};
}

// OCP Microscaling Formats 1.0, table 1: blocks of 32, a power of two as scale. The elements of
// mxint8 have six bits behind the point.
void add_microscaling(std::vector<BlockType>& types) {
  struct Row {
    const char* name;
    const char* element;
    int exponent;
  };
  for (const Row& row : {Row{"mxfp8_e4m3", "fp8_e4m3", 0}, Row{"mxfp8_e5m2", "fp8_e5m2", 0},
                         Row{"mxfp6_e3m2", "fp6_e3m2", 0}, Row{"mxfp6_e2m3", "fp6_e2m3", 0},
                         Row{"mxfp4", "fp4_e2m1", 0}, Row{"mxint8", "int8", -6}}) {
    types.push_back({row.name,
                     {.elements = 32,
                      .element = scalar(row.element),
                      .exponent = row.exponent,
                      .scale = kE8m0,
                      .rule = ScaleRule::kPowerOfTwo}});
  }
}

// BitMoD (arXiv 2411.11745, section III): groups of 128 with an eight-bit scale, and two bits that
// select the special value.
void add_bitmod(std::vector<BlockType>& types) {
  const BlockFormat group{.elements = 128, .scale = scalar("int8")};
  BlockFormat fp3 = group;
  fp3.element = kFp3;
  fp3.special_values = {3.0, -3.0, 6.0, -6.0};
  types.push_back({"bitmod_fp3", fp3});
  BlockFormat fp4 = group;
  fp4.element = scalar("fp4_e2m1");
  fp4.special_values = {5.0, -5.0, 8.0, -8.0};
  types.push_back({"bitmod_fp4", fp4});
}

// Integers in groups with a scale, and with a zero point of eight bits where the name says so.
void add_groups(std::vector<BlockType>& types) {
  for (const int bits : {2, 3, 4, 6, 8}) {
    for (const int elements : {32, 64, 128}) {
      for (const char* scale : {"fp16", "int8"}) {
        BlockFormat group{
            .elements = elements, .element = twos_complement(bits), .scale = scalar(scale)};
        const std::string name = fmt::format("int{}_g{}_{}", bits, elements, scale);
        types.push_back({name, group});
        group.element = unsigned_integer(bits);
        group.rule = ScaleRule::kRange;
        group.zero_point = unsigned_integer(8);
        types.push_back({name + "_zero", group});
      }
    }
  }
}

// Look-up tables: the signed sums of four activations, half of them (LUT Tensor Core, arXiv
// 2408.06003), of eight bits with a scale for each table, or as they are.
void add_tables(std::vector<BlockType>& types) {
  constexpr int kActivations = 4;
  const auto add = [&](std::string_view entry, ScalarFormat scale) {
    BlockFormat table{.elements = kActivations, .scale = scale};
    table.table_entry = scalar(entry);
    const auto in_element = static_cast<int>(table_entries(kActivations) / kActivations);
    table.element = unsigned_integer(in_element * table.table_entry->bits);
    types.push_back({fmt::format("lut{}_{}", kActivations, entry), table});
  };
  add("int8", scalar("fp16"));
  add("int16", {});
  add("fp16", {});
}

}  // namespace

const std::vector<BlockType>& block_types() {
  static const std::vector<BlockType> kTypes = [] {
    std::vector<BlockType> types;
    add_microscaling(types);
    // NVIDIA's format has one more fp32 scale for the whole tensor; here that one is 1.
    types.push_back(
        {"nvfp4", {.elements = 16, .element = scalar("fp4_e2m1"), .scale = scalar("fp8_e4m3")}});
    add_bitmod(types);
    add_groups(types);
    add_tables(types);
    return types;
  }();
  return kTypes;
}

}  // namespace orrery::numeric
