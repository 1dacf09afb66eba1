// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/yaml.h"
#include "requests/batch_snapshot.h"
#include "workload/file_reference.h"
#include "workload/hugging_face.h"
#include "workload/request_settings.h"
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

// How a model is spread over devices.
struct ParallelSettings {
  std::int64_t tensor = 1;
  bool all_reduce = true;

  [[nodiscard]] static const config::Schema<ParallelSettings>& schema() {
    static const config::Schema<ParallelSettings> kSchema = [] {
      config::Schema<ParallelSettings> schema("parallel", "How a model is spread over devices.");
      schema
          .optional("tensor", &ParallelSettings::tensor, config::integer(1, 4096),
                    "Devices among which heads and inner columns of each block are divided; one "
                    "of them is simulated.")
          .optional("all_reduce", &ParallelSettings::all_reduce, config::boolean(),
                    "Whether the sums over the devices, behind attention and behind the MLP, are "
                    "simulated; false: they are left out, and the result says so.");
      return schema;
    }();
    return kSchema;
  }
};

enum class Phase : std::uint8_t { kPrefill, kDecode, kEncode };

struct LlmWorkload : WorkloadSpec {
  ModelFile config;
  Phase phase = Phase::kPrefill;
  std::optional<std::int64_t> batch;  // absent: 1, or that of the requests
  std::optional<std::int64_t> prompt;
  std::optional<std::int64_t> context;
  std::optional<RequestSettings> requests;
  ElementTypes types;
  std::optional<std::int64_t> layers;
  bool blocks_only = false;
  std::optional<bool> lm_head;  // absent: wherever there is one
  ParallelSettings parallel;
  std::optional<MixtureSettings> moe;

  [[nodiscard]] Graph build(const std::string& graph_name) const override {
    TransformerStep step;
    step.batch = batch.value_or(1);
    step.tokens = prompt.value_or(1);
    step.past = context.value_or(0);
    if (requests) {
      auto pasts = requests->context_lengths(static_cast<std::uint64_t>(seed));
      if (requests->channels) {
        const TransformerModel share = tensor_share(config.model, parallel.tensor);
        ChannelSettings::Batch assigned =
            requests->channels->assign(pasts, share.kv_heads, share.head_size);
        if (assigned.contexts.empty()) {
          throw base::UserError(base::Diagnostic{requests->where, "workload.requests.channels",
                                                 "the sub-batch has no requests",
                                                 "a batch of at least 2 requests", ""});
        }
        pasts = std::move(assigned.contexts);
        step.channels =
            std::make_shared<const std::vector<std::int64_t>>(std::move(assigned.channels));
      }
      step.batch = static_cast<std::int64_t>(pasts.size());
      step.past = *std::max_element(pasts.begin(), pasts.end());
      step.pasts = std::make_shared<const std::vector<std::int64_t>>(std::move(pasts));
    }
    step.all_reduce = parallel.all_reduce ? parallel.tensor : 1;
    step.layers = layers;
    step.blocks_only = blocks_only;
    step.head = lm_head.value_or(true);
    step.types = types;
    step.moe = moe.value_or(MixtureSettings{});
    step.seed = static_cast<std::uint64_t>(seed);
    Graph graph = build_transformer(graph_name, tensor_share(config.model, parallel.tensor), step);
    add_notes(graph, step);
    return graph;
  }

 private:
  void add_notes(Graph& graph, const TransformerStep& step) const {
    if (step.pasts) {
      graph.notes.push_back(summary_text(requests::summarize(*step.pasts)));
    }
    if (parallel.tensor > 1) {
      graph.notes.push_back(
          fmt::format("one of {} devices by tensor parallelism{}", parallel.tensor,
                      parallel.all_reduce
                          ? ""
                          : "; the all-reduce behind attention and behind the MLP is left out"));
    }
  }
};

enum class Use : std::uint8_t { kRequired, kOptional, kRefused };

