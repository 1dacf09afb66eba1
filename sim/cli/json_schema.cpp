// SPDX-License-Identifier: Apache-2.0
#include "cli/json_schema.h"

#include <cmath>
#include <cstdint>
#include <functional>
#include <map>

namespace orrery::cli {
namespace {

using config::FieldDescription;
using config::SchemaDescription;
using config::TypeDescription;
using Form = config::TypeDescription::Form;
using report::Json;

Json type_schema(const TypeDescription& type);

Json reference(const SchemaDescription& schema) {
  return {{"$ref", "#/$defs/" + schema.name}};
}

// `extends` may stand in any map.
Json extends_schema() {
  return {{"type", "string"}, {"description", "File whose keys are laid under those of this map."}};
}

Json number_schema(const TypeDescription& type) {
  const bool integer = type.form == Form::kInteger;
  Json json{{"type", integer ? "integer" : "number"}};
  // Bounds beyond 2^53 have no exact counterpart in JSON and guard nothing a person would write.
  constexpr double kExact = 9007199254740992.0;
  const auto bound = [&](const char* key, const std::optional<double>& value) {
    if (value && std::abs(*value) <= kExact) {
      json[key] = integer ? Json(static_cast<std::int64_t>(*value)) : Json(*value);
    }
  };
  bound("minimum", type.minimum);
  bound("maximum", type.maximum);
  return json;
}

Json text_schema(const TypeDescription& type) {
  // YAML reads a name such as 7 or true as another type than text.
  Json plain{{"type", {"string", "number", "boolean"}}};
  return type.object == nullptr ? plain
                                : Json{{"anyOf", Json::array({plain, reference(*type.object)})}};
}

Json quantity_schema(const TypeDescription& type) {
  // Bytes may stand without a unit.
  return type.unit == "bytes" ? Json{{"type", {"string", "integer"}}} : Json{{"type", "string"}};
}

Json map_schema(const TypeDescription& type) {
  return {{"type", "object"},
          {"properties", {{"extends", extends_schema()}}},
          {"additionalProperties", type_schema(*type.element)}};
}

Json list_schema(const TypeDescription& type) {
  Json list{{"type", "array"}, {"items", type_schema(*type.element)}};
  return type.object == nullptr ? list
                                : Json{{"anyOf", Json::array({list, reference(*type.object)})}};
}

Json one_of_schema(const TypeDescription& type) {
  if (type.alternatives.empty()) {
    return Json::object();  // whatever YAML can hold
  }
  Json alternatives = Json::array();
  for (const auto& alternative : type.alternatives) {
    alternatives.push_back(reference(*alternative));
  }
  return {{"anyOf", std::move(alternatives)}};
}

Json choice_schema(const TypeDescription& type) {
  Json names{{"enum", type.choices}};
  return type.object == nullptr ? names
                                : Json{{"anyOf", Json::array({names, reference(*type.object)})}};
}

Json type_schema(const TypeDescription& type) {
  static const std::map<Form, std::function<Json(const TypeDescription&)>> kForms{
      {Form::kInteger, number_schema},
      {Form::kNumber, number_schema},
      {Form::kBoolean, [](const TypeDescription&) { return Json{{"type", "boolean"}}; }},
      {Form::kText, text_schema},
      {Form::kQuantity, quantity_schema},
      {Form::kChoice, choice_schema},
      {Form::kList, list_schema},
      {Form::kMap, map_schema},
      {Form::kObject, [](const TypeDescription& t) { return reference(*t.object); }},
      {Form::kOneOf, one_of_schema}};
  return kForms.at(type.form)(type);
}

// Ranges and units belong into what an editor shows while typing.
std::string description(const FieldDescription& field) {
  const Form form = field.type->form;
  std::string text = field.help;
  if (form == Form::kInteger || form == Form::kNumber || form == Form::kQuantity) {
    text += " Give " + field.type->expected + '.';
  }
  if (!field.default_text.empty()) {
    text += " Default: " + field.default_text;
  }
  return text;
}

// `kind` is the name under which an alternative is chosen; empty for a part that has no kind.
Json object_schema(const SchemaDescription& schema, const std::string& kind) {
  Json properties = Json::object();
  properties["extends"] = extends_schema();
  if (!kind.empty()) {
    properties["kind"] = {{"const", kind}, {"description", schema.help}};
  }
  for (const FieldDescription& field : schema.fields) {
    Json property = type_schema(*field.type);
    property["description"] = description(field);
    properties[field.key] = std::move(property);
  }
  return {{"description", schema.help},
          {"type", "object"},
          {"properties", std::move(properties)},
          {"additionalProperties", false}};
}

// The keys that a document must have, unless they come from a file that it extends. Parts of it may
// lie over parts of that file too, and a schema cannot look there: of them nothing is required.
void require_keys(const TypeDescription& type, Json& json) {
  Json required = Json::array();
  if (type.form == Form::kOneOf) {
    required.push_back("kind");
  } else {
    for (const FieldDescription& field : type.object->fields) {
      if (field.required) {
        required.push_back(field.key);
      }
    }
  }
  if (!required.empty()) {
    json["if"] = {{"not", {{"required", Json::array({"extends"})}}}};
    json["then"] = {{"required", std::move(required)}};
  }
}

void collect_kinds(const TypeDescription& type, std::map<std::string, std::string>& kinds) {
  for (std::size_t i = 0; i < type.alternatives.size(); ++i) {
    const bool is_new = kinds.emplace(type.alternatives[i]->name, type.choices[i]).second;
    for (const FieldDescription& field : type.alternatives[i]->fields) {
      if (is_new) {
        collect_kinds(*field.type, kinds);
      }
    }
  }
  if (type.object) {
    for (const FieldDescription& field : type.object->fields) {
      collect_kinds(*field.type, kinds);
    }
  }
  if (type.element) {
    collect_kinds(*type.element, kinds);
  }
}

}  // namespace

Json json_schema(const ParameterRoot& root) {
  std::map<std::string, std::string> kinds;
  collect_kinds(*root.type, kinds);
  Json definitions = Json::object();
  for (const auto& schema : schemas_of(*root.type)) {
    const auto kind = kinds.find(schema->name);
    definitions[schema->name] =
        object_schema(*schema, kind == kinds.end() ? std::string() : kind->second);
  }
  Json json{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
            {"title", "Orrery " + root.name},
            {"description", root.help}};
  json.update(type_schema(*root.type));
  require_keys(*root.type, json);
  json["$defs"] = std::move(definitions);
  return json;
}

}  // namespace orrery::cli
