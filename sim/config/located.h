// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "config/codec.h"

namespace orrery::config {

// A value that remembers where the user wrote it, for mistakes that show only later.
template <class T>
struct Located {
  T value{};
  base::SourcePosition where;
  std::string path;  // "mapping.layers.3.tiles"
};

template <class T>
[[nodiscard]] Codec<Located<T>> located(const Codec<T>& element) {
  return {[element](const Node& node, Reader& reader) -> std::optional<Located<T>> {
            auto value = element.read(node, reader);
            return value ? std::optional(Located<T>{std::move(*value), node.where(), reader.path()})
                         : std::nullopt;
          },
          [element](const Located<T>& value) { return element.write(value.value); }, element.type};
}

}  // namespace orrery::config
