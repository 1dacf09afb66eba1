// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "command/command.h"
#include "config/codec.h"

namespace orrery::command {

// The alternatives of Command::body, in their order there.
enum class BodyKind : std::uint8_t { kMove, kCompute, kVector, kBarrier, kRendezvous, kPim };

[[nodiscard]] inline BodyKind kind_of(const Command& command) {
  return static_cast<BodyKind>(command.body.index());
}

// The words of the text form, in the order of the enumerations.
[[nodiscard]] const config::EnumTable<BodyKind>& body_kind_names();
[[nodiscard]] const config::EnumTable<SpaceKind>& space_kind_names();
[[nodiscard]] const config::EnumTable<VectorKind>& vector_kind_names();
[[nodiscard]] const config::EnumTable<ElementType>& element_type_names();

// A dataflow as the forms write it: "ws" where it is one of timing::kStandardDataflows, else its
// name and its nest, "mine: k by rows, n by columns, m".
[[nodiscard]] std::string dataflow_text(const timing::Dataflow& dataflow);
[[nodiscard]] timing::ParsedDataflow dataflow_of(const std::string& text);
[[nodiscard]] std::vector<std::string> standard_dataflow_names();

template <class E>
[[nodiscard]] const std::string& name_of(const config::EnumTable<E>& table, E value) {
  return table[static_cast<std::size_t>(value)].first;
}

template <class E>
[[nodiscard]] std::optional<E> find_value(const config::EnumTable<E>& table,
                                          std::string_view name) {
  for (const auto& [candidate, value] : table) {
    if (candidate == name) {
      return value;
    }
  }
  return std::nullopt;
}

template <class E>
[[nodiscard]] std::vector<std::string> names_of(const config::EnumTable<E>& table) {
  std::vector<std::string> names;
  for (const auto& [name, value] : table) {
    names.push_back(name);
  }
  return names;
}

// "[2:64,32:1]"
[[nodiscard]] std::string digits_text(const PimMemory::Digits& digits);

// "tier dram", "scratchpad", "accumulator of array": for messages.
[[nodiscard]] std::string describe(const Space& space, const StreamHeader& header);

}  // namespace orrery::command
