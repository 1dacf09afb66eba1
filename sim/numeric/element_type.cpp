// SPDX-License-Identifier: Apache-2.0
#include "numeric/element_type.h"

namespace orrery::numeric {

const std::vector<ElementTypeInfo>& element_types() {
  using enum ElementType;
  static const std::vector<ElementTypeInfo> kTypes{
      {kInt4, "int4", 4, true, kInt32},    {kInt8, "int8", 8, true, kInt32},
      {kInt16, "int16", 16, true, kInt32}, {kInt32, "int32", 32, true, kInt32},
      {kFp8, "fp8", 8, false, kFp32},      {kFp16, "fp16", 16, false, kFp32},
      {kBf16, "bf16", 16, false, kFp32},   {kFp32, "fp32", 32, false, kFp32},
  };
  return kTypes;
}

const ElementTypeInfo& info(ElementType type) {
  return element_types()[static_cast<std::size_t>(type)];
}

config::Codec<ElementType> element_type_codec() {
  config::EnumTable<ElementType> table;
  for (const ElementTypeInfo& entry : element_types()) {
    table.emplace_back(entry.name, entry.type);
  }
  return config::choice(table);
}

}  // namespace orrery::numeric