// Which lengths a phase has. One that it does not have would be passed over in silence.
struct PhaseInfo {
  const char* name;
  bool of_encoder;
  Use prompt;
  Use context;
};
// In the order of Phase.
constexpr std::array<PhaseInfo, 3> kPhases{{{"prefill", false, Use::kRequired, Use::kOptional},
                                            {"decode", false, Use::kRefused, Use::kRequired},
                                            {"encode", true, Use::kRequired, Use::kRefused}}};

void check_length(const std::string& key, Use use, const std::string& phase,
                  const config::Node& node, config::Reader& reader) {
  const config::Node* value = node.find(key);
  const bool is_there = value != nullptr && !value->is_null();
  if (use == Use::kRequired && !is_there) {
    reader.error(node.where(), "missing key '" + key + "', which phase " + phase + " needs");
  }
  if (use == Use::kRefused && is_there) {
    const config::Reader::Scope scope(reader, key);
    reader.error(value->where(), "has no meaning in phase " + phase, "no such key");
  }
}

// The last token must have a row in the learned position embedding.
void check_positions(const LlmWorkload& value, const config::Node& node, config::Reader& reader) {
  const std::optional<std::int64_t>& positions = value.config.model.positions;
  const std::int64_t past = value.context.value_or(0);
  const std::int64_t tokens = value.prompt.value_or(1);
  if (positions && value.requests) {
    const config::Reader::Scope scope(reader, "requests");
    value.requests->check_positions(*positions, *node.find("requests"), reader);
    return;
  }
  if (!positions || past + tokens <= *positions) {
    return;
  }
  const bool past_fits = past < *positions && value.prompt;
  const std::string key = past_fits ? "prompt" : "context";
  if (const config::Node* length = node.find(key)) {
    const config::Reader::Scope scope(reader, key);
    reader.mismatch(*length,
                    fmt::format("at most {}: the model has {} positions",
                                past_fits ? *positions - past : *positions - 1, *positions));
  }
}

void refuse(const std::string& key, const std::string& message, const config::Node& node,
            config::Reader& reader) {
  const config::Node* found = node.find(key);
  if (found != nullptr && !found->is_null()) {
    const config::Reader::Scope scope(reader, key);
    reader.error(found->where(), message, "no such key");
  }
}

// Requests stand for batch and context.
void check_requests(const LlmWorkload& value, const config::Node& node, config::Reader& reader) {
  if (!value.requests) {
    return;
  }
  if (value.phase != Phase::kDecode) {
    refuse("requests", "has no meaning but in phase decode", node, reader);
    return;
  }
  refuse("batch", "has no meaning beside requests, which have their own", node, reader);
  refuse("context", "has no meaning beside requests", node, reader);
}

void check_lengths(const LlmWorkload& value, const config::Node& node, config::Reader& reader) {
  const PhaseInfo& phase = kPhases[static_cast<std::size_t>(value.phase)];
  if (phase.of_encoder != value.config.model.is_encoder) {
    const config::Reader::Scope scope(reader, "phase");
    reader.mismatch(*node.find("phase"), value.config.model.is_encoder
                                             ? "encode: the model is an encoder"
                                             : "prefill or decode: the model is a decoder");
    return;
  }
  // An image has as many tokens as it has patches.
  const Use prompt = value.config.model.image ? Use::kRefused : phase.prompt;
  check_length("prompt", prompt, phase.name, node, reader);
  check_length("context", value.requests ? Use::kOptional : phase.context, phase.name, node,
               reader);
  check_requests(value, node, reader);
  if (!value.config.model.image) {
    check_positions(value, node, reader);
  }
}

void check_blocks(const LlmWorkload& value, const config::Node& node, config::Reader& reader) {
  if (!value.blocks_only) {
    return;
  }
  if (value.lm_head.value_or(false)) {
    refuse("lm_head", "has no meaning with blocks_only", node, reader);
  }
  if (value.layers == 0) {
    const config::Reader::Scope scope(reader, "layers");
    reader.mismatch(*node.find("layers"), "at least one block, where there are blocks only");
  }
}

