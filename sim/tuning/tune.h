// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "hardware/platform_config.h"
#include "lowering/mapping/mapping_config.h"
#include "tuning/objective.h"
#include "workload/graph.h"

namespace orrery::tuning {

struct TuningOptions {
  std::int64_t evaluations = 1;  // simulations of each distinct layer
  std::uint64_t seed = 0;
  Objective objective = Objective::kLatency;
  bool any_dataflow = false;  // else each layer keeps its own
  const std::atomic<bool>* interrupt = nullptr;
  std::function<void(std::size_t done, std::size_t layers)> progress;
};

// What a search found for one distinct layer.
struct TunedLayer {
  std::string name;        // of the first of them
  std::size_t layers = 1;  // that are equal to it, with itself
  std::size_t candidates = 0;
  std::int64_t evaluations = 0;
  std::int64_t default_cost = 0;  // cycles or femtojoules of the layer by itself
  std::int64_t cost = 0;
  bool is_proven = false;  // no other candidate is better
};

struct TunedMapping {
  lowering::MappingConfig mapping;  // the given one, and a rule for every matrix layer
  std::vector<TunedLayer> layers;
  bool interrupted = false;
};

// Tunes the tilings of all convolutions and matrix products of a graph; equal layers once. Each is
// simulated by itself, so what layers do to each other is not seen. Throws base::UserError as
// lowering::make_plan() does.
[[nodiscard]] TunedMapping tune(const hardware::PlatformConfig& platform,
                                const workload::Graph& graph,
                                const lowering::MappingConfig& mapping, std::uint64_t seed,
                                const TuningOptions& options);

}  // namespace orrery::tuning
