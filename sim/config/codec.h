// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/units.h"
#include "config/description.h"
#include "config/node.h"
#include "config/reader.h"

namespace orrery::config {

// How one type is read from a tree, written back and described. read() reports its own mistakes to
// the Reader and returns nullopt after any.
template <class T>
struct Codec {
  std::function<std::optional<T>(const Node&, Reader&)> read;
  std::function<Node(const T&)> write;
  std::shared_ptr<const TypeDescription> type;
};

// Names of an enumeration's values, in the order in which they are documented.
template <class E>
using EnumTable = std::vector<std::pair<std::string, E>>;

template <class E>
[[nodiscard]] std::string enum_name(const EnumTable<E>& table, E value) {
  for (const auto& [name, candidate] : table) {
    if (candidate == value) {
      return name;
    }
  }
  throw base::InternalError("every enumerator has a name", "codec");
}

// A map of the file whose keys are names given by the user, in the order of the file.
template <class T>
using Named = std::vector<std::pair<std::string, T>>;

[[nodiscard]] Codec<std::int64_t> integer(std::int64_t minimum, std::int64_t maximum);
[[nodiscard]] Codec<double> number(double minimum, double maximum);
[[nodiscard]] Codec<bool> boolean();
// Non-empty text, and text that may be empty.
[[nodiscard]] Codec<std::string> text();
[[nodiscard]] Codec<std::string> optional_text();
[[nodiscard]] Codec<base::Bytes> bytes(std::int64_t minimum, std::int64_t maximum);
[[nodiscard]] Codec<base::Frequency> frequency();
[[nodiscard]] Codec<base::Duration> duration();
// A non-negative physical quantity, kept as a double in `kept_unit`, which is `unit` with a prefix:
// quantity("J", "pJ") reads "0.12 pJ" and "1 fJ" into picojoules.
[[nodiscard]] Codec<double> quantity(const std::string& unit, const std::string& kept_unit);

// Reads the text of a choice and reports an unknown one with the nearest name.
[[nodiscard]] std::optional<std::size_t> read_choice(const Node& node, Reader& reader,
                                                     const std::vector<std::string>& names);
[[nodiscard]] std::shared_ptr<const TypeDescription> describe_choice(
    std::vector<std::string> names);
[[nodiscard]] std::string join(const std::vector<std::string>& names, const std::string& separator);

template <class E>
[[nodiscard]] Codec<E> choice(const EnumTable<E>& table) {
  std::vector<std::string> names;
  for (const auto& [name, value] : table) {
    names.push_back(name);
  }
  return {[table, names](const Node& node, Reader& reader) -> std::optional<E> {
            const auto index = read_choice(node, reader, names);
            return index ? std::optional(table[*index].second) : std::nullopt;
          },
          [table](const E& value) { return Node::scalar(enum_name(table, value)); },
          describe_choice(names)};
}

template <class T>
[[nodiscard]] Codec<std::vector<T>> list(const Codec<T>& element, std::size_t fewest = 0) {
  auto type = std::make_shared<TypeDescription>();
  type->form = TypeDescription::Form::kList;
  type->expected = "a list of " + element.type->expected;
  type->element = element.type;
  auto read = [element, fewest, type](const Node& node,
                                      Reader& reader) -> std::optional<std::vector<T>> {
    if (!node.is_sequence() || node.items().size() < fewest) {
      reader.mismatch(node, type->expected);
      return std::nullopt;
    }
    std::vector<T> values;
    for (std::size_t i = 0; i < node.items().size(); ++i) {
      const Reader::Scope scope(reader, std::to_string(i));
      if (auto value = element.read(node.items()[i], reader)) {
        values.push_back(std::move(*value));
      }
    }
    return values;
  };
  auto write = [element](const std::vector<T>& values) {
    Node node = Node::sequence();
    for (const T& value : values) {
      node.append(element.write(value));
    }
    return node;
  };
  return {read, write, type};
}

template <class T>
[[nodiscard]] Codec<Named<T>> dictionary(const Codec<T>& element) {
  auto type = std::make_shared<TypeDescription>();
  type->form = TypeDescription::Form::kMap;
  type->expected = "a map from names to " + element.type->expected;
  type->element = element.type;
  auto read = [element, type](const Node& node, Reader& reader) -> std::optional<Named<T>> {
    if (!node.is_map()) {
      reader.mismatch(node, type->expected);
      return std::nullopt;
    }
    Named<T> values;
    for (const Node::Entry& entry : node.entries()) {
      const Reader::Scope scope(reader, entry.key);
      if (auto value = element.read(entry.value, reader)) {
        values.emplace_back(entry.key, std::move(*value));
      }
    }
    return values;
  };
  auto write = [element](const Named<T>& values) {
    Node node = Node::map();
    for (const auto& [name, value] : values) {
      node.set(name, element.write(value));
    }
    return node;
  };
  return {read, write, type};
}

// A value that may be left out: absent is written as nothing at all.
template <class T>
[[nodiscard]] Codec<std::optional<T>> maybe(const Codec<T>& element) {
  return {
      [element](const Node& node, Reader& reader) -> std::optional<std::optional<T>> {
        if (node.is_null()) {
          return std::optional<T>();
        }
        auto value = element.read(node, reader);
        return value ? std::optional(std::optional<T>(std::move(*value))) : std::nullopt;
      },
      [element](const std::optional<T>& value) { return value ? element.write(*value) : Node(); },
      element.type};
}

}  // namespace orrery::config
