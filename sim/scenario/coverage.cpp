// SPDX-License-Identifier: Apache-2.0
#include "scenario/coverage.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "report/format.h"

namespace orrery::scenario {
namespace {

std::string operators_text(const workload::Origin& origin) {
  std::vector<std::string> counts;
  for (const auto& [name, count] : origin.operators) {
    counts.push_back(fmt::format("{} {}", count, name));
  }
  return fmt::format("{}", fmt::join(counts, ", "));
}

}  // namespace

std::string coverage_text(const workload::Workload& workload,
                          const workload::GraphDescription& graph) {
  if (!workload.origin) {
    return "";
  }
  const workload::Origin& origin = *workload.origin;
  std::string text = fmt::format("Imported from {}\n", origin.coverage());
  text += fmt::format("  operators     {}\n", operators_text(origin));
  text += fmt::format("  parameters    {} in the model, {} in {} operators here\n",
                      report::format_count(origin.parameters),
                      report::format_count(graph.total.parameters), graph.operators.size());
  text += fmt::format("  MACs, bytes   {}, {}\n", report::format_count(graph.total.macs),
                      report::format_bytes(graph.total.bytes()));
  for (const std::string& node : origin.ignored) {
    text += fmt::format("  ignored       {}\n", node);
  }
  return text;
}

std::vector<std::string> coverage_notes(const workload::Workload& workload) {
  std::vector<std::string> notes;
  if (workload.origin) {
    notes.push_back("imported from " + workload.origin->coverage());
    for (const std::string& node : workload.origin->ignored) {
      notes.push_back("left out of the model at the user's wish: node " + node);
    }
  }
  return notes;
}

std::vector<std::string> workload_notes(const workload::Workload& workload) {
  std::vector<std::string> notes = coverage_notes(workload);
  notes.insert(notes.end(), workload.graph.notes.begin(), workload.graph.notes.end());
  for (const workload::MixtureSummary& mixture : workload.graph.mixtures) {
    notes.push_back(workload::summary_text(mixture));
  }
  return notes;
}

}  // namespace orrery::scenario
