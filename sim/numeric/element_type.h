// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/rational.h"
#include "config/codec.h"
#include "numeric/block_format.h"
#include "numeric/scalar_types.h"

namespace orrery::numeric {

// A row of element_types(). Only those that code needs by name have one here.
enum class ElementType : std::uint8_t {
  kInt1 = scalar_index("int1"),
  kInt2 = scalar_index("int2"),
  kInt3 = scalar_index("int3"),
  kInt4 = scalar_index("int4"),
  kInt8 = scalar_index("int8"),
  kInt16 = scalar_index("int16"),
  kInt32 = scalar_index("int32"),
  kFp8E4m3 = scalar_index("fp8_e4m3"),
  kFp16 = scalar_index("fp16"),
  kBf16 = scalar_index("bf16"),
  kFp32 = scalar_index("fp32"),
};

struct ElementTypeInfo {
  ElementType type;
  std::string name;          // as written in files: "int8"
  ScalarFormat format;       // of the code of one element
  const BlockFormat* block;  // null for scalar types
  bool is_integer;           // every value is an integer
  ElementType accumulator;   // of products of two such elements
};

// All types: the scalar ones, then the block types.
[[nodiscard]] const std::vector<ElementTypeInfo>& element_types();
[[nodiscard]] const ElementTypeInfo& info(ElementType type);
[[nodiscard]] inline const std::string& name(ElementType type) {
  return info(type).name;
}
[[nodiscard]] inline bool is_block(ElementType type) {
  return info(type).block != nullptr;
}
// Of products of elements of two types.
[[nodiscard]] ElementType accumulator(ElementType a, ElementType b);
// Whether its blocks are look-up tables of activations.
[[nodiscard]] inline bool is_table(ElementType type) {
  return is_block(type) && info(type).block->table_entry.has_value();
}
// Of a table's entries: "int8".
[[nodiscard]] std::string table_entry_name(ElementType type);
// Of the code of one element, without what its block has beside.
[[nodiscard]] inline int code_bits(ElementType type) {
  return info(type).format.bits;
}
// Of an element of a scalar type. InternalError for block types, whose elements have no such size.
[[nodiscard]] int bits(ElementType type);
// Elements that share their metadata, 1 for scalar types, and the bits they take with it.
[[nodiscard]] int block_elements(ElementType type);
[[nodiscard]] int block_bits(ElementType type);
[[nodiscard]] base::Rational bits_per_element(ElementType type);
// Bits of the codes of a row before element `element`, which begins a block.
[[nodiscard]] std::int64_t bit_offset(ElementType type, std::int64_t element);
// Bytes of a contiguous row of `count` elements: whole blocks, the last byte filled up.
[[nodiscard]] std::int64_t row_bytes(ElementType type, std::int64_t count);
// The fewest elements that are whole blocks and fill whole bytes.
[[nodiscard]] std::int64_t granule(ElementType type);
// Whether each element begins at a whole byte wherever its row does.
[[nodiscard]] inline bool fills_bytes(ElementType type) {
  return granule(type) == 1;
}

// "int8", "one of int8, fp16"
[[nodiscard]] std::string one_of(const std::vector<ElementType>& types);

// Reads the names of element_types() and the short ones ("fp8", "fp4"); writes the former.
[[nodiscard]] config::Codec<ElementType> element_type_codec();
// Short names, for files: "fp8" is fp8_e4m3, "fp4" is fp4_e2m1.
[[nodiscard]] const std::vector<std::pair<std::string, ElementType>>& element_type_aliases();

}  // namespace orrery::numeric
