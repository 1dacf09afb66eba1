// SPDX-License-Identifier: Apache-2.0
#include "report/comparison.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "report/csv.h"
#include "report/format.h"
#include "report/result_json.h"
#include "report/summary.h"
#include "report/text_table.h"

namespace orrery::report {
namespace {

using metrics::LayerResult;
using metrics::RunResult;

// One line of the comparison: the same layer, or the whole run, under each dataflow.
struct Row {
  struct Cell {
    std::int64_t cycles = 0;
    std::int64_t compute_cycles = 0;
    double energy_pj = 0.0;
    double utilization = 0.0;
    double array_utilization = 0.0;  // while the arrays work
    std::string limited_by;
  };
  std::string name;
  std::string kind;
  std::vector<Cell> cells;  // as in Comparison::runs

  [[nodiscard]] std::int64_t best_cycles() const {
    return std::min_element(cells.begin(), cells.end(),
                            [](const Cell& a, const Cell& b) { return a.cycles < b.cycles; })
        ->cycles;
  }
  // 1 where both are 0: a layer without latency is as fast under every dataflow.
  [[nodiscard]] double ratio(const Cell& cell) const {
    const std::int64_t best = best_cycles();
    return best == 0 ? (cell.cycles == 0 ? 1.0 : static_cast<double>(cell.cycles))
                     : static_cast<double>(cell.cycles) / static_cast<double>(best);
  }
};

double sum(const metrics::Breakdown<double>& breakdown) {
  double total = 0.0;
  for (const auto& [name, value] : breakdown) {
    total += value;
  }
  return total;
}

// "rs packing=false"
std::string label(const Comparison& comparison, std::size_t run) {
  const std::string& dataflow = comparison.runs[run].dataflow;
  return comparison.variants.empty() ? dataflow : dataflow + ' ' + comparison.variants[run];
}

// Useful multiply-accumulates over those that the arrays could do in `busy` cycles of each engine.
double share_of_busy(const RunResult& run, std::int64_t useful,
                     const std::vector<metrics::EngineCycles>& busy) {
  double possible = 0.0;
  for (std::size_t i = 0; i < run.engines.size() && i < busy.size(); ++i) {
    const metrics::EngineResult& engine = run.engines[i];
    if (engine.cycles.total > 0) {
      possible += static_cast<double>(engine.macs_possible) /
                  static_cast<double>(engine.cycles.total) * static_cast<double>(busy[i].busy);
    }
  }
  return possible > 0.0 ? static_cast<double>(useful) / possible : 0.0;
}

Row total_row(const std::vector<RunResult>& runs) {
  Row row{"total", "", {}};
  for (const RunResult& run : runs) {
    Row::Cell cell;
    cell.cycles = run.cycles;
    cell.energy_pj = run.total_energy_pj();
    std::int64_t useful = 0;
    std::int64_t possible = 0;
    for (const metrics::EngineResult& engine : run.engines) {
      useful += engine.macs_useful;
      possible += engine.macs_possible;
    }
    std::vector<metrics::EngineCycles> busy;
    for (const metrics::EngineResult& engine : run.engines) {
      busy.push_back(engine.cycles);
    }
    cell.array_utilization = share_of_busy(run, useful, busy);
    for (const LayerResult& layer : run.layers) {
      cell.compute_cycles += layer.compute_cycles;
    }
    cell.utilization =
        possible == 0 ? 0.0 : static_cast<double>(useful) / static_cast<double>(possible);
    cell.limited_by = limits(run);
    row.cells.push_back(cell);
  }
  return row;
}

std::vector<Row> layer_rows(const Comparison& comparison) {
  std::vector<Row> rows;
  const std::vector<LayerResult>& layers = comparison.runs.front().layers;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    Row row{layers[i].name, layers[i].kind, {}};
    for (const RunResult& run : comparison.runs) {
      base::require_invariant(i < run.layers.size() && run.layers[i].name == row.name,
                              "a workload has the same layers under every dataflow", row.name);
      const LayerResult& layer = run.layers[i];
      row.cells.push_back({layer.cycles, layer.compute_cycles, sum(layer.energy_pj),
                           layer.utilization, share_of_busy(run, layer.macs_useful, layer.engines),
                           layer.limited_by});
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

Json row_json(const Comparison& comparison, const Row& row) {
  Json results = Json::array();
  for (std::size_t i = 0; i < row.cells.size(); ++i) {
    const Row::Cell& cell = row.cells[i];
    Json result{{"dataflow", comparison.runs[i].dataflow},
                {"cycles", cell.cycles},
                {"ratio", row.ratio(cell)},
                {"compute_cycles", cell.compute_cycles},
                {"energy_pj", cell.energy_pj},
                {"utilization", cell.utilization},
                {"array_utilization", cell.array_utilization},
                {"limited_by", cell.limited_by}};
    if (!comparison.variants.empty()) {
      result["variant"] = comparison.variants[i];
    }
    results.push_back(std::move(result));
  }
  return results;
}

std::string times(double ratio) {
  return fmt::format("{:.3f}", ratio);
}

// Of the comparison's runs, or of their counterparts under the best mappings found.
std::string total_table(const Comparison& comparison, const std::vector<RunResult>& runs) {
  TextTable table({{"dataflow", '<'},
                   {"cycles"},
                   {"ratio"},
                   {"latency"},
                   {"energy"},
                   {"power"},
                   {"utilization"},
                   {"limited by (of the latency)", '<', 36}});
  const Row total = total_row(runs);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const RunResult& run = runs[i];
    table.add({label(comparison, i), format_count(run.cycles), times(total.ratio(total.cells[i])),
               format_si(run.seconds(), "s"), format_si(run.total_energy_pj() * 1e-12, "J"),
               format_si(run.average_watts(), "W"), format_percent(total.cells[i].utilization),
               total.cells[i].limited_by});
  }
  return table.to_string();
}

// The rows that take longest even under their best dataflow; ties in the order of the run, which is
// that of their addresses.
std::vector<const Row*> slowest(const std::vector<Row>& rows, std::size_t count) {
  std::vector<const Row*> sorted;
  for (const Row& row : rows) {
    sorted.push_back(&row);
  }
  std::sort(sorted.begin(), sorted.end(), [](const Row* a, const Row* b) {
    const std::int64_t cycles_a = a->best_cycles();
    const std::int64_t cycles_b = b->best_cycles();
    return cycles_a != cycles_b ? cycles_a > cycles_b : a < b;
  });
  sorted.resize(std::min(sorted.size(), count));
  return sorted;
}

std::string layer_table(const Comparison& comparison, const std::vector<const Row*>& rows) {
  std::vector<TextTable::Column> columns{{"layer", '<', 32}};
  for (const char* what : {" cycles", " ratio"}) {
    for (std::size_t i = 0; i < comparison.runs.size(); ++i) {
      columns.push_back({label(comparison, i) + what});
    }
  }
  TextTable table(std::move(columns));
  for (const Row* row : rows) {
    std::vector<std::string> fields{row->name};
    for (const Row::Cell& cell : row->cells) {
      fields.push_back(format_count(cell.cycles));
    }
    for (const Row::Cell& cell : row->cells) {
      fields.push_back(times(row->ratio(cell)));
    }
    table.add(std::move(fields));
  }
  return table.to_string();
}

}  // namespace

Json comparison_json(const Comparison& comparison) {
  const RunResult& first = comparison.runs.front();
  Json json{{"schema", "orrery-comparison-1"},
            {"orrery", orrery_json()},
            {"workload", first.workload},
            {"platform", first.platform},
            {"seed", first.seed},
            {"partial", std::any_of(comparison.runs.begin(), comparison.runs.end(),
                                    [](const RunResult& run) { return run.partial; })},
            {"total", row_json(comparison, total_row(comparison.runs))},
            {"layers", Json::array()},
            {"notes", comparison.notes}};
  if (!comparison.best_found.empty()) {
    json["best_found"] = row_json(comparison, total_row(comparison.best_found));
  }
  for (const Row& row : layer_rows(comparison)) {
    json["layers"].push_back(
        {{"name", row.name}, {"kind", row.kind}, {"results", row_json(comparison, row)}});
  }
  return json;
}

std::string comparison_csv(const Comparison& comparison) {
  std::string csv = csv_line({"layer", "kind", "dataflow", "cycles", "ratio", "compute_cycles",
                              "energy_pj", "utilization", "limited_by"});
  std::vector<Row> rows = layer_rows(comparison);
  rows.push_back(total_row(comparison.runs));
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      const Row::Cell& cell = row.cells[i];
      csv += csv_line({row.name, row.kind, label(comparison, i), std::to_string(cell.cycles),
                       fmt::format("{}", row.ratio(cell)), std::to_string(cell.compute_cycles),
                       fmt::format("{}", cell.energy_pj), fmt::format("{}", cell.utilization),
                       cell.limited_by});
    }
  }
  return csv;
}

