// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include "hardware/platform_config.h"
#include "lowering/lowering.h"
#include "tuning/tiling_search.h"

namespace orrery::tuning {

// One matrix layer of a plan by itself: its inputs lie in the tiers of the plan, and nothing runs
// before or after it.
class LayerTrial {
 public:
  // layer: one whose body is a lowering::MatrixLayer. any_dataflow: whether the candidates have all
  // dataflows of the array, or only that of the plan.
  LayerTrial(const hardware::PlatformConfig& platform, const workload::Graph& graph,
             const lowering::MappingConfig& mapping, const lowering::Plan& plan, std::size_t layer,
             bool any_dataflow);

  // What the plan does, then every tiling of the space.
  [[nodiscard]] const std::vector<Candidate>& candidates() const { return candidates_; }

  struct Cost {
    std::int64_t cycles = 0;
    double picojoules = 0.0;
  };
  // Simulates a candidate, with the memory in the loop. nullopt where it was interrupted.
  [[nodiscard]] std::optional<Cost> simulate(const Candidate& candidate,
                                             const std::atomic<bool>* interrupt = nullptr) const;

  // The layer rule that asks for a candidate.
  [[nodiscard]] config::Node rule(const Candidate& candidate) const;

 private:
  void find_candidates(const lowering::Plan& plan, std::size_t layer, bool any_dataflow);

  const hardware::PlatformConfig& platform_;
  lowering::Machine machine_;
  workload::Graph graph_;  // of the layer alone
  lowering::MappingConfig mapping_;
  config::Node rule_;
  lowering::MatrixProblem problem_;
  bool product_names_ = false;
  std::size_t arrays_ = 1;
  std::vector<Candidate> candidates_;
};

}  // namespace orrery::tuning
