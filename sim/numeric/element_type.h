// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/codec.h"

namespace orrery::numeric {

enum class ElementType : std::uint8_t {
  kInt4,
  kInt8,
  kInt16,
  kInt32,
  kFp8,
  kFp16,
  kBf16,
  kFp32,
};

struct ElementTypeInfo {
  ElementType type;
  std::string name;  // as written in files: "int8"
  int bits;          // per element in memory
  bool is_integer;
  ElementType accumulator;  // of products of two such elements
};

// All types, in the order of the enumeration.
[[nodiscard]] const std::vector<ElementTypeInfo>& element_types();
[[nodiscard]] const ElementTypeInfo& info(ElementType type);
[[nodiscard]] inline int bits(ElementType type) {
  return info(type).bits;
}
[[nodiscard]] inline const std::string& name(ElementType type) {
  return info(type).name;
}
// Bytes of a contiguous row of `count` elements, the last byte filled up.
[[nodiscard]] inline std::int64_t row_bytes(ElementType type, std::int64_t count) {
  return (count * bits(type) + 7) / 8;
}
[[nodiscard]] config::Codec<ElementType> element_type_codec();

}  // namespace orrery::numeric
