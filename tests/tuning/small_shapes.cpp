// SPDX-License-Identifier: Apache-2.0
#include "tests/tuning/small_shapes.h"

#include <algorithm>

#include "base/random.h"
#include "lowering/lowering.h"
#include "tuning/layer_trial.h"
#include "workload/graph_builder.h"

namespace orrery::tuning {

workload::Graph small_shape(std::uint64_t seed) {
  base::Random random(seed);
  const auto size = [&](std::int64_t most) { return random.integer(1, most); };
  workload::GraphBuilder builder("shape", {});
  if (seed % 2 == 0) {
    const std::int64_t m = size(48);
    const std::int64_t k = size(48);
    builder.linear("layer", builder.input("x", {m, k}, {}), size(48), size(2) == 1, {});
    return builder.finish();
  }
  workload::Convolution attributes;
  const std::int64_t kernel = 2 * size(2) - 1;
  attributes.stride_h = attributes.stride_w = size(2);
  attributes.pad_top = attributes.pad_left = attributes.pad_bottom = attributes.pad_right =
      kernel / 2;
  const std::int64_t edge = kernel + size(9);
  const std::int64_t channels = size(20);
  builder.convolution("layer", builder.input("x", {size(2), edge, edge, channels}, {}), attributes,
                      {kernel, kernel}, size(24), size(2) == 1, {});
  return builder.finish();
}

hardware::PlatformConfig small_platform() {
  return hardware::load_platform(std::filesystem::path(ORRERY_SOURCE_DIR) /
                                 "tests/tuning/small_platform.yaml");
}

Gap measure_gap(std::uint64_t seed, std::int64_t evaluations) {
  const hardware::PlatformConfig platform = small_platform();
  const workload::Graph graph = small_shape(seed);
  const auto plan = lowering::make_plan(graph, lowering::machine_from(platform), {}, 0);
  const LayerTrial trial(platform, graph, {}, *plan, 0, {Objective::kLatency, true, nullptr});
  const SearchResult found = search(
      trial.candidates(), [&](const Candidate& candidate) { return trial.cost(candidate); },
      evaluations, seed);
  Gap gap;
  gap.candidates = trial.candidates().size();
  gap.evaluations = found.evaluations;
  gap.is_proven = found.is_proven;
  gap.by_default = found.first_cost;
  gap.tuned = gap.exhaustive = found.cost;
  for (const Candidate& candidate : trial.candidates()) {
    const std::int64_t cost = *trial.cost(candidate);
    gap.exhaustive = std::min(gap.exhaustive, cost);
    gap.bounds_hold = gap.bounds_hold && candidate.bound <= cost;
  }
  return gap;
}

}  // namespace orrery::tuning
