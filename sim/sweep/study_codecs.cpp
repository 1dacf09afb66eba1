// SPDX-License-Identifier: Apache-2.0
#include "sweep/study_codecs.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace orrery::sweep {

using config::Codec;
using config::Node;
using config::Reader;
using config::TypeDescription;

Codec<Node> any_value() {
  auto type = std::make_shared<TypeDescription>();
  type->form = TypeDescription::Form::kOneOf;  // of no alternatives: whatever YAML can hold
  type->expected = "a value, a list or a map";
  return {[](const Node& node, Reader&) { return std::optional(node); },
          [](const Node& value) { return value; }, type};
}

Codec<double> any_number() {
  constexpr double kLargest = 1e300;
  Codec<double> codec = config::number(-kLargest, kLargest);
  auto type = std::make_shared<TypeDescription>(*codec.type);
  type->expected = "a number";
  type->minimum.reset();
  type->maximum.reset();
  codec.read = [type](const Node& node, Reader& reader) -> std::optional<double> {
    double value = 0.0;
    const std::string& text = node.text();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (!node.is_scalar() || error != std::errc() || end != text.data() + text.size() ||
        !(std::abs(value) <= kLargest)) {
      reader.mismatch(node, type->expected);
      return std::nullopt;
    }
    return value;
  };
  codec.type = type;
  return codec;
}

Codec<double> percentage() {
  auto type = std::make_shared<TypeDescription>();
  type->form = TypeDescription::Form::kQuantity;
  type->unit = "%";
  type->expected = "a percentage of at least 0, as in 5 %";
  return {[type](const Node& node, Reader& reader) -> std::optional<double> {
            double value = 0.0;
            const std::string& text = node.text();
            const char* end_of_text = text.data() + text.size();
            const auto [end, error] = std::from_chars(text.data(), end_of_text, value);
            const std::string rest(end, end_of_text);
            if (!node.is_scalar() || error != std::errc() || (rest != " %" && rest != "%") ||
                !std::isfinite(value) || value < 0.0) {
              reader.mismatch(node, type->expected);
              return std::nullopt;
            }
            return value / 100.0;
          },
          [](double value) { return Node::scalar(fmt::format("{} %", value * 100.0)); }, type};
}

}  // namespace orrery::sweep
