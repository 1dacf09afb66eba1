// SPDX-License-Identifier: Apache-2.0
#include "workload/request_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "config/yaml.h"
#include "requests/batch_snapshot.h"
#include "workload/file_reference.h"
#include "workload/types.h"

namespace orrery::workload {
namespace {

constexpr std::int64_t kLargestTrace = 64LL << 20;
constexpr std::int64_t kLargestBatch = 1 << 20;
constexpr std::int64_t kMostCycles = 10'000'000;
constexpr int kMostReported = 20;

// Lines of a trace inside a workload file have no place of their own in it: all mistakes stand at
// the value.
requests::RequestTrace parse_inline(const config::Node& node) {
  try {
    return requests::parse_request_trace(node.text(), "");
  } catch (const base::UserError& error) {
    std::vector<base::Diagnostic> diagnostics = error.diagnostics();
    for (base::Diagnostic& diagnostic : diagnostics) {
      diagnostic.message = fmt::format("line {}, column {} of the trace: {}", diagnostic.where.line,
                                       diagnostic.where.column, diagnostic.message);
      diagnostic.where = node.where();
    }
    throw base::UserError(std::move(diagnostics));
  }
}

// The path of a trace, relative to the file that names it, or (a value with a line break) the trace
// itself.
config::Codec<requests::RequestTrace> trace_codec() {
  using requests::RequestTrace;
  auto type = std::make_shared<config::TypeDescription>();
  type->form = config::TypeDescription::Form::kText;
  type->expected = "the path of a request trace";
  const auto read = [type](const config::Node& node,
                           config::Reader& reader) -> std::optional<RequestTrace> {
    if (!node.is_scalar() || node.text().empty()) {
      reader.mismatch(node, type->expected);
      return std::nullopt;
    }
    const std::size_t errors_before = reader.error_count();
    RequestTrace trace;
    if (node.text().find('\n') != std::string::npos) {
      report_errors_of(reader, [&] { trace = parse_inline(node); });
    } else if (const std::filesystem::path path = referenced_path(node);
               check_exists(path, node, reader)) {
      report_errors_of(reader, [&] {
        std::string text = config::read_text(path, kLargestTrace);
        std::erase(text, '\r');
        trace = requests::parse_request_trace(std::move(text), path.string());
      });
    }
    return reader.error_count() == errors_before ? std::optional(std::move(trace)) : std::nullopt;
  };
  return {read, [](const RequestTrace& trace) { return config::Node::scalar(trace.text); }, type};
}

// One source, and no key that says something about another.
void check_source(const RequestSettings& value, const config::Node& node, config::Reader& reader) {
  const int sources = static_cast<int>(value.distribution.has_value()) +
                      static_cast<int>(value.trace.has_value()) +
                      static_cast<int>(value.contexts.has_value());
  if (sources != 1) {
    reader.error(node.where(), fmt::format("{} sources of lengths", sources),
                 "one of 'distribution', 'trace' and 'contexts'");
    return;
  }
  if (!value.contexts) {
    if (!value.batch) {
      reader.error(node.where(), "missing key 'batch'", "the number of requests");
    }
    return;
  }
  for (const char* key : {"cap", "snapshot", "warm_up", "seed"}) {
    const config::Node* found = node.find(key);
    if (found != nullptr && !found->is_null()) {
      const config::Reader::Scope scope(reader, key);
      reader.error(found->where(), "has no meaning with a list of contexts", "no such key");
    }
  }
  if (value.batch && *value.batch < static_cast<std::int64_t>(value.contexts->size())) {
    const config::Reader::Scope scope(reader, "batch");
    reader.mismatch(*node.find("batch"),
                    fmt::format("at least {}, the number of contexts", value.contexts->size()));
  }
}

}  // namespace

const config::Schema<RequestSettings>& RequestSettings::schema() {
  using Settings = RequestSettings;
  static const config::Schema<Settings> kSchema = [] {
    config::Schema<Settings> schema("requests",
                                    "How many tokens each request of a batch has in the cache.");
    schema
        .optional("distribution", &Settings::distribution, config::maybe(length_fit_codec()),
                  "File of the distribution of lengths, relative to this file.")
        .optional("trace", &Settings::trace, config::maybe(trace_codec()),
                  "File of lines id, prompt, output, relative to this file: requests are drawn "
                  "from it at random.")
        .optional("contexts", &Settings::contexts,
                  config::maybe(config::list(config::integer(0, kLargestSize), 1)),
                  "Tokens in the cache of each request; repeated up to `batch`.")
        .optional("batch", &Settings::batch, config::maybe(config::integer(1, kLargestBatch)),
                  "Requests; left out: as many as contexts are listed.")
        .optional("cap", &Settings::cap, config::maybe(size_codec()),
                  "Tokens in the cache that a longer request counts as; left out: none may be "
                  "longer than the model allows.")
        .optional("snapshot", &Settings::snapshot, config::integer(0, kMostCycles / 50),
                  "Which of the snapshots, 50 cycles of 10 tokens apart.")
        .optional("warm_up", &Settings::warm_up, config::integer(0, kMostCycles),
                  "Cycles of 10 tokens before the first snapshot.")
        .optional("seed", &Settings::seed, config::maybe(config::integer(0, INT64_MAX)),
                  "Seed of the batch; left out: that of the workload.")
        .optional("channels", &Settings::channels,
                  config::maybe(config::object(ChannelSettings::schema())),
                  "Memory channels that keep the requests' caches; left out: up to the mapping.")
        .position(&Settings::where)
        .check(check_source);
    return schema;
  }();
  return kSchema;
}

std::vector<std::int64_t> RequestSettings::context_lengths(std::uint64_t workload_seed) const {
  if (contexts) {
    std::vector<std::int64_t> result = *contexts;
    const std::size_t listed = result.size();
    const auto wanted = static_cast<std::size_t>(batch.value_or(static_cast<std::int64_t>(listed)));
    while (result.size() < wanted) {
      result.push_back(result[result.size() - listed]);
    }
    return result;
  }
  requests::BatchSettings settings;
  settings.batch = *batch;
  settings.warm_up = warm_up;
  settings.snapshot = snapshot;
  settings.cap = cap.value_or(INT64_MAX);
  settings.seed = seed ? static_cast<std::uint64_t>(*seed) : workload_seed;
  if (trace) {
    return requests::batch_contexts([&](base::Random& random) { return trace->draw(random); },
                                    settings);
  }
  const requests::LengthDistribution lengths = distribution->compiled();
  return requests::batch_contexts([&](base::Random& random) { return lengths.draw(random); },
                                  settings);
}

void RequestSettings::check_positions(std::int64_t positions, const config::Node& node,
                                      config::Reader& reader) const {
  const std::string model = fmt::format("the model has {} positions", positions);
  const auto at = [&](const std::string& key, const config::Node& place) {
    const config::Reader::Scope scope(reader, key);
    reader.mismatch(place, fmt::format("at most {}: {}", positions - 1, model));
  };
  if (contexts) {
    const config::Node& list = *node.find("contexts");
    const config::Reader::Scope scope(reader, "contexts");
    int reported = 0;
    for (std::size_t i = 0; i < contexts->size() && reported < kMostReported; ++i) {
      if ((*contexts)[i] >= positions) {
        at(std::to_string(i), list.items()[i]);
        ++reported;
      }
    }
  } else if (cap) {
    if (*cap >= positions) {
      at("cap", *node.find("cap"));
    }
  } else if (trace) {
    int reported = 0;
    for (const requests::RequestTrace::Row& row : trace->rows) {
      const std::int64_t tokens = row.lengths.prompt + row.lengths.output;
      if (tokens > positions && reported++ < kMostReported) {
        reader.error(trace->file.empty() ? node.find("trace")->where()
                                         : base::SourcePosition{trace->file, row.line, 1},
                     fmt::format("request {} has {} tokens", row.id, tokens),
                     fmt::format("at most {}: {}; or a 'cap'", positions, model));
      }
    }
  } else if (distribution->longest() > positions) {
    const config::Reader::Scope scope(reader, "distribution");
    reader.error(node.find("distribution")->where(),
                 fmt::format("requests of up to {} tokens", distribution->longest()),
                 fmt::format("at most {}: {}; or a 'cap'", positions, model));
  }
}

}  // namespace orrery::workload
