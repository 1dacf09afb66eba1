// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "config/yaml.h"
#include "workload/file_reference.h"
#include "workload/hugging_face.h"
#include "workload/transformer_model.h"
#include "workload/workload_spec.h"

namespace orrery::workload {
namespace {

// A config.json, kept whole so that it can be written into the resolved file.
struct ModelFile {
  config::Node document;
  TransformerModel model;
};

config::Codec<ModelFile> model_file_codec() {
  auto type = std::make_shared<config::TypeDescription>();
  type->form = config::TypeDescription::Form::kText;
  type->expected = "the path of a Hugging Face config.json, or its content as a map";
  const auto read = [type](const config::Node& node,
                           config::Reader& reader) -> std::optional<ModelFile> {
    ModelFile file;
    if (node.is_map()) {
      file.document = node;
    } else if (node.is_scalar() && !node.text().empty()) {
      const std::filesystem::path path = referenced_path(node);
      if (!check_exists(path, node, reader)) {
        return std::nullopt;
      }
      const std::size_t errors_before = reader.error_count();
      report_errors_of(reader, [&] { file.document = config::read_yaml(path); });
      if (reader.error_count() != errors_before) {
        return std::nullopt;
      }
    } else {
      reader.mismatch(node, type->expected);
      return std::nullopt;
    }
    auto model = import_hugging_face(file.document, reader);
    if (!model) {
      return std::nullopt;
    }
    file.model = std::move(*model);
    return file;
  };
  return {read, [](const ModelFile& file) { return file.document; }, type};
}

enum class Phase : std::uint8_t { kPrefill, kDecode };

struct LlmWorkload : WorkloadSpec {
  ModelFile config;
  Phase phase = Phase::kPrefill;
  std::int64_t batch = 1;
  std::optional<std::int64_t> prompt;
  std::optional<std::int64_t> context;
  ElementTypes types;
  std::optional<std::int64_t> layers;
  bool lm_head = true;

  [[nodiscard]] Graph build(const std::string& graph_name) const override {
    TransformerStep step;
    step.batch = batch;
    step.tokens = prompt.value_or(1);
    step.past = context.value_or(0);
    step.layers = layers;
    step.head = lm_head;
    step.types = types;
    return build_transformer(graph_name, config.model, step);
  }
};

// Each phase has one length, and the other phase's would be passed over in silence.
void check_lengths(const LlmWorkload& value, const config::Node& node, config::Reader& reader) {
  const bool is_prefill = value.phase == Phase::kPrefill;
  const std::string wanted = is_prefill ? "prompt" : "context";
  const std::string other = is_prefill ? "context" : "prompt";
  const std::string phase = is_prefill ? "prefill" : "decode";
  if (!(is_prefill ? value.prompt : value.context)) {
    reader.error(node.where(), "missing key '" + wanted + "', which phase " + phase + " needs");
  }
  if (is_prefill ? value.context : value.prompt) {
    const config::Reader::Scope scope(reader, other);
    reader.error(node.find(other)->where(), "has no meaning in phase " + phase, "no such key");
  }
  const std::optional<std::int64_t>& positions = value.config.model.positions;
  const std::int64_t tokens = value.context.value_or(0) + value.prompt.value_or(1);
  const config::Node* length = node.find(wanted);
  if (positions && length != nullptr && tokens > *positions) {
    const config::Reader::Scope scope(reader, wanted);
    reader.mismatch(*length, fmt::format("at most {}: the model has {} positions",
                                         is_prefill ? *positions : *positions - 1, *positions));
  }
}

}  // namespace

config::Kind<WorkloadSpec> llm_workload_kind() {
  const auto maybe_size = config::maybe(size_codec());
  config::Schema<LlmWorkload> schema("llm", "One step of a decoder-only language model.");
  schema
      .required("config", &LlmWorkload::config, model_file_codec(),
                "Hugging Face config.json, relative to this file.")
      .required(
          "phase", &LlmWorkload::phase,
          config::choice<Phase>({{"prefill", Phase::kPrefill}, {"decode", Phase::kDecode}}),
          "prefill: all tokens of the prompt at once; decode: one token after `context` others.")
      .optional("batch", &LlmWorkload::batch, size_codec(), "Sequences side by side.")
      .optional("prompt", &LlmWorkload::prompt, maybe_size, "Tokens per sequence (prefill only).")
      .optional("context", &LlmWorkload::context, config::maybe(config::integer(0, kLargestSize)),
                "Tokens per sequence that are in the cache already (decode only).")
      .optional("types", &LlmWorkload::types, config::object(element_types_schema()),
                "Element types.")
      .optional("layers", &LlmWorkload::layers, config::maybe(config::integer(0, 4096)),
                "Number of blocks instead of the model's own.")
      .optional("lm_head", &LlmWorkload::lm_head, config::boolean(),
                "Whether the logits of the last token are computed.")
      .check(check_lengths);
  add_common_parameters(schema);
  return config::make_kind<WorkloadSpec>("llm", schema);
}

}  // namespace orrery::workload
