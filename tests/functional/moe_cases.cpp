// SPDX-License-Identifier: Apache-2.0
#include "tests/functional/moe_cases.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"
#include "tests/functional/random_cases.h"
#include "workload/expert_mixture.h"
#include "workload/graph_builder.h"

namespace orrery::testing {
namespace {

using namespace orrery::workload;
using numeric::ElementType;

constexpr std::uint64_t kCases = 400;

class MixtureMaker {
 public:
  explicit MixtureMaker(std::uint64_t seed) : random_(seed) {}

  Graph graph() {
    ElementTypes types;
    types.weights = pick<ElementType>({ElementType::kInt8, ElementType::kFp16, ElementType::kInt4});
    types.activations = pick<ElementType>(
        {ElementType::kInt8, ElementType::kFp16, ElementType::kFp32, ElementType::kInt4});
    GraphBuilder builder("mixture", types);
    draw_model();
    draw_settings();
    const Shape shape{random_.integer(1, 2), pick<std::int64_t>({1, 1, 2, 3, 7, 17}),
                      pick<std::int64_t>({1, 2, 3, 5, 8, 13})};
    const TensorId x = builder.input("x", shape, {});
    MixtureBuilder mixture(model_, settings_, shape[0] * shape[1], random_.bits());
    mixture.add(builder, "mixture", x, 0, {});
    return builder.finish();
  }

 private:
  bool chance(int percent) { return random_.integer(1, 100) <= percent; }
  template <class T>
  T pick(const std::vector<T>& choices) {
    return choices[static_cast<std::size_t>(
        random_.integer(0, static_cast<std::int64_t>(choices.size()) - 1))];
  }

  void draw_model() {
    model_.experts = pick<std::int64_t>({1, 2, 3, 4, 7});
    model_.expert_size = pick<std::int64_t>({1, 2, 3, 5, 8, 11});
    model_.gated = chance(60);
    model_.activation = pick<ElementwiseKind>(
        {ElementwiseKind::kSilu, ElementwiseKind::kGelu, ElementwiseKind::kRelu});
    model_.normalized_scores = chance(60);
    model_.shared_size = chance(30) ? random_.integer(1, 9) : 0;
  }

  void draw_settings() {
    if (chance(35)) {
      settings_.zero_experts = random_.integer(0, 2);
      settings_.copy_experts = random_.integer(0, 2);
      settings_.constant_experts = random_.integer(0, 2);
      settings_.tau = pick<double>({0.1, 0.75, 1.0});
    }
    const std::int64_t all = model_.experts + settings_.zero_computation_experts();
    model_.experts_per_token =
        chance(20) ? all : random_.integer(1, std::min<std::int64_t>(all, 3));
    if (chance(30)) {
      settings_.capacity_factor = pick<double>({0.25, 0.5, 1.0, 1.25});
    }
    settings_.order = chance(25) ? ExpertOrder::kToken : ExpertOrder::kExpert;
    settings_.routing.skew = pick<double>({0.0, 1.2, 4.0});
  }

  base::Random random_;
  ExpertModel model_;
  MixtureSettings settings_;
};

// What the cases must have met, or they show less than they seem to.
struct Coverage {
  int checked = 0;
  int too_large = 0;
  int one_token = 0;
  int empty_experts = 0;
  int all_experts = 0;
  int dropped = 0;
  int zero_computation = 0;

  void add(const MixtureSummary& mixture) {
    ++checked;
    const auto experts = static_cast<std::int64_t>(mixture.tokens_per_expert.size());
    one_token += mixture.tokens == 1 ? 1 : 0;
    empty_experts += mixture.experts_touched() < experts ? 1 : 0;
    all_experts += mixture.experts_per_token >= experts ? 1 : 0;
    dropped += mixture.dropped > 0 ? 1 : 0;
    zero_computation += mixture.zero + mixture.copy + mixture.constant > 0 ? 1 : 0;
  }
};

TEST(RandomMixtures, GiveTheResultsOfANaiveMixtureOfExperts) {
  Coverage coverage;
  int wrong = 0;
  for (std::uint64_t seed = 0; seed < kCases && wrong < 10; ++seed) {
    const Graph graph = random_mixture(seed);
    RandomCase other = random_case(seed);  // for its machine and mapping
    other.mapping.layers = random_rules(seed, graph);
    try {
      const Trial trial(graph, other.machine, other.mapping, seed);
      const std::string difference = trial.check();
      EXPECT_EQ(difference, "") << "seed " << seed;
      wrong += difference.empty() ? 0 : 1;
      coverage.add(graph.mixtures.front());
    } catch (const base::UserError& error) {
      EXPECT_NE(std::string(error.what()).find("does not fit"), std::string::npos)
          << "seed " << seed << ": " << error.what();
      ++coverage.too_large;
    }
  }
  std::printf(
      "%d checked, %d do not fit; %d of one token, %d with empty experts, %d with all "
      "experts, %d drop, %d with zero-computation experts\n",
      coverage.checked, coverage.too_large, coverage.one_token, coverage.empty_experts,
      coverage.all_experts, coverage.dropped, coverage.zero_computation);
  EXPECT_GE(coverage.checked, 300);
  for (const int met : {coverage.one_token, coverage.empty_experts, coverage.all_experts,
                        coverage.dropped, coverage.zero_computation}) {
    EXPECT_GE(met, 20);
  }
}

}  // namespace

workload::Graph random_mixture(std::uint64_t seed) {
  return MixtureMaker(seed).graph();
}

}  // namespace orrery::testing
