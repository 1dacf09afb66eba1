// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "config/schema.h"
#include "hardware/unit_area.h"

namespace orrery::hardware {

// Whose command an engine starts where those of several streams could start at the same edge.
enum class Arbitration : std::uint8_t {
  kOldestFirst,  // the one that arrived first at its queue
  kRoundRobin,   // that of the next stream behind the one served last
  kPriority,     // that of the first stream
};

[[nodiscard]] inline const config::EnumTable<Arbitration>& arbitration_names() {
  static const config::EnumTable<Arbitration> kNames{{"oldest_first", Arbitration::kOldestFirst},
                                                     {"round_robin", Arbitration::kRoundRobin},
                                                     {"priority", Arbitration::kPriority}};
  return kNames;
}

// What every kind of engine has. One entry of the platform stands for `count` engines alike, named
// "array" (count 1) or "array0", "array1", ...
struct EngineConfig {
  virtual ~EngineConfig() = default;

  std::int64_t count = 1;
  std::string clock = "core";
  std::int64_t queue_depth = 16;  // commands of each stream that wait at the engine
  Arbitration arbitration = Arbitration::kOldestFirst;
  std::optional<UnitArea> area;  // absent: not known
  base::SourcePosition where;

  // Units that the area is of, in each engine.
  [[nodiscard]] virtual std::int64_t units() const { return 1; }
};

using EngineConfigPointer = std::shared_ptr<const EngineConfig>;

// The kinds known to this build. A new kind adds one line to engine_kinds.cpp.
[[nodiscard]] const std::vector<config::Kind<EngineConfig>>& engine_kinds();

// The name of an engine's kind, as `kind` in its file.
[[nodiscard]] std::string kind_of(const EngineConfig& config);

// Adds the parameters of EngineConfig to the schema of a derived struct.
template <class Derived>
config::Schema<Derived> engine_schema(std::string name, std::string help) {
  config::Schema<Derived> schema(std::move(name), std::move(help));
  schema
      .optional("count", static_cast<std::int64_t Derived::*>(&EngineConfig::count),
                config::integer(1, 1024), "Engines of this description.")
      .optional("clock", static_cast<std::string Derived::*>(&EngineConfig::clock), config::text(),
                "Clock domain, a key of `clocks`.")
      .optional("queue_depth", static_cast<std::int64_t Derived::*>(&EngineConfig::queue_depth),
                config::integer(1, 65536), "Commands that may wait at each engine.")
      .optional("arbitration", static_cast<Arbitration Derived::*>(&EngineConfig::arbitration),
                config::choice(arbitration_names()),
                "Whose command starts where those of several streams could: the one that arrived "
                "first, that of each stream in turn, or that of the first stream.")
      .optional("area", static_cast<std::optional<UnitArea> Derived::*>(&EngineConfig::area),
                config::maybe(config::object(UnitArea::schema())),
                "Silicon of one unit: a processing element of a grid, a lane of a vector unit, the "
                "whole engine of other kinds.")
      .position(static_cast<base::SourcePosition Derived::*>(&EngineConfig::where));
  return schema;
}

}  // namespace orrery::hardware
