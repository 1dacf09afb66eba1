// SPDX-License-Identifier: Apache-2.0
#include "workload/workload.h"

#include <algorithm>
#include <cctype>

#include "workload/onnx_importer.h"

namespace orrery::workload {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRoot = "workload";

[[noreturn]] void fail_not_a_workload(const fs::path& path, const std::string& found,
                                      const std::string& lines) {
  throw base::UserError(base::Diagnostic{
      {path.string(), 0, 0}, "", found, "a workload file that names it:\n" + lines, ""});
}

void refuse_topology(const fs::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (extension == ".csv") {
    fail_not_a_workload(path, "a topology table is no workload file by itself",
                        "  kind: topology\n  file: " + path.filename().string() +
                            "\n  types: {weights: int8, activations: int8}");
  }
}

void refuse_model(const fs::path& path, const config::Node& document) {
  if (document.find("model_type") != nullptr && document.find("kind") == nullptr) {
    fail_not_a_workload(
        path, "a Hugging Face config.json is no workload file by itself",
        "  kind: llm\n  config: " + path.filename().string() + "\n  phase: decode\n  context: 512");
  }
}

// The workload file that an ONNX model given directly stands for.
config::Node document_of_model(const fs::path& path) {
  const base::SourcePosition where{path.string(), 0, 0};
  config::Node document = config::Node::map(where);
  document.set("kind", config::Node::scalar("onnx", where));
  document.set("file", config::Node::scalar(path.filename().string(), where));
  return document;
}

config::Node apply_overrides(config::Node document,
                             const std::vector<config::Override>& overrides) {
  config::Node root = config::Node::map(document.where());
  root.set(kRoot, std::move(document));
  for (const config::Override& change : overrides) {
    if (change.path.starts_with(std::string(kRoot) + ".")) {
      config::apply_override(root, change);
    }
  }
  return std::move(*root.find(kRoot));
}

}  // namespace

const config::Codec<WorkloadSpecPointer>& workload_codec() {
  static const config::Codec<WorkloadSpecPointer> kCodec = config::one_of<WorkloadSpec>(
      kRoot, {llm_workload_kind(), topology_workload_kind(), graph_workload_kind(),
              onnx_workload_kind(), products_workload_kind()});
  return kCodec;
}

Workload make_workload(const config::Node& document, const std::string& fallback_name) {
  config::Reader reader(kRoot);
  const auto spec = workload_codec().read(document, reader);
  reader.diagnostics().throw_if_any();
  base::require_invariant(spec && *spec, "a document without mistakes has a value", fallback_name);
  if (const std::optional<config::Node> expanded = (*spec)->expanded()) {
    return make_workload(*expanded, fallback_name);
  }
  Workload workload;
  workload.name = (*spec)->name.value_or(fallback_name);
  workload.kind = document.find("kind")->text();
  workload.seed = static_cast<std::uint64_t>((*spec)->seed);
  workload.graph = (*spec)->build(workload.name);
  workload.products = (*spec)->products();
  workload.origin = (*spec)->imported_from();
  workload.resolved = workload_codec().write(*spec);
  return workload;
}

Workload load_workload(const fs::path& path, const std::vector<config::Override>& overrides) {
  refuse_topology(path);
  config::Node document =
      is_onnx_file(path) ? document_of_model(path) : config::load_document(path);
  refuse_model(path, document);
  document = apply_overrides(std::move(document), overrides);
  if (document.is_map() && document.find("name") == nullptr) {
    document.set("name", config::Node::scalar(path.stem().string(), document.where()));
  }
  return make_workload(document, path.stem().string());
}

}  // namespace orrery::workload
