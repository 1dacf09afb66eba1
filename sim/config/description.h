// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace orrery::config {

struct SchemaDescription;

// What documentation, JSON Schema and `orrery list parameters` need to know of a type.
struct TypeDescription {
  enum class Form {
    kInteger,
    kNumber,
    kBoolean,
    kText,
    kQuantity,
    kChoice,
    kList,
    kMap,
    kObject,
    kOneOf
  };
  Form form = Form::kText;
  std::string expected;           // "an integer from 1 to 4096"
  std::string unit;               // "", "bytes", "Hz", "pJ"
  std::optional<double> minimum;  // of numbers
  std::optional<double> maximum;
  std::vector<std::string> choices;                 // of choices
  std::shared_ptr<const TypeDescription> element;   // of lists and maps
  std::shared_ptr<const SchemaDescription> object;  // of objects, and of choices that may be one
  std::vector<std::shared_ptr<const SchemaDescription>> alternatives;  // of kOneOf, by `kind`
};

struct FieldDescription {
  std::string key;
  std::string help;
  bool required = false;
  std::string default_text;  // as it would stand in the file
  std::shared_ptr<const TypeDescription> type;
};

struct SchemaDescription {
  std::string name;  // "systolic_array"
  std::string help;
  std::vector<FieldDescription> fields;
};

}  // namespace orrery::config
