// SPDX-License-Identifier: Apache-2.0
#include "report/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>

#include "report/format.h"
#include "report/text_table.h"

namespace orrery::report {
namespace {

using metrics::EngineResult;
using metrics::LayerResult;
using metrics::RunResult;
using metrics::TierResult;

double ratio(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

template <class T, class Value>
std::int64_t sum(const std::vector<T>& items, Value value) {
  return std::accumulate(items.begin(), items.end(), std::int64_t{0},
                         [&](std::int64_t total, const T& item) { return total + value(item); });
}

std::string heading(const RunResult& result) {
  std::string text = fmt::format("{} on {}", result.workload, result.platform);
  if (!result.dataflow.empty()) {
    text += ", dataflow " + result.dataflow;
  }
  if (result.fidelity != "simulated") {
    text += fmt::format("\nfidelity: {}, not simulated", result.fidelity);
  }
  if (result.partial) {
    text += fmt::format("\nPARTIAL: {}; the figures cover only what was simulated",
                        result.partial_reason);
  }
  return text + "\n\n";
}

std::string totals(const RunResult& result) {
  const auto useful = sum(result.engines, [](const EngineResult& e) { return e.macs_useful; });
  const auto executed = sum(result.engines, [](const EngineResult& e) { return e.macs_executed; });
  const auto possible = sum(result.engines, [](const EngineResult& e) { return e.macs_possible; });
  const auto line = [](const char* name, const std::string& text) {
    return fmt::format("  {:<12}{}\n", name, text);
  };
  std::string text =
      line("latency", fmt::format("{} = {} cycles of {} ({})", format_si(result.seconds(), "s"),
                                  format_count(result.cycles), result.reference_clock,
                                  format_si(result.reference_hertz, "Hz")));
  text += line("energy",
               fmt::format("{}, {} on average", format_si(result.total_energy_pj() * 1e-12, "J"),
                           format_si(result.average_watts(), "W")));
  text += line("MACs", fmt::format("{} useful, {} executed; {} of what the arrays could do",
                                   format_si(static_cast<double>(useful), ""),
                                   format_si(static_cast<double>(executed), ""),
                                   format_percent(ratio(useful, possible))));
  const std::string limited = limits(result);
  return limited.empty() ? text : text + line("limited by", limited + " of the latency");
}

std::vector<const LayerResult*> longest_layers(const RunResult& result, std::size_t count) {
  std::vector<const LayerResult*> layers;
  for (const LayerResult& layer : result.layers) {
    layers.push_back(&layer);
  }
  // Layers of equal latency stay in the order of the run, which is that of their addresses.
  std::sort(layers.begin(), layers.end(), [](const LayerResult* a, const LayerResult* b) {
    return a->latency != b->latency ? a->latency > b->latency : a < b;
  });
  layers.resize(std::min(layers.size(), count));
  return layers;
}

std::string layer_table(const RunResult& result, std::size_t count) {
  if (result.layers.empty()) {
    return "";
  }
  TextTable table({{"layer", '<', 36},
                   {"dataflow", '<'},
                   {"cycles"},
                   {"share"},
                   {"utilization"},
                   {"limited by", '<', 16}});
  const auto shown = longest_layers(result, count);
  for (const LayerResult* layer : shown) {
    table.add({layer->name, layer->dataflow, format_count(layer->cycles),
               format_percent(ratio(layer->latency, result.latency)),
               layer->macs_useful == 0 ? "" : format_percent(layer->utilization),
               layer->limited_by});
  }
  const std::string which =
      shown.size() < result.layers.size()
          ? fmt::format("the {} longest of {}", shown.size(), result.layers.size())
          : "by latency";
  return fmt::format("\nLayers, {}\n", which) + table.to_string();
}

std::string stream_table(const RunResult& result) {
  if (result.streams.empty()) {
    return "";
  }
  TextTable table({{"stream", '<', 36},
                   {"end"},
                   {"cycles"},
                   {"commands"},
                   {"MACs"},
                   {"read"},
                   {"written"},
                   {"at rendezvous"}});
  for (const metrics::StreamResult& stream : result.streams) {
    const auto time = [](base::Femtoseconds value) {
      return format_si(
          static_cast<double>(value) / static_cast<double>(base::kFemtosecondsPerSecond), "s");
    };
    table.add({stream.name, time(stream.end), format_count(stream.cycles),
               format_count(stream.commands),
               format_si(static_cast<double>(stream.macs_useful), ""),
               format_bytes(sum(stream.tiers, [](const TierResult& t) { return t.bytes_read; })),
               format_bytes(sum(stream.tiers, [](const TierResult& t) { return t.bytes_written; })),
               stream.rendezvous_wait == 0 ? "" : time(stream.rendezvous_wait)});
  }
  return "\nStreams\n" + table.to_string();
}

std::string energy_table(const RunResult& result) {
  if (result.energy_pj.empty()) {
    return "";
  }
  TextTable table({{"component", '<'}, {"energy"}, {"share"}});
  const double total = result.total_energy_pj();
  for (const auto& [name, picojoules] : result.energy_pj) {
    table.add({name, format_si(picojoules * 1e-12, "J"),
               format_percent(total == 0.0 ? 0.0 : picojoules / total)});
  }
  return "\nEnergy\n" + table.to_string();
}

std::string main_stall(const EngineResult& engine) {
  const auto most =
      std::max_element(engine.stall_causes.begin(), engine.stall_causes.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == engine.stall_causes.end() || most->second == 0 ? "" : most->first;
}

// Engines whose names differ by a number, together: "vector (108)".
struct EngineGroup {
  std::string name;
  std::vector<const EngineResult*> engines;

  [[nodiscard]] std::string label() const {
    return engines.size() == 1 ? engines.front()->name
                               : fmt::format("{} ({})", name, engines.size());
  }
  template <class Value>
  [[nodiscard]] std::int64_t total(Value value) const {
    return sum(engines, [&](const EngineResult* engine) { return std::invoke(value, *engine); });
  }
};

// One by one, or, where they are too many to read, those of each name.
std::vector<EngineGroup> engine_groups(const RunResult& result) {
  constexpr std::size_t kMostRows = 48;
  std::vector<EngineGroup> groups;
  for (const EngineResult& engine : result.engines) {
    const std::string stem = engine.name.substr(0, engine.name.find_last_not_of("0123456789") + 1);
    if (result.engines.size() <= kMostRows || groups.empty() || groups.back().name != stem) {
      groups.push_back({stem, {}});
    }
    groups.back().engines.push_back(&engine);
  }
  return groups;
}

std::string main_stall(const EngineGroup& group) {
  EngineResult all;
  for (const EngineResult* engine : group.engines) {
    for (const auto& [cause, cycles] : engine->stall_causes) {
      const auto found =
          std::find_if(all.stall_causes.begin(), all.stall_causes.end(),
                       [&cause = cause](const auto& other) { return other.first == cause; });
      if (found == all.stall_causes.end()) {
        all.stall_causes.emplace_back(cause, cycles);
      } else {
        found->second += cycles;
      }
    }
  }
  return main_stall(all);
}

std::string engine_table(const RunResult& result) {
  TextTable table({{"engine", '<'},
                   {"busy"},
                   {"stalled"},
                   {"idle"},
                   {"utilization"},
                   {"read"},
                   {"written"},
                   {"stalls mostly on", '<'}});
  for (const EngineGroup& group : engine_groups(result)) {
    const auto cycles = [&](std::int64_t metrics::EngineCycles::* part) {
      return group.total([&](const EngineResult& engine) { return engine.cycles.*part; });
    };
    const std::int64_t total = cycles(&metrics::EngineCycles::total);
    const std::int64_t possible = group.total(&EngineResult::macs_possible);
    table.add({group.label(), format_percent(ratio(cycles(&metrics::EngineCycles::busy), total)),
               format_percent(ratio(cycles(&metrics::EngineCycles::stalled), total)),
               format_percent(ratio(cycles(&metrics::EngineCycles::idle), total)),
               possible == 0
                   ? ""
                   : format_percent(ratio(group.total(&EngineResult::macs_useful), possible)),
               format_bytes(group.total(&EngineResult::bytes_read)),
               format_bytes(group.total(&EngineResult::bytes_written)), main_stall(group)});
  }
  return table.empty() ? "" : "\nEngines\n" + table.to_string();
}

// Of engines whose area is known, and not 0, and which multiply.
std::string density_table(const RunResult& result) {
  TextTable table({{"density", '<'}, {"area mm2"}, {"peak /mm2"}, {"achieved /mm2"}});
  for (const EngineGroup& group : engine_groups(result)) {
    double area = 0.0;
    double peak = 0.0;
    double achieved = 0.0;
    for (const EngineResult* engine : group.engines) {
      if (engine->square_millimetres && engine->macs_possible > 0) {
        area += *engine->square_millimetres;
        peak += engine->peak_operations_per_second();
        achieved += engine->operations_per_second();
      }
    }
    if (area > 0.0) {
      table.add({group.label(), fmt::format("{:.4g}", area), format_si(peak / area, "OP/s"),
                 format_si(achieved / area, "OP/s")});
    }
  }
  if (table.empty()) {
    return "";
  }
  return "\nArea\n" + table.to_string() +
         fmt::format("  arithmetic of arrays: {} (two operations a multiply-accumulate)\n",
                     format_si(result.array_operations_per_joule(), "OP/J"));
}

std::string memory_table(const RunResult& result) {
  TextTable table({{"memory", '<'},
                   {"model", '<'},
                   {"read"},
                   {"written"},
                   {"bandwidth"},
                   {"of peak"},
                   {"row hits"},
                   {"conflicts"},
                   {"latency"},
                   {"p99"}});
  for (const TierResult& tier : result.tiers) {
    const std::int64_t accesses = tier.row_hits + tier.row_misses + tier.row_conflicts;
    const bool rows = accesses > 0;
    table.add({tier.name, tier.model, format_bytes(tier.bytes_read),
               format_bytes(tier.bytes_written), format_si(tier.achieved_bytes_per_second, "B/s"),
               tier.peak_bytes_per_second > 0.0 ? format_percent(tier.bandwidth_utilization()) : "",
               rows ? format_percent(ratio(tier.row_hits, accesses)) : "",
               rows ? format_percent(ratio(tier.row_conflicts, accesses)) : "",
               format_si(tier.average_read_latency_ns * 1e-9, "s"),
               format_si(tier.p99_read_latency_ns * 1e-9, "s")});
  }
  return table.empty() ? "" : "\nMemory\n" + table.to_string();
}

std::string cache_table(const RunResult& result) {
  TextTable table({{"cache of", '<'},
                   {"read"},
                   {"written"},
                   {"hits"},
                   {"on their way"},
                   {"misses"},
                   {"written whole"},
                   {"written back"}});
  for (const TierResult& tier : result.tiers) {
    if (tier.cache) {
      const metrics::CacheResult& cache = *tier.cache;
      const std::int64_t lines = cache.hits + cache.merged + cache.misses + cache.allocated;
      table.add({tier.name, format_bytes(cache.bytes_read), format_bytes(cache.bytes_written),
                 format_percent(ratio(cache.hits, lines)),
                 format_percent(ratio(cache.merged, lines)),
                 format_percent(ratio(cache.misses, lines)),
                 format_percent(ratio(cache.allocated, lines)),
                 format_bytes(cache.write_backs * cache.line_bytes)});
    }
  }
  return table.empty() ? "" : "\nCaches, by lines\n" + table.to_string();
}

std::string invariants_and_notes(const RunResult& result) {
  const auto broken = std::count_if(result.invariants.begin(), result.invariants.end(),
                                    [](const metrics::Invariant& i) { return !i.holds; });
  std::string text = result.invariants.empty()
                         ? "\nInvariants: not checked, because the run did not end\n"
                         : fmt::format("\nInvariants: {} of {} hold\n",
                                       result.invariants.size() - static_cast<std::size_t>(broken),
                                       result.invariants.size());
  for (const metrics::Invariant& invariant : result.invariants) {
    if (!invariant.holds) {
      text += fmt::format("  BROKEN: {}: {}\n", invariant.name, invariant.detail);
    }
  }
  if (!result.notes.empty()) {
    text += "\nNotes\n";
  }
  for (const std::string& note : result.notes) {
    text += "  - " + note + '\n';
  }
  return text;
}

}  // namespace

std::string limits(const RunResult& result) {
  std::map<std::string, base::Femtoseconds> latency_by_limit;
  base::Femtoseconds total = 0;
  for (const LayerResult& layer : result.layers) {
    if (!layer.limited_by.empty()) {
      latency_by_limit[layer.limited_by] += layer.latency;
      total += layer.latency;
    }
  }
  std::vector<std::pair<std::string, base::Femtoseconds>> ordered(latency_by_limit.begin(),
                                                                  latency_by_limit.end());
  std::sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  std::string text;
  for (const auto& [limit, latency] : ordered) {
    if (latency > 0 && ratio(latency, total) >= 0.005) {
      text += fmt::format("{}{} {:.0f} %", text.empty() ? "" : ", ", limit,
                          100.0 * ratio(latency, total));
    }
  }
  return text;
}

std::string summary(const RunResult& result, const SummaryOptions& options) {
  return heading(result) + totals(result) + stream_table(result) +
         layer_table(result, options.layers) + energy_table(result) + engine_table(result) +
         density_table(result) + memory_table(result) + cache_table(result) +
         invariants_and_notes(result);
}

}  // namespace orrery::report
