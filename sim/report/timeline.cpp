// SPDX-License-Identifier: Apache-2.0
#include "report/timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filtering_stream.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <tuple>
#include <vector>

#include "base/error.h"
#include "report/trace_event_writer.h"

namespace orrery::report {
namespace {

using base::Femtoseconds;
using metrics::RunResult;

enum Process { kLayers = 1, kEngines = 2, kMemory = 3 };

// The viewers want spans of one track to lie apart or inside each other, so a track is split into
// lanes: each span takes the first lane that is free when it starts.
class Lanes {
 public:
  // Spans must come in the order of their starts.
  std::size_t take(Femtoseconds start, Femtoseconds end) {
    std::size_t lane = 0;
    while (lane < free_from_.size() && free_from_[lane] > start) {
      ++lane;
    }
    if (lane == free_from_.size()) {
      free_from_.push_back(0);
    }
    free_from_[lane] = end;
    return lane;
  }
  [[nodiscard]] std::size_t count() const { return free_from_.size(); }

 private:
  std::vector<Femtoseconds> free_from_;
};

// A row of the viewer before it is split: an engine, a memory channel, or the layers.
struct Track {
  int process = kLayers;
  std::string name;
  std::vector<metrics::Span> spans;
};

std::vector<Track> tracks_of(const RunResult& result, const TimelineWindow& window) {
  std::vector<Track> tracks;
  for (const metrics::EngineResult& engine : result.engines) {
    tracks.push_back({kEngines, engine.name, {}});
  }
  for (const metrics::TierResult& tier : result.tiers) {
    for (std::int64_t channel = 0; channel < tier.channels; ++channel) {
      tracks.push_back({kMemory, fmt::format("{} channel {}", tier.name, channel), {}});
    }
  }
  for (const metrics::Span& span : result.spans) {
    base::require_invariant(span.track < tracks.size() && span.layer < result.layers.size(),
                            "every span belongs to an engine or channel and to a layer");
    tracks[span.track].spans.push_back(span);
  }
  tracks.insert(tracks.begin(), {kLayers, "layers", {}});
  for (std::size_t i = 0; i < result.layers.size(); ++i) {
    const metrics::LayerResult& layer = result.layers[i];
    if (layer.end > layer.start && layer.end > window.begin && layer.start < window.end) {
      tracks.front().spans.push_back({0, static_cast<std::uint32_t>(i), layer.start, layer.end});
    }
  }
  return tracks;
}

// Writes one track as lanes numbered from first_lane + 1; returns how many there were.
std::size_t write_track(Track& track, std::size_t first_lane, const std::vector<std::string>& names,
                        TraceEventWriter& writer) {
  std::sort(track.spans.begin(), track.spans.end(),
            [](const metrics::Span& a, const metrics::Span& b) {
              return std::tie(a.start, a.end, a.layer) < std::tie(b.start, b.end, b.layer);
            });
  Lanes lanes;
  for (const metrics::Span& span : track.spans) {
    const std::size_t lane = lanes.take(span.start, span.end);
    writer.span(track.process, first_lane + lane + 1, names[span.layer], span.start, span.end);
  }
  for (std::size_t lane = 0; lane < std::max<std::size_t>(1, lanes.count()); ++lane) {
    writer.name_track(track.process, first_lane + lane + 1,
                      lane == 0 ? track.name : fmt::format("{} ({})", track.name, lane + 1));
  }
  return std::max<std::size_t>(1, lanes.count());
}

void write_events(const RunResult& result, const TimelineWindow& window, std::ostream& out) {
  std::vector<std::string> names;
  for (const metrics::LayerResult& layer : result.layers) {
    names.push_back(TraceEventWriter::quoted(layer.name));
  }
  TraceEventWriter writer(out);
  writer.name_process(kLayers, "layers");
  writer.name_process(kEngines, "engines");
  writer.name_process(kMemory, "memory");
  std::size_t lanes = 0;
  for (Track& track : tracks_of(result, window)) {
    lanes += write_track(track, lanes, names, writer);
  }
  writer.close();
}

}  // namespace

std::string timeline_json(const RunResult& result, const TimelineWindow& window) {
  std::ostringstream out;
  write_events(result, window, out);
  return out.str();
}

void write_timeline(const RunResult& result, const TimelineWindow& window,
                    const std::filesystem::path& path, const std::filesystem::path& shown) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  {
    boost::iostreams::filtering_ostream out;
    out.push(boost::iostreams::gzip_compressor());  // its defaults: no name, time stamp 0
    out.push(file);
    write_events(result, window, out);
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
