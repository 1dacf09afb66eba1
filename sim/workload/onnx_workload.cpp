// SPDX-License-Identifier: Apache-2.0
#include "config/yaml.h"
#include "workload/file_reference.h"
#include "workload/onnx_importer.h"
#include "workload/types.h"
#include "workload/workload_spec.h"

namespace orrery::workload {
namespace {

struct OnnxWorkload : WorkloadSpec {
  std::filesystem::path file;
  config::Named<std::int64_t> dimensions;
  std::vector<std::string> ignore;
  ElementTypes types;

  [[nodiscard]] std::optional<config::Node> expanded() const override {
    const std::string text = import_onnx({file, dimensions, ignore});
    config::Node document = config::parse_yaml(text, file.string() + " (imported)");
    document.set("types", element_types_schema().write(types));
    document.set("seed", config::Node::scalar(std::to_string(seed)));
    if (name) {
      document.set("name", config::Node::scalar(*name));
    }
    return document;
  }

  [[nodiscard]] Graph build(const std::string& /*graph_name*/) const override {
    throw base::InternalError("an ONNX workload is expanded before it is built", file.string());
  }
};

config::Codec<std::filesystem::path> model_file_codec() {
  auto type = std::make_shared<config::TypeDescription>();
  type->form = config::TypeDescription::Form::kText;
  type->expected = "the path of an ONNX model";
  const auto read = [type](const config::Node& node,
                           config::Reader& reader) -> std::optional<std::filesystem::path> {
    if (!node.is_scalar() || node.text().empty()) {
      reader.mismatch(node, type->expected);
      return std::nullopt;
    }
    const std::filesystem::path path = referenced_path(node);
    return check_exists(path, node, reader) ? std::optional(path) : std::nullopt;
  };
  return {read,
          [](const std::filesystem::path& path) { return config::Node::scalar(path.string()); },
          type};
}

}  // namespace

config::Kind<WorkloadSpec> onnx_workload_kind() {
  config::Schema<OnnxWorkload> schema("onnx", "A model in an ONNX file.");
  schema
      .required("file", &OnnxWorkload::file, model_file_codec(),
                "The model, relative to this file; weights may be missing.")
      .optional("dimensions", &OnnxWorkload::dimensions, config::dictionary(size_codec()),
                "Sizes of the model's free dimensions, by name.")
      .optional("ignore", &OnnxWorkload::ignore, config::list(config::text()),
                "Names of nodes or operators to leave out; the result names them.")
      .optional("types", &OnnxWorkload::types, config::object(element_types_schema()),
                "Element types; those of the model do not count.");
  add_common_parameters(schema);
  return config::make_kind<WorkloadSpec>("onnx", schema);
}

}  // namespace orrery::workload
