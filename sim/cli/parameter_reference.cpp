// SPDX-License-Identifier: Apache-2.0
#include "cli/parameter_reference.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "hardware/platform_config.h"
#include "lowering/mapping/mapping_config.h"
#include "sweep/study.h"
#include "workload/workload.h"

namespace orrery::cli {
namespace {

using config::FieldDescription;
using config::SchemaDescription;
using config::TypeDescription;
using Form = config::TypeDescription::Form;
using SchemaPointer = std::shared_ptr<const SchemaDescription>;

std::shared_ptr<const TypeDescription> object_type(const SchemaPointer& schema) {
  auto type = std::make_shared<TypeDescription>();
  type->form = Form::kObject;
  type->object = schema;
  return type;
}

void collect_schemas(const TypeDescription& type, std::vector<SchemaPointer>& schemas) {
  std::vector<SchemaPointer> here = type.alternatives;
  if (type.object) {
    here.push_back(type.object);
  }
  for (const SchemaPointer& schema : here) {
    const bool known = std::any_of(schemas.begin(), schemas.end(), [&](const SchemaPointer& other) {
      return other->name == schema->name;
    });
    if (known) {
      continue;
    }
    schemas.push_back(schema);
    for (const FieldDescription& field : schema->fields) {
      collect_schemas(*field.type, schemas);
    }
  }
  if (type.element) {
    collect_schemas(*type.element, schemas);
  }
}

// The anchor that Markdown renderers make of a heading.
std::string anchor(const std::string& heading) {
  std::string text;
  for (const char c : heading) {
    const auto letter = static_cast<unsigned char>(c);
    if (std::isalnum(letter) != 0 || c == '_' || c == '-') {
      text += static_cast<char>(std::tolower(letter));
    } else if (c == ' ') {
      text += '-';
    }
  }
  return text;
}

std::string link(const std::string& name) {
  return fmt::format("[{}](#{})", name, anchor(name));
}

std::string plain(const std::string& name) {
  return name;
}

// What may stand at a key; `refer` names another schema.
std::string type_text(const TypeDescription& type, std::string (*refer)(const std::string&)) {
  switch (type.form) {
    case Form::kObject:
      return refer(type.object->name);
    case Form::kOneOf: {
      if (type.alternatives.empty()) {
        return type.expected;
      }
      std::vector<std::string> names;
      for (const SchemaPointer& alternative : type.alternatives) {
        names.push_back(refer(alternative->name));
      }
      return fmt::format("one of {}, by `kind`", fmt::join(names, ", "));
    }
    case Form::kList:
      return "a list of: " + type_text(*type.element, refer);
    case Form::kMap:
      return "a map from names to: " + type_text(*type.element, refer);
    default:
      break;
  }
  std::string text = type.expected;
  if (type.form == Form::kText && type.object) {
    const std::string& name = type.object->name;  // "..., or a map of NAME parameters"
    const std::size_t at = text.rfind(name);
    text.replace(at, name.size(), refer(name));
  }
  return text;
}

// A vertical bar would end the cell.
std::string cell(std::string text) {
  for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) {
    text.insert(at, "\\");
  }
  return text;
}

std::string default_cell(const FieldDescription& field) {
  if (field.required) {
    return "required";
  }
  return field.default_text.empty() ? "" : '`' + field.default_text + '`';
}

std::string markdown_of(const SchemaDescription& schema) {
  std::string text = fmt::format("### {}\n\n{}\n", schema.name, schema.help);
  if (schema.fields.empty()) {
    return text;
  }
  text += "\n| key | value | default | meaning |\n|---|---|---|---|\n";
  for (const FieldDescription& field : schema.fields) {
    text += fmt::format("| `{}` | {} | {} | {} |\n", field.key, cell(type_text(*field.type, link)),
                        cell(default_cell(field)), cell(field.help));
  }
  return text;
}

constexpr const char* kIntroduction =
    R"(# Parameters

Every parameter of the input files. This page is generated: `scripts/generate_docs` writes it from the
declarations that also read the files, so it cannot lag behind the program.

Any map may hold `extends: FILE`: that file, relative to the one that names it, is read first and the
map's own keys are laid over it. Every parameter can be replaced on the command line by its path, as
in `--set platform.engines.array.rows=64`; items of lists are addressed by number, from 0.

Sizes are written with a unit (`24 MiB`, `512 KB`), times and frequencies too (`20 ns`, `5/6 ns`,
`940 MHz`); fractions are exact. [Editors](editors.md) complete and check these files.
)";

report::Json type_json(const TypeDescription& type) {
  report::Json json{{"expected", type_text(type, plain)}};
  if (!type.unit.empty()) {
    json["unit"] = type.unit;
  }
  if (!type.choices.empty()) {
    json["choices"] = type.choices;
  }
  return json;
}

}  // namespace

const std::vector<ParameterRoot>& parameter_roots() {
  static const std::vector<ParameterRoot> kRoots{
      {"platform", "An accelerator with its memories: `orrery run -p FILE`.",
       object_type(hardware::PlatformConfig::schema().description())},
      {"workload", "What is to be computed: `orrery run -w FILE`.",
       workload::workload_codec().type},
      {"mapping", "How the workload is laid on the platform: `orrery run -m FILE`.",
       object_type(lowering::MappingConfig::schema().description())},
      {"study", "Points to simulate and figures to compare: `orrery study FILE`.",
       object_type(sweep::Study::schema().description())}};
  return kRoots;
}

std::vector<SchemaPointer> schemas_of(const TypeDescription& type) {
  std::vector<SchemaPointer> schemas;
  collect_schemas(type, schemas);
  return schemas;
}

std::string parameters_markdown() {
  std::string text = kIntroduction;
  for (const ParameterRoot& root : parameter_roots()) {
    text += fmt::format("\n## {} files\n\n{}\n", root.name, root.help);
    if (root.type->form == Form::kOneOf) {
      text += fmt::format("\nThe key `kind` says which: {}.\n", type_text(*root.type, link));
    }
    for (const SchemaPointer& schema : schemas_of(*root.type)) {
      text += '\n' + markdown_of(*schema);
    }
  }
  return text;
}

std::string parameters_text() {
  std::string text;
  for (const ParameterRoot& root : parameter_roots()) {
    for (const SchemaPointer& schema : schemas_of(*root.type)) {
      text += fmt::format("{}{}: {}\n", text.empty() ? "" : "\n", schema->name, schema->help);
      for (const FieldDescription& field : schema->fields) {
        text += fmt::format("  {}: {}\n", field.key, type_text(*field.type, plain));
        const std::string fallback =
            field.required ? " Required."
                           : (field.default_text.empty() ? "" : " Default: " + field.default_text);
        text += fmt::format("      {}{}\n", field.help, fallback);
      }
    }
  }
  return text;
}

report::Json parameters_json() {
  report::Json json = report::Json::array();
  for (const ParameterRoot& root : parameter_roots()) {
    for (const SchemaPointer& schema : schemas_of(*root.type)) {
      for (const FieldDescription& field : schema->fields) {
        report::Json item{{"file", root.name},          {"part", schema->name},
                          {"key", field.key},           {"help", field.help},
                          {"required", field.required}, {"default", field.default_text}};
        item.update(type_json(*field.type));
        json.push_back(std::move(item));
      }
    }
  }
  return json;
}

}  // namespace orrery::cli
