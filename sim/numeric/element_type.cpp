// SPDX-License-Identifier: Apache-2.0
#include "numeric/element_type.h"

#include <numeric>

#include "base/error.h"

namespace orrery::numeric {
namespace {

ElementTypeInfo scalar_info(std::size_t index) {
  const ScalarType& scalar = scalar_types::kAll[index];
  const bool is_integer = scalar.format.is_integer();
  return {static_cast<ElementType>(index),
          std::string(scalar.name),
          scalar.format,
          nullptr,
          is_integer,
          is_integer ? ElementType::kInt32 : ElementType::kFp32};
}

// Elements of a block are multiples of its scale, which is no integer as a rule.
ElementTypeInfo block_info(std::size_t index, const BlockType& block) {
  return {static_cast<ElementType>(index),
          block.name,
          block.format.element,
          &block.format,
          false,
          ElementType::kFp32};
}

}  // namespace

const std::vector<ElementTypeInfo>& element_types() {
  static const std::vector<ElementTypeInfo> kTypes = [] {
    std::vector<ElementTypeInfo> types;
    for (std::size_t i = 0; i < scalar_types::kAll.size(); ++i) {
      types.push_back(scalar_info(i));
    }
    for (const BlockType& block : block_types()) {
      types.push_back(block_info(types.size(), block));
    }
    base::require_invariant(types.size() <= 256, "a type's number is one byte", "numeric");
    return types;
  }();
  return kTypes;
}

const ElementTypeInfo& info(ElementType type) {
  return element_types()[static_cast<std::size_t>(type)];
}

ElementType accumulator(ElementType a, ElementType b) {
  return info(a).is_integer ? info(b).accumulator : info(a).accumulator;
}

std::string table_entry_name(ElementType type) {
  base::require_invariant(is_table(type), "a table has entries", name(type));
  return name(type).substr(name(type).find('_') + 1);
}

int bits(ElementType type) {
  const ElementTypeInfo& of = info(type);
  base::require_invariant(of.block == nullptr, "elements of whole bits", of.name);
  return of.format.bits;
}

int block_elements(ElementType type) {
  const BlockFormat* block = info(type).block;
  return block == nullptr ? 1 : block->elements;
}

int block_bits(ElementType type) {
  const ElementTypeInfo& of = info(type);
  return of.block == nullptr ? of.format.bits : of.block->bits();
}

base::Rational bits_per_element(ElementType type) {
  return {block_bits(type), block_elements(type)};
}

std::int64_t bit_offset(ElementType type, std::int64_t element) {
  const int block = block_elements(type);
  base::require_invariant(element % block == 0, "parts begin with a block", name(type));
  return element / block * block_bits(type);
}

std::int64_t row_bytes(ElementType type, std::int64_t count) {
  const int block = block_elements(type);
  return ((count + block - 1) / block * block_bits(type) + 7) / 8;
}

std::int64_t granule(ElementType type) {
  return block_elements(type) * (8 / std::gcd(8, block_bits(type)));
}

std::string one_of(const std::vector<ElementType>& types) {
  std::vector<std::string> names;
  for (const ElementType type : types) {
    names.push_back(name(type));
  }
  return (names.size() > 1 ? "one of " : "") + config::join(names, ", ");
}

const std::vector<std::pair<std::string, ElementType>>& element_type_aliases() {
  static const std::vector<std::pair<std::string, ElementType>> kAliases{
      {"fp8", ElementType::kFp8E4m3}, {"fp4", static_cast<ElementType>(scalar_index("fp4_e2m1"))}};
  return kAliases;
}

config::Codec<ElementType> element_type_codec() {
  config::EnumTable<ElementType> table;
  for (const ElementTypeInfo& entry : element_types()) {
    table.emplace_back(entry.name, entry.type);
  }
  for (const auto& alias : element_type_aliases()) {
    table.push_back(alias);
  }
  config::Codec<ElementType> codec = config::choice(table);
  // The list is too long for every message and every row of the documents.
  auto type = std::make_shared<config::TypeDescription>(*codec.type);
  type->expected = "an element type";
  codec.type = type;
  codec.read = [table](const config::Node& node,
                       config::Reader& reader) -> std::optional<ElementType> {
    std::vector<std::string> names;
    for (const auto& [name, value] : table) {
      names.push_back(name);
      if (node.is_scalar() && node.text() == name) {
        return value;
      }
    }
    reader.error(node.where(), "found " + node.kind_name(), "an element type",
                 node.is_scalar() ? base::nearest_name(node.text(), names) : std::string());
    return std::nullopt;
  };
  return codec;
}

}  // namespace orrery::numeric
