// SPDX-License-Identifier: Apache-2.0
#include "memory/address/address_map_schema.h"

#include <memory>
#include <optional>
#include <string>

#include "config/schema.h"

namespace orrery::memory {

namespace {

using config::Node;
using config::Reader;

config::Codec<MapText> located(const std::string& expected) {
  auto type = std::make_shared<config::TypeDescription>();
  type->form = config::TypeDescription::Form::kText;
  type->expected = expected;
  return {[type](const Node& node, Reader& reader) -> std::optional<MapText> {
            if (!node.is_scalar() || node.text().empty()) {
              reader.mismatch(node, type->expected);
              return std::nullopt;
            }
            return MapText(node.text(), node.where(), reader.path());
          },
          [](const MapText& value) { return Node::scalar(value.text); }, type};
}

}  // namespace

config::Codec<FieldMapDescription> field_map_codec() {
  using Self = FieldMapDescription;
  return config::object(
      config::Schema<Self>("address_map", "Which bits of an address select what.")
          .required("fields", &Self::fields, located("fields from the most significant bit"),
                    "Fields and slices of fields from the most significant bit of the burst "
                    "number: row:bank:column[4:3]:bank_group:column[2:0].")
          .optional("xor", &Self::hashes,
                    config::list(located("TARGET ^= FIELD[BIT] ^ FIELD[BIT] ...")),
                    "Bits that others are added to: bank_group[1:0] ^= row[1:0]. On the right "
                    "stand the fields before hashing."));
}

}  // namespace orrery::memory
