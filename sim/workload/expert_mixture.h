// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/schema.h"
#include "workload/expert_assignment.h"
#include "workload/expert_routing.h"
#include "workload/graph_builder.h"

namespace orrery::workload {

inline constexpr std::int64_t kMostExperts = 4096;
inline constexpr std::int64_t kMostExpertsPerToken = 1024;

// The experts of a model, as its file describes them.
struct ExpertModel {
  std::int64_t experts = 1;            // feed-forward experts of a layer
  std::int64_t experts_per_token = 1;  // chosen for each token
  std::int64_t expert_size = 1;        // inner size of one expert
  bool gated = true;  // down(activation(gate(x)) * up(x)), else down(activation(up(x)))
  ElementwiseKind activation = ElementwiseKind::kSilu;
  // Scores are a softmax over the chosen experts (Mixtral), else over all of them.
  bool normalized_scores = true;
  std::int64_t shared_size = 0;  // inner size of an expert that every token goes to; 0: none
  bool shared_gate = false;      // its output is multiplied by sigmoid(x * gate), a scalar
};

// Whose turn it is: each expert takes all its tokens at once, or the tokens go by in their order
// and an expert's weights are fetched whenever it comes after another one.
enum class ExpertOrder : std::uint8_t { kExpert, kToken };

// What the user says about the experts of a workload.
struct MixtureSettings {
  RoutingSettings routing;
  // Places of an expert: ceil(capacity_factor * tokens * experts_per_token * tau / (tau * experts +
  // zero-computation experts)). Choices over it, in token order, are dropped. Absent: no bound.
  std::optional<double> capacity_factor;
  ExpertOrder order = ExpertOrder::kExpert;
  // Experts of MoE++ (arXiv 2410.07348): y = 0; y = x; y = a1 x + a2 v with a = softmax(Wc x).
  std::int64_t zero_experts = 0, copy_experts = 0, constant_experts = 0;
  double tau = 1.0;  // mean weight of a feed-forward expert over that of the others
  base::SourcePosition where;

  [[nodiscard]] std::int64_t zero_computation_experts() const {
    return zero_experts + copy_experts + constant_experts;
  }
  [[nodiscard]] static const config::Schema<MixtureSettings>& schema();
};

// A setting in steps of 0.001, at least one of them.
[[nodiscard]] std::int64_t thousandths(double value);

// Adds the mixtures of experts of one step, layer by layer.
class MixtureBuilder {
 public:
  // `tokens` of the step, all sequences together. Model and settings must outlive the builder.
  // Throws base::UserError, at `where` unless the settings have a place, where more experts are
  // wanted for a token than there are.
  MixtureBuilder(const ExpertModel& model, const MixtureSettings& settings, std::int64_t tokens,
                 std::uint64_t workload_seed, const base::SourcePosition& where = {});

  // y[t] = sum over the experts of token t of score * expert(x[t]), plus the shared expert.
  // x is [..., C] with `tokens` rows, and so is y. Operators: NAME.router, NAME.scores, per expert
  // with tokens NAME.expertE.{dispatch, gate, activation, up, product, down}, NAME.shared.*, and
  // NAME, which is y. The weights of all experts are added, those without tokens too. `layer` is
  // the layer's number in a routing trace. Layers must come in the order in which they are
  // computed. Mistakes go to the graph builder.
  TensorId add(GraphBuilder& builder, const std::string& name, TensorId x, std::int64_t layer,
               const PartOptions& options);
  // Routes a layer that is not built, so that the next one follows on it.
  void skip(std::int64_t layer) { (void)router_.next(layer); }

 private:
  const ExpertModel& model_;
  const MixtureSettings& settings_;
  ExpertRouter router_;
};

}  // namespace orrery::workload
