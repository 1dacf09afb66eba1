// SPDX-License-Identifier: Apache-2.0
#include "report/timeline.h"

#include <fmt/format.h>

#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filtering_stream.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <functional>
#include <numeric>
#include <sstream>
#include <vector>

#include "base/error.h"
#include "report/json.h"

namespace orrery::report {
namespace {

using base::Femtoseconds;
using metrics::RunResult;

enum Process { kLayers = 1, kEngines = 2, kMemory = 3 };

// Femtoseconds as microseconds. Binary floating point would lose the last digits of long runs.
std::string microseconds(Femtoseconds time) {
  constexpr Femtoseconds kPerMicrosecond = 1'000'000'000;
  return fmt::format("{}.{:09d}", time / kPerMicrosecond, time % kPerMicrosecond);
}

std::string quoted(const std::string& text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Writes the elements of a JSON array one by one: a timeline may be too long for a tree in memory.
class EventWriter {
 public:
  explicit EventWriter(std::ostream& out) : out_(out) {
    out_ << "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[";
  }

  void name_process(int process, const std::string& name) {
    event(fmt::format(R"({{"ph":"M","pid":{},"name":"process_name","args":{{"name":{}}}}})",
                      process, quoted(name)));
    event(fmt::format(R"({{"ph":"M","pid":{},"name":"process_sort_index","args":{{"sort_index":{}}}}})",
                      process, process));
  }

  void name_track(int process, std::size_t track, const std::string& name) {
    event(fmt::format(R"({{"ph":"M","pid":{},"tid":{},"name":"thread_name","args":{{"name":{}}}}})",
                      process, track, quoted(name)));
  }

  void span(int process, std::size_t track, const std::string& quoted_name, Femtoseconds start,
            Femtoseconds end) {
    event(fmt::format(R"({{"ph":"X","pid":{},"tid":{},"name":{},"ts":{},"dur":{}}})", process,
                      track, quoted_name, microseconds(start), microseconds(end - start)));
  }

  void close() { out_ << "\n]}\n"; }

 private:
  void event(const std::string& json) {
    out_ << (first_ ? "\n" : ",\n") << json;
    first_ = false;
  }

  std::ostream& out_;
  bool first_ = true;
};

// Spans of one track must not overlap: each layer takes the first track that is free at its start.
void write_layers(const RunResult& result, const std::vector<std::string>& names,
                  EventWriter& writer) {
  std::vector<Femtoseconds> free_from;
  writer.name_process(kLayers, "layers");
  for (std::size_t i = 0; i < result.layers.size(); ++i) {
    const metrics::LayerResult& layer = result.layers[i];
    if (layer.end <= layer.start) {
      continue;
    }
    std::size_t track = 0;
    while (track < free_from.size() && free_from[track] > layer.start) {
      ++track;
    }
    if (track == free_from.size()) {
      free_from.push_back(0);
      writer.name_track(kLayers, track + 1, track == 0 ? "layers" : "layers, overlapping");
    }
    free_from[track] = layer.end;
    writer.span(kLayers, track + 1, names[i], layer.start, layer.end);
  }
}

void name_tracks(const RunResult& result, EventWriter& writer) {
  writer.name_process(kEngines, "engines");
  for (std::size_t i = 0; i < result.engines.size(); ++i) {
    writer.name_track(kEngines, i + 1, result.engines[i].name);
  }
  writer.name_process(kMemory, "memory");
  std::size_t track = result.engines.size();
  for (const metrics::TierResult& tier : result.tiers) {
    for (std::int64_t channel = 0; channel < tier.channels; ++channel) {
      writer.name_track(kMemory, ++track, fmt::format("{} channel {}", tier.name, channel));
    }
  }
}

void write_events(const RunResult& result, std::ostream& out) {
  std::vector<std::string> names;
  for (const metrics::LayerResult& layer : result.layers) {
    names.push_back(quoted(layer.name));
  }
  EventWriter writer(out);
  write_layers(result, names, writer);
  name_tracks(result, writer);
  for (const metrics::Span& span : result.spans) {
    base::require_invariant(span.layer < names.size(), "every span belongs to a layer");
    writer.span(span.track < result.engines.size() ? kEngines : kMemory, span.track + 1,
                names[span.layer], span.start, span.end);
  }
  writer.close();
}

}  // namespace

std::string timeline_json(const RunResult& result) {
  std::ostringstream out;
  write_events(result, out);
  return out.str();
}

void write_timeline(const RunResult& result, const std::filesystem::path& path,
                    const std::filesystem::path& shown) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  {
    boost::iostreams::filtering_ostream out;
    out.push(boost::iostreams::gzip_compressor());  // its defaults: no name, time stamp 0
    out.push(file);
    write_events(result, out);
  }
  file.close();
  if (!file) {
    throw base::UserError(
        base::Diagnostic{{shown.string(), 0, 0},
                         "",
                         fmt::format("cannot be written: {}", std::strerror(errno)),
                         "",
                         ""});
  }
}

}  // namespace orrery::report
