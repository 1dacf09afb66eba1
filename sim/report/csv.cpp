// SPDX-License-Identifier: Apache-2.0
#include "report/csv.h"

#include <fmt/format.h>

#include <algorithm>

namespace orrery::report {
namespace {

using metrics::EngineCycles;
using metrics::LayerResult;
using metrics::RunResult;
using metrics::TierResult;

std::string field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) {
    return text;
  }
  std::string quoted = "\"";
  for (const char c : text) {
    quoted += c == '"' ? "\"\"" : std::string(1, c);
  }
  return quoted + '"';
}

// The shortest text that reads back to the same number.
template <class T>
std::string number(T value) {
  return fmt::format("{}", value);
}

std::string seconds(base::Femtoseconds time) {
  return number(static_cast<double>(time) / static_cast<double>(base::kFemtosecondsPerSecond));
}

template <class Subject>
struct Column {
  const char* name;
  std::string (*value)(const Subject&);
};

const std::vector<Column<LayerResult>>& layer_columns() {
  using L = LayerResult;
  static const std::vector<Column<L>> kColumns{
      {"layer", [](const L& l) { return l.name; }},
      {"kind", [](const L& l) { return l.kind; }},
      {"dataflow", [](const L& l) { return l.dataflow; }},
      {"tiling", [](const L& l) { return l.tiling; }},
      {"limited_by", [](const L& l) { return l.limited_by; }},
      {"start_s", [](const L& l) { return seconds(l.start); }},
      {"end_s", [](const L& l) { return seconds(l.end); }},
      {"latency_s", [](const L& l) { return seconds(l.latency); }},
      {"cycles", [](const L& l) { return number(l.cycles); }},
      {"compute_cycles", [](const L& l) { return number(l.compute_cycles); }},
      {"macs_useful", [](const L& l) { return number(l.macs_useful); }},
      {"macs_executed", [](const L& l) { return number(l.macs_executed); }},
      {"utilization", [](const L& l) { return number(l.utilization); }},
      {"energy_pj",
       [](const L& l) {
         double total = 0.0;
         for (const auto& [name, picojoules] : l.energy_pj) {
           total += picojoules;
         }
         return number(total);
       }},
  };
  return kColumns;
}

const std::vector<Column<TierResult>>& tier_columns() {
  using T = TierResult;
  static const std::vector<Column<T>> kColumns{
      {"bytes_read", [](const T& t) { return number(t.bytes_read); }},
      {"bytes_written", [](const T& t) { return number(t.bytes_written); }},
      {"row_hits", [](const T& t) { return number(t.row_hits); }},
      {"row_misses", [](const T& t) { return number(t.row_misses); }},
      {"row_conflicts", [](const T& t) { return number(t.row_conflicts); }},
      {"bandwidth_utilization", [](const T& t) { return number(t.bandwidth_utilization()); }},
      {"average_read_latency_ns", [](const T& t) { return number(t.average_read_latency_ns); }},
      {"p99_read_latency_ns", [](const T& t) { return number(t.p99_read_latency_ns); }},
  };
  return kColumns;
}

const std::vector<Column<EngineCycles>>& engine_columns() {
  using E = EngineCycles;
  static const std::vector<Column<E>> kColumns{
      {"busy_cycles", [](const E& e) { return number(e.busy); }},
      {"stalled_cycles", [](const E& e) { return number(e.stalled); }},
  };
  return kColumns;
}

std::vector<std::string> header(const RunResult& result) {
  std::vector<std::string> names;
  for (const auto& column : layer_columns()) {
    names.emplace_back(column.name);
  }
  for (const TierResult& tier : result.tiers) {
    for (const auto& column : tier_columns()) {
      names.push_back(tier.name + '_' + column.name);
    }
  }
  for (const auto& engine : result.engines) {
    for (const auto& column : engine_columns()) {
      names.push_back(engine.name + '_' + column.name);
    }
  }
  return names;
}

// The values of `subjects`, which may be shorter than `count` where a layer was never reached.
template <class Subject>
void append(const std::vector<Subject>& subjects, std::size_t count,
            const std::vector<Column<Subject>>& columns, std::vector<std::string>& fields) {
  for (std::size_t i = 0; i < count; ++i) {
    for (const auto& column : columns) {
      fields.push_back(i < subjects.size() ? column.value(subjects[i]) : "");
    }
  }
}

}  // namespace

std::string csv_line(const std::vector<std::string>& fields) {
  std::string line;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    line += (i == 0 ? "" : ",") + field(fields[i]);
  }
  return line + '\n';
}

std::string layers_csv(const RunResult& result) {
  std::string csv = csv_line(header(result));
  for (const LayerResult& layer : result.layers) {
    std::vector<std::string> fields;
    for (const auto& column : layer_columns()) {
      fields.push_back(column.value(layer));
    }
    append(layer.tiers, result.tiers.size(), tier_columns(), fields);
    append(layer.engines, result.engines.size(), engine_columns(), fields);
    csv += csv_line(fields);
  }
  return csv;
}

std::string activity_csv(const RunResult& result) {
  const metrics::Activity& activity = result.activity;
  if (activity.engines.empty()) {
    return {};
  }
  std::vector<std::string> names{"begin_fs", "end_fs"};
  std::vector<const std::vector<std::int64_t>*> columns;
  const auto add = [&](std::string name, const std::vector<std::int64_t>& values) {
    names.push_back(std::move(name));
    columns.push_back(&values);
  };
  for (std::size_t i = 0; i < result.engines.size(); ++i) {
    const metrics::EngineResult& engine = result.engines[i];
    add(engine.name + "_busy_fs", activity.engines[i].busy);
    add(engine.name + "_stalled_fs", activity.engines[i].stalled);
    if (engine.macs_possible > 0) {
      add(engine.name + "_macs_useful", activity.engines[i].macs_useful);
    }
  }
  for (std::size_t i = 0; i < result.tiers.size(); ++i) {
    add(result.tiers[i].name + "_bytes", activity.tier_bytes[i]);
  }
  std::string csv = csv_line(names);
  for (std::size_t row = 0; row < activity.engines.front().busy.size(); ++row) {
    const base::Femtoseconds begin = static_cast<base::Femtoseconds>(row) * activity.interval;
    std::vector<std::string> fields{number(begin),
                                    number(std::min(begin + activity.interval, result.latency))};
    for (const std::vector<std::int64_t>* values : columns) {
      fields.push_back(number((*values)[row]));
    }
    csv += csv_line(fields);
  }
  return csv;
}

}  // namespace orrery::report
