// SPDX-License-Identifier: Apache-2.0
#include "cli/file_kinds.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <functional>
#include <vector>

#include "command/binary_form.h"
#include "command/text_form.h"
#include "config/document.h"
#include "config/yaml.h"
#include "memory/specification/spec_schema.h"
#include "scenario/scenario.h"
#include "scenario/study_points.h"
#include "timing/dataflow_codec.h"
#include "workload/hugging_face.h"
#include "workload/onnx_importer.h"
#include "workload/topology_table.h"

namespace orrery::cli {
namespace {

namespace fs = std::filesystem;

using Keys = std::vector<std::string>;

// A kind of YAML or JSON document: the keys that only it has at its top, and how it is read.
struct DocumentKind {
  std::string name;
  Keys keys;
  std::function<void(const fs::path&, const config::Node&)> check;
};

// `name` and `description` tell nothing: many kinds have them.
Keys keys_of(const config::SchemaDescription& schema) {
  Keys keys;
  for (const config::FieldDescription& field : schema.fields) {
    if (field.key != "name" && field.key != "description" && field.key != "seed") {
      keys.push_back(field.key);
    }
  }
  return keys;
}

Keys workload_keys() {
  Keys keys{"kind"};
  for (const auto& alternative : workload::workload_codec().type->alternatives) {
    for (const std::string& key : keys_of(*alternative)) {
      keys.push_back(key);
    }
  }
  return keys;
}

template <class T>
void check_schema(const config::Schema<T>& schema, const config::Node& document,
                  const std::string& root) {
  config::Reader reader(root);
  (void)schema.read(document, reader);
  reader.diagnostics().throw_if_any();
}

void check_hugging_face(const fs::path& /*path*/, const config::Node& document) {
  config::Reader reader;
  (void)workload::import_hugging_face(document, reader);
  reader.diagnostics().throw_if_any();
}

void check_resolved(const fs::path& path, const config::Node& /*document*/) {
  scenario::ScenarioRequest request;
  request.resolved = path.string();
  (void)scenario::load_scenario(request);
}

void check_study(const fs::path& path, const config::Node& /*document*/) {
  const sweep::Study study = sweep::load_study(path);
  (void)scenario::prepare_points(study, sweep::expand(study, false));
}

const std::vector<DocumentKind>& document_kinds() {
  using config::Node;
  static const std::vector<DocumentKind> kKinds{
      // Before workloads, which have `layers` too, but never alone.
      {"mapping", keys_of(*lowering::MappingConfig::schema().description()),
       [](const fs::path& path, const Node&) { (void)lowering::load_mapping(path); }},
      {"workload", workload_keys(),
       [](const fs::path& path, const Node&) { (void)workload::load_workload(path); }},
      {"platform", keys_of(*hardware::PlatformConfig::schema().description()),
       [](const fs::path& path, const Node&) { (void)hardware::load_platform(path); }},
      {"DRAM standard", keys_of(*memory::dram::spec_schema().description()),
       [](const fs::path& path, const Node&) { (void)memory::dram::load_spec(path); }},
      {"energy coefficients", keys_of(*hardware::EnergyConfig::schema().description()),
       [](const fs::path&, const Node& document) {
         check_schema(hardware::EnergyConfig::schema(), document, "energy");
       }},
      {"dataflow",
       {"nest"},
       [](const fs::path&, const Node& document) {
         config::Reader reader("dataflow");
         (void)timing::dataflow_codec().read(document, reader);
         reader.diagnostics().throw_if_any();
       }},
      {"study", keys_of(*sweep::Study::schema().description()), check_study},
      {"Hugging Face config", {"model_type", "architectures", "vocab_size"}, check_hugging_face},
      {"resolved configuration", {"schema", "platform", "workload", "mapping"}, check_resolved},
  };
  return kKinds;
}

std::ptrdiff_t shared_keys(const config::Node& document, const Keys& keys) {
  return std::count_if(document.entries().begin(), document.entries().end(),
                       [&](const config::Node::Entry& entry) {
                         return std::find(keys.begin(), keys.end(), entry.key) != keys.end();
                       });
}

// The kind with which the document shares most keys at its top.
const DocumentKind& kind_of(const fs::path& path, const config::Node& document) {
  const DocumentKind* best = nullptr;
  std::ptrdiff_t most = 0;
  std::string expected = "a file of one of these kinds: ";
  for (const DocumentKind& kind : document_kinds()) {
    const std::ptrdiff_t shared = shared_keys(document, kind.keys);
    if (shared > most) {
      best = &kind;
      most = shared;
    }
    expected += (&kind == &document_kinds().front() ? "" : ", ") + kind.name;
  }
  if (best == nullptr) {
    throw base::UserError(base::Diagnostic{
        {path.string(), 0, 0}, "", "nothing in it says what it describes", expected, ""});
  }
  return *best;
}

bool begins_with(const fs::path& path, std::string_view text) {
  std::ifstream file(path, std::ios::binary);
  std::string begin(text.size(), '\0');
  file.read(begin.data(), static_cast<std::streamsize>(begin.size()));
  return file && begin == text;
}

void check_stream(const fs::path& path) {
  const auto source = command::open_stream(path);
  command::Command command;
  while (source->next(command)) {
  }
}

}  // namespace

std::string validate_file(const fs::path& path) {
  constexpr std::int64_t kLargestTable = 64LL << 20;
  std::error_code error;
  if (fs::is_regular_file(path, error) &&
      (begins_with(path, command::kBinaryMagic) || begins_with(path, command::kTextStart))) {
    check_stream(path);
    return "command stream";
  }
  if (path.extension() == ".csv") {
    (void)workload::parse_topology(config::read_text(path, kLargestTable), path.string());
    return "SCALE-Sim topology";
  }
  if (workload::is_onnx_file(path)) {
    (void)workload::load_workload(path);
    return "ONNX model";
  }
  const config::Node document = config::load_document(path);
  const DocumentKind& kind = kind_of(path, document);
  kind.check(path, document);
  return kind.name;
}

}  // namespace orrery::cli
