// SPDX-License-Identifier: Apache-2.0
#include "cli/memory_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/memory_figures.h"
#include "report/format.h"
#include "report/result_json.h"
#include "report/text_table.h"

namespace orrery::cli {
namespace {

using memory::dram::AccessStatistics;
using memory::dram::ChannelStatistics;
using memory::dram::RankStatistics;
using memory::trace::TraceResult;
using report::format_count;
using report::Json;

std::int64_t signed_count(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

Json accesses_json(const AccessStatistics& accesses) {
  return {{"read_bursts", accesses.read_bursts},     {"write_bursts", accesses.write_bursts},
          {"row_hits", accesses.row_hits},           {"row_misses", accesses.row_misses},
          {"row_conflicts", accesses.row_conflicts}, {"forwarded", accesses.forwarded}};
}

Json commands_json(const MemoryScenario& scenario, const ChannelStatistics& statistics) {
  Json json = Json::object();
  for (std::size_t i = 0; i < statistics.commands.size(); ++i) {
    json[scenario.spec.commands[i].name] = statistics.commands[i];
  }
  return json;
}

// Sums over the channels.
Json pim_json(const TraceResult& result) {
  const AccessStatistics& accesses = result.total.total;
  return {{"commands", result.pim_commands},
          {"row_commands", accesses.pim_row_commands},
          {"bytes_in", accesses.pim_bytes_in},
          {"bytes_out", accesses.pim_bytes_out},
          {"busy_cycles", result.total.pim_busy}};
}

Json latency_json(const TraceResult& result, const MemoryFigures& figures) {
  Json json{{"count", result.latencies.count()},
            {"average_cycles", figures.average_latency_cycles()},
            {"average_ns", figures.nanoseconds(figures.average_latency_cycles())},
            {"p50_cycles", result.latencies.percentile(50, 100)},
            {"p95_cycles", result.latencies.percentile(95, 100)},
            {"p99_cycles", result.latencies.percentile(99, 100)},
            {"max_cycles", result.latencies.largest()},
            {"histogram", Json::array()}};
  for (const MemoryFigures::Bucket& bucket : figures.histogram()) {
    json["histogram"].push_back(
        {{"from_cycles", bucket.from}, {"to_cycles", bucket.to}, {"count", bucket.count}});
  }
  return json;
}

Json energy_json(const TraceResult& result, const MemoryFigures& figures) {
  if (!result.energy) {
    return nullptr;
  }
  Json json{{"total_pj", result.energy->total()},
            {"average_watts", result.energy->total() * 1e-12 / figures.seconds()},
            {"components", Json::object()},
            {"family", result.energy->family},
            {"source", result.energy->source}};
  for (const auto& [name, picojoules] : figures.energy_components()) {
    json["components"][name] = picojoules;
  }
  return json;
}

Json channel_json(const MemoryScenario& scenario, const memory::trace::ChannelResult& channel) {
  Json json{{"end_cycle", channel.end},
            {"accesses", accesses_json(channel.statistics.total)},
            {"commands", commands_json(scenario, channel.statistics)},
            {"data_bus_busy_cycles", channel.statistics.data_bus_busy},
            {"ranks", Json::array()}};
  for (const RankStatistics& rank : channel.statistics.ranks) {
    Json states = Json::object();
    for (const auto& [name, cycles] : MemoryFigures::rank_states(rank)) {
      states[name + "_cycles"] = cycles;
    }
    states["refreshes"] = rank.refreshes;
    json["ranks"].push_back(std::move(states));
  }
  return json;
}

Json check_json(const memory::trace::CheckOutput* check) {
  if (check == nullptr) {
    return nullptr;
  }
  Json json{{"commands", check->commands()}, {"findings", Json::object()}};
  const auto& kinds = memory::checker::finding_kind_names();
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    json["findings"][kinds[i]] =
        check->findings().count(static_cast<memory::checker::FindingKind>(i));
  }
  return json;
}

std::string line(const char* name, const std::string& text) {
  return fmt::format("  {:<14}{}\n", name, text);
}

std::string heading(const MemoryScenario& scenario, const TraceResult& result) {
  return fmt::format("{} on {}, {} channel{}\n{} requests ({} R, {} W), {}\n\n",
                     scenario.trace.filename().string(), scenario.spec.name,
                     scenario.options.channels, scenario.options.channels == 1 ? "" : "s",
                     format_count(signed_count(result.reads + result.writes)),
                     format_count(signed_count(result.reads)),
                     format_count(signed_count(result.writes)),
                     result.pacing == memory::trace::Pacing::kAtCycle ? "offered at their cycles"
                                                                      : "offered one a cycle");
}

std::string totals(const TraceResult& result, const MemoryFigures& figures) {
  const AccessStatistics& accesses = result.total.total;
  std::string text =
      line("time", fmt::format("{} = {} cycles of {}", report::format_si(figures.seconds(), "s"),
                               format_count(result.cycles),
                               report::format_si(figures.clock_hertz(), "Hz")));
  text += line("bandwidth",
               fmt::format("{} = {} of {}", report::format_si(figures.bytes_per_second(), "B/s"),
                           report::format_percent(figures.utilization()),
                           report::format_si(figures.peak_bytes_per_second(), "B/s")));
  if (result.latencies.count() != 0) {
    text +=
        line("read latency",
             fmt::format("average {:.1f} cycles ({:.1f} ns), p50 {}, p95 {}, p99 {}, max {}",
                         figures.average_latency_cycles(),
                         figures.nanoseconds(figures.average_latency_cycles()),
                         result.latencies.percentile(50, 100), result.latencies.percentile(95, 100),
                         result.latencies.percentile(99, 100), result.latencies.largest()));
  }
  text += line("rows", fmt::format("{} hits, {} misses, {} conflicts; {} reads forwarded",
                                   format_count(signed_count(accesses.row_hits)),
                                   format_count(signed_count(accesses.row_misses)),
                                   format_count(signed_count(accesses.row_conflicts)),
                                   format_count(signed_count(accesses.forwarded))));
  if (result.pim_commands != 0) {
    text +=
        line("PIM", fmt::format("{} commands and {} for their rows; {} in, {} out; busy {} cycles",
                                format_count(signed_count(result.pim_commands)),
                                format_count(signed_count(accesses.pim_row_commands)),
                                report::format_si(static_cast<double>(accesses.pim_bytes_in), "B"),
                                report::format_si(static_cast<double>(accesses.pim_bytes_out), "B"),
                                format_count(result.total.pim_busy)));
  }
  text += line("refreshes", format_count(signed_count(figures.refreshes())));
  if (result.energy) {
    text +=
        line("energy",
             fmt::format("{}, {} on average ({})",
                         report::format_si(result.energy->total() * 1e-12, "J"),
                         report::format_si(result.energy->total() * 1e-12 / figures.seconds(), "W"),
                         result.energy->family));
  }
  return text;
}

std::string share(double part, double whole) {
  return report::format_percent(whole == 0 ? 0 : part / whole);
}

std::string commands_table(const MemoryScenario& scenario, const TraceResult& result) {
  report::TextTable table({{"command", '<'}, {"issued"}});
  for (std::size_t i = 0; i < result.total.commands.size(); ++i) {
    if (result.total.commands[i] != 0) {
      table.add(
          {scenario.spec.commands[i].name, format_count(signed_count(result.total.commands[i]))});
    }
  }
  return '\n' + table.to_string();
}

std::string energy_table(const TraceResult& result, const MemoryFigures& figures) {
  if (!result.energy) {
    return "";
  }
  report::TextTable table({{"energy", '<'}, {"amount"}, {"share"}});
  for (const auto& [name, picojoules] : figures.energy_components()) {
    if (picojoules != 0) {
      table.add({name, report::format_si(picojoules * 1e-12, "J"),
                 share(picojoules, result.energy->total())});
    }
  }
  return '\n' + table.to_string();
}

// Ranks by channel; the states that no rank was in are left out.
std::string ranks_table(const TraceResult& result) {
  std::vector<report::TextTable::Column> columns{{"channel"}, {"rank"}, {"refreshes"}};
  std::vector<bool> shown;
  const auto names = MemoryFigures::rank_states({});
  for (std::size_t state = 0; state < names.size(); ++state) {
    shown.push_back(std::any_of(result.total.ranks.begin(), result.total.ranks.end(),
                                [state](const RankStatistics& rank) {
                                  return MemoryFigures::rank_states(rank)[state].second != 0;
                                }));
    if (shown.back()) {
      columns.push_back({names[state].first});
    }
  }
  report::TextTable table(columns);
  for (std::size_t channel = 0; channel < result.channels.size(); ++channel) {
    const auto& ranks = result.channels[channel].statistics.ranks;
    for (std::size_t i = 0; i < ranks.size(); ++i) {
      std::vector<std::string> fields{std::to_string(channel), std::to_string(i),
                                      format_count(signed_count(ranks[i].refreshes))};
      const auto states = MemoryFigures::rank_states(ranks[i]);
      for (std::size_t state = 0; state < states.size(); ++state) {
        if (shown[state]) {
          fields.push_back(
              share(static_cast<double>(states[state].second), static_cast<double>(result.cycles)));
        }
      }
      table.add(std::move(fields));
    }
  }
  return '\n' + table.to_string();
}

// One line for each power of two of the latency.
std::string histogram_table(const TraceResult& result) {
  if (result.latencies.count() == 0) {
    return "";
  }
  report::TextTable table({{"read latency", '<'}, {"reads"}, {"share"}});
  base::Cycle from = 0;
  base::Cycle to = 15;
  std::uint64_t count = 0;
  const auto flush = [&] {
    if (count != 0) {
      table.add({fmt::format("{} to {}", from, to), format_count(signed_count(count)),
                 share(static_cast<double>(count), static_cast<double>(result.latencies.count()))});
    }
    count = 0;
  };
  for (const auto& [latency, reads] : result.latencies.values()) {
    while (latency > to) {
      flush();
      from = to + 1;
      to = 2 * to + 1;
    }
    count += reads;
  }
  flush();
  return '\n' + table.to_string();
}

}  // namespace

Json memory_json(const MemoryScenario& scenario, const TraceResult& result,
                 const memory::trace::CheckOutput* check) {
  const MemoryFigures figures(scenario, result);
  const std::uint64_t access = result.total.access_bytes;
  const AccessStatistics& accesses = result.total.total;
  Json json{{"schema", "orrery-memory-1"},
            {"orrery", report::orrery_json()},
            {"standard", scenario.spec.name},
            {"config_hash", scenario.hash},
            {"partial", result.interrupted},
            {"trace",
             {{"file", scenario.trace.filename().string()},
              {"sha256", scenario.trace_hash},
              {"pacing", pacing_name(result.pacing)},
              {"reads", result.reads},
              {"writes", result.writes}}},
            {"channels", scenario.options.channels},
            {"interleave_bytes", scenario.options.interleave},
            {"request_bytes", scenario.options.bytes_of_request(scenario.spec)},
            {"access_bytes", access},
            {"time",
             {{"cycles", result.cycles},
              {"seconds", figures.seconds()},
              {"femtoseconds", figures.femtoseconds()},
              {"clock_hz", figures.clock_hertz()}}},
            {"bandwidth",
             {{"bytes_read", (accesses.read_bursts - accesses.forwarded) * access},
              {"bytes_written", accesses.write_bursts * access},
              {"bytes_per_second", figures.bytes_per_second()},
              {"peak_bytes_per_second", figures.peak_bytes_per_second()},
              {"utilization", figures.utilization()}}},
            {"read_latency", latency_json(result, figures)},
            {"accesses", accesses_json(accesses)},
            {"refreshes", figures.refreshes()},
            {"commands", commands_json(scenario, result.total)},
            {"energy", energy_json(result, figures)},
            {"check", check_json(check)},
            {"per_channel", Json::array()},
            {"notes", figures.notes()}};
  for (const memory::trace::ChannelResult& channel : result.channels) {
    json["per_channel"].push_back(channel_json(scenario, channel));
  }
  if (scenario.spec.has_pim()) {
    json["pim"] = pim_json(result);
  }
  return json;
}

std::string memory_summary(const MemoryScenario& scenario, const TraceResult& result,
                           const memory::trace::CheckOutput* check) {
  const MemoryFigures figures(scenario, result);
  std::string text = heading(scenario, result) + totals(result, figures);
  if (check != nullptr) {
    text += line("checked", fmt::format("{} commands, {} findings",
                                        format_count(signed_count(check->commands())),
                                        format_count(signed_count(check->findings().total()))));
  }
  text += commands_table(scenario, result) + energy_table(result, figures) + ranks_table(result) +
          histogram_table(result);
  for (const std::string& note : figures.notes()) {
    text += "\nnote: " + note + '\n';
  }
  return text;
}

}  // namespace orrery::cli
