// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/schema.h"

namespace orrery::sweep {

// Whatever YAML can hold, handed on as it is.
[[nodiscard]] config::Codec<config::Node> any_value();

// A number of any size and sign.
[[nodiscard]] config::Codec<double> any_number();

// "5 %", kept as 0.05.
[[nodiscard]] config::Codec<double> percentage();

// A map read by `schema`, or a plain value that `from_value` makes a T of; `what` names the plain
// value in messages.
template <class T>
[[nodiscard]] config::Codec<T> value_or(const config::Schema<T>& schema, const std::string& what,
                                        std::function<T(const config::Node&)> from_value) {
  auto type = std::make_shared<config::TypeDescription>();
  type->form = config::TypeDescription::Form::kText;
  type->expected = what + ", or a map of " + schema.description()->name + " parameters";
  type->object = schema.description();
  return {[=](const config::Node& node, config::Reader& reader) -> std::optional<T> {
            if (node.is_map()) {
              return schema.read(node, reader);
            }
            if (node.is_scalar() && !node.text().empty()) {
              return from_value(node);
            }
            reader.mismatch(node, type->expected);
            return std::nullopt;
          },
          [schema](const T& value) { return schema.write(value); }, type};
}

// A list of values, or one value without the list.
template <class T>
[[nodiscard]] config::Codec<std::vector<T>> one_or_list(const config::Codec<T>& element) {
  const config::Codec<std::vector<T>> list = config::list(element, 1);
  auto type = std::make_shared<config::TypeDescription>(*any_value().type);
  type->expected = element.type->expected + ", or " + list.type->expected;
  return {[=](const config::Node& node, config::Reader& reader) -> std::optional<std::vector<T>> {
            if (node.is_sequence()) {
              return list.read(node, reader);
            }
            auto value = element.read(node, reader);
            return value ? std::optional(std::vector<T>{std::move(*value)}) : std::nullopt;
          },
          list.write, type};
}

}  // namespace orrery::sweep
