// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config/document.h"
#include "hardware/energy_config.h"
#include "hardware/engine_config.h"
#include "hardware/technology.h"
#include "hardware/tier_config.h"

namespace orrery::hardware {

// On-chip memory that all engines share, or that is cut into partitions as the shared memories of a
// GPU's multiprocessors, each with its own part of the engines.
struct ScratchpadConfig {
  base::Bytes capacity{1 << 20};  // of each partition
  std::int64_t partitions = 1;
  std::string clock = "core";
  std::int64_t banks = 32;        // of each partition
  std::int64_t ports = 1;         // of each bank
  std::int64_t width_bytes = 32;  // of each port, per cycle
};

// The way between engines and memory channels: one lane for each channel, never the bottleneck; its
// latency is what gives the memory its lookahead.
struct FabricConfig {
  base::Duration request_latency{base::Rational(20'000'000)};
  base::Duration response_latency{base::Rational(20'000'000)};
};

// Command processor: hands the stream's commands to the engines' queues, one a cycle to those of a
// partition.
struct SequencerConfig {
  std::string clock = "core";
  std::int64_t dispatch_cycles = 1;  // between two commands, and from dispatch to the queue
  // Of a layer as a kernel: from the end of all before it to its first dispatch. 0: layers overlap.
  base::Duration launch_latency;
  // Of each of several partitions of the scratchpad: commands that are read before they are sent.
  std::int64_t lookahead = 64;
};

struct PlatformConfig {
  std::string name;
  std::string description;
  config::Named<base::Frequency> clocks;
  config::Named<EngineConfigPointer> engines;
  ScratchpadConfig scratchpad;
  FabricConfig fabric;
  SequencerConfig sequencer;
  config::Named<TierConfig> memory;
  EnergyConfig energy;
  std::optional<Technology> technology;  // that logic is scaled to; absent: as the inputs are
  base::SourcePosition where;

  // What energies of arithmetic are multiplied by for `technology`; 1 without it.
  [[nodiscard]] double arithmetic_energy_factor() const;
  // What a result says of the scaling to `technology`; nullopt where there is none.
  [[nodiscard]] std::optional<std::string> technology_note() const;
  // Of one engine, in `technology` where there is one; nullopt where its units' area is not known.
  [[nodiscard]] std::optional<double> square_millimetres(const EngineConfig& engine) const;

  // The frequency of a clock domain that the schema has checked to exist.
  [[nodiscard]] const base::Frequency& clock(const std::string& name) const;

  // One entry for each engine instance: "array0", "array1", ... in the order of the file. Of the
  // engines of one description, as many as follow each other belong to a partition.
  struct Instance {
    std::string name;
    std::string key;  // of the description
    EngineConfigPointer config;
    std::int64_t partition = 0;
  };
  [[nodiscard]] std::vector<Instance> instances() const;
  // Engines of one description in each partition.
  [[nodiscard]] std::int64_t count_in_partition(const EngineConfig& engine) const {
    return engine.count / scratchpad.partitions;
  }

  [[nodiscard]] static const config::Schema<PlatformConfig>& schema();
};

// Reads a platform file, lays the overrides whose path begins with "platform." over it, and checks
// it. Throws base::UserError with every mistake.
[[nodiscard]] PlatformConfig load_platform(const std::filesystem::path& path,
                                           const std::vector<config::Override>& overrides = {});

// The platform as YAML with every default written out.
[[nodiscard]] config::Node write_platform(const PlatformConfig& platform);

}  // namespace orrery::hardware
