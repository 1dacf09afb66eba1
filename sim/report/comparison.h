// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "metrics/run_result.h"
#include "report/json.h"

namespace orrery::report {

// One workload on one platform under several dataflows, or also with something else varied.
struct Comparison {
  std::vector<metrics::RunResult> runs;  // each with another `dataflow` or variant, at least one
  // The same with the best mapping that a search found; empty where none was made.
  std::vector<metrics::RunResult> best_found;
  // What else differs, one for each run: "packing=false". Empty where nothing does.
  std::vector<std::string> variants;
  std::vector<std::string> notes;  // what a reader must know about the comparison
};

// The content of comparison.json, described in docs/result.md. Ratios are cycles over those of the
// fastest run: 1 is the best.
[[nodiscard]] Json comparison_json(const Comparison& comparison);

// The content of comparison.csv: one line for each layer and dataflow, and for the total.
[[nodiscard]] std::string comparison_csv(const Comparison& comparison);

// Tables for the terminal: the totals, and the `layers` layers of the greatest latency.
[[nodiscard]] std::string comparison_text(const Comparison& comparison, std::size_t layers = 20);

// A table for the terminal: which part of the arrays' multiply-accumulates each layer with any used
// while they worked on it, in the order of the workload.
[[nodiscard]] std::string utilization_text(const Comparison& comparison);

}  // namespace orrery::report
