// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "platform/run.h"
#include "tests/platform/list_source.h"

namespace orrery::platform {

// Engines of small.yaml.
inline constexpr command::EngineIndex kArray = 0;
inline constexpr command::EngineIndex kVector = 1;
inline constexpr command::EngineIndex kLoad = 2;
inline constexpr command::EngineIndex kStore = 3;

inline hardware::PlatformConfig small_platform(const std::vector<std::string>& overrides = {},
                                               const std::string& file = "small.yaml") {
  std::vector<config::Override> changes;
  for (const std::string& text : overrides) {
    changes.push_back(config::parse_override(text));
  }
  return hardware::load_platform(ORRERY_SOURCE_DIR "/tests/platform/" + file, changes);
}

inline command::Move load(std::int64_t bytes, std::uint16_t tier = 0) {
  command::Move move;
  move.source.space = {command::SpaceKind::kTier, tier};
  move.destination.space = {command::SpaceKind::kScratchpad, 0};
  move.row_bytes = bytes;
  return move;
}

inline command::View int8_matrix(std::int64_t rows, std::int64_t columns) {
  command::View view;
  view.type = numeric::ElementType::kInt8;
  view.row.push_back({rows, 8 * columns, {}});
  view.column.push_back({columns, 8, {}});
  return view;
}

// Latency of 4 and a 16th of the elements: 20 cycles for 16 x 16.
inline command::VectorCommand copy_of(std::int64_t rows, std::int64_t columns) {
  command::VectorCommand command;
  command.rows = rows;
  command.columns = columns;
  command.source = int8_matrix(rows, columns);
  command.destination = int8_matrix(rows, columns);
  return command;
}

inline command::ComputeTile tile(std::int64_t m, std::int64_t n, std::int64_t k) {
  command::ComputeTile tile;
  tile.m = m;
  tile.n = n;
  tile.k = k;
  tile.a = int8_matrix(m, k);
  tile.b = int8_matrix(k, n);
  tile.c.space = {command::SpaceKind::kAccumulator, kArray};
  tile.c.type = numeric::ElementType::kInt32;
  tile.c.row.push_back({m, 32 * n, {}});
  tile.c.column.push_back({n, 32, {}});
  tile.macs_useful = m * n * k;
  return tile;
}

// A stream on small.yaml that has every command in a layer of its own, so that spans tell when each
// was under way. It keeps to one of 16 parts of the scratchpad.
class SmallStream {
 public:
  explicit SmallStream(const std::string& name, int part = 0) {
    header_.workload = name;
    header_.platform = "small";
    header_.engines = {"array", "vector", "load", "store"};
    header_.tiers = {"memory"};
    header_.uses = {{{command::SpaceKind::kScratchpad, 0}, part * 4096, (part + 1) * 4096}};
  }

  [[nodiscard]] command::StreamHeader& header() { return header_; }

  // Returns the command's number.
  command::CommandId add(command::EngineIndex engine, decltype(command::Command::body) body,
                         std::vector<command::Dependency> after = {}) {
    const auto* tile = std::get_if<command::ComputeTile>(&body);
    const auto* rendezvous = std::get_if<command::Rendezvous>(&body);
    if (rendezvous != nullptr) {
      header_.rendezvous.push_back(rendezvous->number);
    }
    std::string name = "command ";
    name += std::to_string(commands_.size() + 1);
    header_.layers.push_back(
        {std::move(name), "test", tile == nullptr ? 0 : tile->macs_useful, "", "", ""});
    command::Command command;
    command.id = commands_.size() + 1;
    command.engine = engine;
    command.layer = static_cast<command::LayerIndex>(commands_.size());
    command.after.assign(after.begin(), after.end());
    command.body = std::move(body);
    commands_.push_back(std::move(command));
    return commands_.back().id;
  }

  [[nodiscard]] const std::vector<command::Command>& commands() const { return commands_; }

  [[nodiscard]] ListSource source() const {
    ListSource source(header_);
    for (const command::Command& command : commands_) {
      source.add(command.engine, command.body, {command.after.begin(), command.after.end()},
                 command.layer);
    }
    return source;
  }

 private:
  command::StreamHeader header_;
  std::vector<command::Command> commands_;
};

// Runs the streams with a timeline and expects the invariants to hold.
inline metrics::RunResult run_streams(const hardware::PlatformConfig& platform,
                                      const std::vector<SmallStream>& streams,
                                      bool reverse = false) {
  std::vector<ListSource> sources;
  for (const SmallStream& stream : streams) {
    sources.push_back(stream.source());
  }
  std::vector<command::Source*> pointers;
  for (ListSource& source : sources) {
    pointers.push_back(&source);
  }
  RunOptions options;
  options.timeline = true;
  options.reverse_construction = reverse;
  metrics::RunResult result = run(platform, pointers, options).result;
  EXPECT_FALSE(result.invariants.empty());
  for (const metrics::Invariant& invariant : result.invariants) {
    EXPECT_TRUE(invariant.holds) << invariant.name << ": " << invariant.detail;
  }
  return result;
}

// When a command of the streams was under way, in ns.
inline std::pair<std::int64_t, std::int64_t> span_of(const metrics::RunResult& result,
                                                     std::size_t stream, command::CommandId id) {
  const std::size_t first = result.streams.empty() ? 0 : result.streams[stream].first_layer;
  const metrics::LayerResult& layer = result.layers.at(first + id - 1);
  return {layer.start / 1'000'000, layer.end / 1'000'000};
}

}  // namespace orrery::platform
