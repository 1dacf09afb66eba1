// SPDX-License-Identifier: Apache-2.0
#include "hardware/type_table.h"

namespace orrery::hardware {

config::Codec<TypeTable> type_table(std::int64_t minimum, std::int64_t maximum) {
  using config::Node;
  const config::Codec<std::int64_t> number = config::integer(minimum, maximum);
  const config::Codec<numeric::ElementType> name = numeric::element_type_codec();
  auto type = std::make_shared<config::TypeDescription>();
  type->form = config::TypeDescription::Form::kMap;
  type->expected = "a map from element types to " + number.type->expected;
  type->element = number.type;
  auto read = [=](const Node& node, config::Reader& reader) -> std::optional<TypeTable> {
    if (!node.is_map() || node.entries().empty()) {
      reader.mismatch(node, type->expected);
      return std::nullopt;
    }
    TypeTable table;
    for (const Node::Entry& entry : node.entries()) {
      const config::Reader::Scope scope(reader, entry.key);
      const auto element = name.read(Node::scalar(entry.key, entry.where), reader);
      const auto value = number.read(entry.value, reader);
      if (element && value) {
        table.emplace_back(*element, *value);
      }
    }
    return table;
  };
  auto write = [=](const TypeTable& table) {
    Node node = Node::map();
    for (const auto& [element, value] : table) {
      node.set(numeric::name(element), number.write(value));
    }
    return node;
  };
  return {read, write, type};
}

}  // namespace orrery::hardware