// Each device has whole heads and whole columns.
void check_parallel(const LlmWorkload& value, const config::Node& node, config::Reader& reader) {
  const std::int64_t devices = value.parallel.tensor;
  if (devices == 1) {
    return;
  }
  const TransformerModel& model = value.config.model;
  const config::Reader::Scope scope(reader, "parallel");
  const config::Reader::Scope inner(reader, "tensor");
  const config::Node& place = *node.find("parallel")->find("tensor");
  if (model.experts || model.image) {
    reader.error(place.where(), "a model with experts or of images is not divided by tensors", "1");
    return;
  }
  const auto require = [&](bool divides, std::int64_t count, const char* what) {
    if (!divides) {
      reader.mismatch(place, fmt::format("a divisor of the model's {} {}", count, what));
    }
  };
  require(model.heads % devices == 0, model.heads, "heads");
  require(model.mlp_size % devices == 0, model.mlp_size, "columns of the MLP");
  if (model.kv_heads % devices != 0 && devices % model.kv_heads != 0) {
    reader.mismatch(place, fmt::format("a divisor or a multiple of the model's {} key-value heads",
                                       model.kv_heads));
  }
}

void check_experts(const LlmWorkload& value, const config::Node& node, config::Reader& reader) {
  if (value.moe && !value.config.model.experts) {
    const config::Reader::Scope scope(reader, "moe");
    reader.error(node.find("moe")->where(), "the model has no experts", "no such key");
  }
}

}  // namespace

config::Kind<WorkloadSpec> llm_workload_kind() {
  const auto maybe_size = config::maybe(size_codec());
  config::Schema<LlmWorkload> schema("llm", "One step of a transformer.");
  schema
      .required("config", &LlmWorkload::config, model_file_codec(),
                "Hugging Face config.json, relative to this file.")
      .required(
          "phase", &LlmWorkload::phase,
          config::choice<Phase>({{"prefill", Phase::kPrefill},
                                 {"decode", Phase::kDecode},
                                 {"encode", Phase::kEncode}}),
          "prefill: all tokens of the prompt at once; decode: one token after `context` others; "
          "encode: all tokens of an encoder.")
      .optional("batch", &LlmWorkload::batch, config::maybe(size_codec()),
                "Sequences side by side; left out: 1.")
      .optional("prompt", &LlmWorkload::prompt, maybe_size,
                "New tokens per sequence (prefill and encode).")
      .optional(
          "context", &LlmWorkload::context, config::maybe(config::integer(0, kLargestSize)),
          "Tokens per sequence that are in the cache already (decode; prefill: 0 where left out).")
      .optional("requests", &LlmWorkload::requests,
                config::maybe(config::object(RequestSettings::schema())),
                "Decode: requests with contexts of their own, in place of `batch` and `context`.")
      .optional("types", &LlmWorkload::types, config::object(element_types_schema()),
                "Element types.")
      .optional("layers", &LlmWorkload::layers, config::maybe(config::integer(0, 4096)),
                "Number of blocks instead of the model's own.")
      .optional("blocks_only", &LlmWorkload::blocks_only, config::boolean(),
                "The blocks alone: no embedding, no final normalization, no head.")
      .optional("parallel", &LlmWorkload::parallel, config::object(ParallelSettings::schema()),
                "How the model is spread over devices.")
      .optional("lm_head", &LlmWorkload::lm_head, config::maybe(config::boolean()),
                "Whether the head is computed: the logits of the last token, the pooler of an "
                "encoder; left out: yes.")
      .optional("moe", &LlmWorkload::moe, config::maybe(config::object(MixtureSettings::schema())),
                "How tokens are spread over the experts of a model that has some.")
      .check(check_lengths)
      .check(check_blocks)
      .check(check_parallel)
      .check(check_experts);
  add_common_parameters(schema);
  return config::make_kind<WorkloadSpec>("llm", schema);
}

}  // namespace orrery::workload
