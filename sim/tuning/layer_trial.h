// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include "hardware/platform_config.h"
#include "lowering/lowering.h"
#include "metrics/run_result.h"
#include "tuning/objective.h"
#include "tuning/tiling_search.h"

namespace orrery::tuning {

struct TrialOptions {
  Objective objective = Objective::kLatency;
  bool any_dataflow = false;  // candidates have all dataflows of the array, not only the plan's
  const std::atomic<bool>* interrupt = nullptr;
};

// One matrix layer of a plan by itself: its inputs lie in the tiers of the plan, and nothing runs
// before or after it.
class LayerTrial {
 public:
  // layer: one whose body is a lowering::MatrixLayer. mapping: that of the plan.
  LayerTrial(const hardware::PlatformConfig& platform, const workload::Graph& graph,
             const lowering::MappingConfig& mapping, const lowering::Plan& plan, std::size_t layer,
             TrialOptions options);

  // What the plan does, then every tiling of the space that the mapping leaves open.
  [[nodiscard]] const std::vector<Candidate>& candidates() const { return candidates_; }

  // Simulates a candidate with the memory in the loop: cycles or femtojoules. nullopt where it was
  // interrupted.
  [[nodiscard]] std::optional<std::int64_t> cost(const Candidate& candidate) const;

  // The layer rule that asks for a candidate.
  [[nodiscard]] config::Node rule(const Candidate& candidate) const;

 private:
  void find_candidates(const lowering::Plan& plan, std::size_t layer);
  void estimate_energies();
  [[nodiscard]] std::optional<metrics::RunResult> simulate(const Candidate& candidate) const;

  const hardware::PlatformConfig& platform_;
  TrialOptions options_;
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
