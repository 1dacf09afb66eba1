// SPDX-License-Identifier: Apache-2.0
#include "config/codec.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace orrery::config {
namespace {

using Form = TypeDescription::Form;

std::shared_ptr<TypeDescription> describe(Form form, std::string expected, std::string unit = {}) {
  auto type = std::make_shared<TypeDescription>();
  type->form = form;
  type->expected = std::move(expected);
  type->unit = std::move(unit);
  return type;
}

template <class T>
std::optional<T> parse_number(const std::string& text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

// A codec of scalars: `parse` gives the value or nothing, `write` its text.
template <class T, class Parse, class Write>
Codec<T> scalar_codec(std::shared_ptr<const TypeDescription> type, Parse parse, Write write) {
  return {[type, parse](const Node& node, Reader& reader) -> std::optional<T> {
            if (node.is_scalar()) {
              if (std::optional<T> value = parse(node.text())) {
                return value;
              }
            }
            reader.mismatch(node, type->expected);
            return std::nullopt;
          },
          [write](const T& value) { return Node::scalar(write(value)); }, type};
}

}  // namespace

Codec<std::int64_t> integer(std::int64_t minimum, std::int64_t maximum) {
  auto type = describe(Form::kInteger, fmt::format("an integer from {} to {}", minimum, maximum));
  type->minimum = static_cast<double>(minimum);
  type->maximum = static_cast<double>(maximum);
  return scalar_codec<std::int64_t>(
      type,
      [=](const std::string& text) -> std::optional<std::int64_t> {
        const auto value = parse_number<std::int64_t>(text);
        return value && *value >= minimum && *value <= maximum ? value : std::nullopt;
      },
      [](std::int64_t value) { return std::to_string(value); });
}

Codec<double> number(double minimum, double maximum) {
  auto type = describe(Form::kNumber, fmt::format("a number from {} to {}", minimum, maximum));
  type->minimum = minimum;
  type->maximum = maximum;
  return scalar_codec<double>(
      type,
      [=](const std::string& text) -> std::optional<double> {
        const auto value = parse_number<double>(text);
        return value && *value >= minimum && *value <= maximum ? value : std::nullopt;
      },
      [](double value) { return fmt::format("{}", value); });
}

Codec<bool> boolean() {
  return scalar_codec<bool>(
      describe(Form::kBoolean, "true or false"),
      [](const std::string& text) -> std::optional<bool> {
        if (text == "true" || text == "false") {
          return text == "true";
        }
        return std::nullopt;
      },
      [](bool value) { return value ? std::string("true") : std::string("false"); });
}

Codec<std::string> text() {
  return scalar_codec<std::string>(
      describe(Form::kText, "text"),
      [](const std::string& text) { return text.empty() ? std::nullopt : std::optional(text); },
      [](const std::string& value) { return value; });
}

Codec<std::string> optional_text() {
  return scalar_codec<std::string>(
      describe(Form::kText, "text"), [](const std::string& text) { return std::optional(text); },
      [](const std::string& value) { return value; });
}

Codec<base::Bytes> bytes(std::int64_t minimum, std::int64_t maximum) {
  auto type = describe(
      Form::kQuantity,
      fmt::format("a size from {} to {}, as in 24 MiB", base::to_string(base::Bytes{minimum}),
                  base::to_string(base::Bytes{maximum})),
      "bytes");
  return scalar_codec<base::Bytes>(
      type,
      [=](const std::string& text) -> std::optional<base::Bytes> {
        const auto value = base::parse_bytes(text);
        return value && value->value >= minimum && value->value <= maximum ? value : std::nullopt;
      },
      [](base::Bytes value) { return base::to_string(value); });
}

Codec<base::Frequency> frequency() {
  return scalar_codec<base::Frequency>(
      describe(Form::kQuantity, "a frequency from 1 kHz to 100 GHz, as in 940 MHz", "Hz"),
      [](const std::string& text) -> std::optional<base::Frequency> {
        const auto value = base::parse_frequency(text);
        return value && value->hertz >= base::Rational(1'000) &&
                       value->hertz <= base::Rational(100'000'000'000)
                   ? value
                   : std::nullopt;
      },
      [](const base::Frequency& value) { return base::to_string(value); });
}

Codec<base::Duration> duration() {
  return scalar_codec<base::Duration>(
      describe(Form::kQuantity, "a time from 0 to 1 s, as in 20 ns or 5/6 ns", "s"),
      [](const std::string& text) -> std::optional<base::Duration> {
        const auto value = base::parse_duration(text);
        return value && value->femtoseconds >= base::Rational(0) &&
                       value->femtoseconds <= base::Rational(base::kFemtosecondsPerSecond)
                   ? value
                   : std::nullopt;
      },
      [](const base::Duration& value) { return base::to_string(value); });
}

Codec<double> quantity(const std::string& unit, const std::string& kept_unit) {
  // The prefix's size as a power of ten, found by reading "1 kept_unit" in the plain unit.
  const double kept = base::parse_quantity("1 " + kept_unit, unit).value_or(1.0);
  return scalar_codec<double>(
      describe(Form::kQuantity, "a quantity of at least 0, as in 1.5 " + kept_unit, kept_unit),
      [unit, kept, kept_unit](const std::string& text) -> std::optional<double> {
        // Read in the kept unit where it is used, so that no rounding is added.
        if (text.ends_with(' ' + kept_unit)) {
          const auto value =
              parse_number<double>(text.substr(0, text.size() - kept_unit.size() - 1));
          return value && *value >= 0 && std::isfinite(*value) ? value : std::nullopt;
        }
        const auto value = base::parse_quantity(text, unit);
        return value && *value >= 0 ? std::optional(*value / kept) : std::nullopt;
      },
      [kept_unit](double value) { return fmt::format("{} {}", value, kept_unit); });
}

std::optional<std::size_t> read_choice(const Node& node, Reader& reader,
                                       const std::vector<std::string>& names) {
  if (node.is_scalar()) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i] == node.text()) {
        return i;
      }
    }
  }
  reader.error(node.where(), "found " + node.kind_name(), "one of " + join(names, ", "),
               node.is_scalar() ? base::nearest_name(node.text(), names) : std::string());
  return std::nullopt;
}

std::shared_ptr<const TypeDescription> describe_choice(std::vector<std::string> names) {
  auto type = describe(Form::kChoice, "one of " + join(names, ", "));
  type->choices = std::move(names);
  return type;
}

std::string join(const std::vector<std::string>& names, const std::string& separator) {
  return fmt::format("{}", fmt::join(names, separator));
}

}  // namespace orrery::config