std::string comparison_text(const Comparison& comparison, std::size_t layers) {
  const RunResult& first = comparison.runs.front();
  std::string text = fmt::format("{} on {}; ratios are cycles over the fastest\n\n", first.workload,
                                 first.platform) +
                     total_table(comparison, comparison.runs);
  if (!comparison.best_found.empty()) {
    text += "\nBest mappings found\n" + total_table(comparison, comparison.best_found);
  }
  const std::vector<Row> rows = layer_rows(comparison);
  const std::vector<const Row*> shown = slowest(rows, layers);
  text += fmt::format("\nLayers, {} of {} by latency\n", shown.size(), rows.size());
  text += layer_table(comparison, shown);
  for (const RunResult& run : comparison.runs) {
    for (const metrics::Invariant& invariant : run.invariants) {
      if (!invariant.holds) {
        text += fmt::format("\nBROKEN under {}: {}: {}\n", run.dataflow, invariant.name,
                            invariant.detail);
      }
    }
  }
  if (!comparison.notes.empty()) {
    text += "\nNotes\n";
  }
  for (const std::string& note : comparison.notes) {
    text += "  - " + note + '\n';
  }
  return text;
}

std::string utilization_text(const Comparison& comparison) {
  std::vector<TextTable::Column> columns{{"layer", '<', 40}};
  for (std::size_t i = 0; i < comparison.runs.size(); ++i) {
    columns.push_back({label(comparison, i)});
  }
  TextTable table(std::move(columns));
  std::vector<Row> rows = layer_rows(comparison);
  rows.push_back(total_row(comparison.runs));
  for (const Row& row : rows) {
    std::vector<std::string> fields{row.name};
    bool any = false;
    for (const Row::Cell& cell : row.cells) {
      fields.push_back(format_percent(cell.array_utilization));
      any = any || cell.array_utilization > 0.0;
    }
    if (any) {
      table.add(std::move(fields));
    }
  }
  return "\nUtilization of the arrays while they work\n" + table.to_string();
}

}  // namespace orrery::report
