// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "config/schema.h"
#include "workload/routing_trace.h"

namespace orrery::workload {

// Where the choice of experts comes from: a recorded trace, or else a seeded distribution.
struct RoutingSettings {
  std::optional<RoutingTrace> trace;
  std::int64_t first_token = 0;      // of the trace
  double skew = 0.0;                 // exponent of the Zipf distribution over a layer's experts
  double correlation = 0.0;          // probability that a choice follows that of the layer before
  std::optional<std::int64_t> seed;  // absent: the workload's
  base::SourcePosition where;

  [[nodiscard]] static const config::Schema<RoutingSettings>& schema();
};

// What a layer's experts are like for routing: feed-forward experts come first, those that compute
// next to nothing behind them.
struct RoutedExperts {
  std::int64_t feed_forward = 1;
  std::int64_t zero_computation = 0;
  std::int64_t per_token = 1;
  // Mean weight of a feed-forward expert in thousandths of that of a zero-computation expert.
  std::int64_t tau_thousandths = 1000;

  [[nodiscard]] std::int64_t all() const { return feed_forward + zero_computation; }
};

// Routes the tokens of one step through the layers, in order. Each token gets `per_token` experts,
// never one twice. From a distribution: the feed-forward experts of every layer are ranked at
// random; an expert of rank r is drawn with a weight proportional to r^-skew. With the probability
// `correlation` a choice takes the rank of the same token's choice in the layer before, which is a
// fixed random mapping of experts to experts that leaves the distribution of each layer as it is.
// Skew and correlation count in thousandths; draws are integer arithmetic.
class ExpertRouter {
 public:
  ExpertRouter(const RoutingSettings& settings, const RoutedExperts& experts, std::int64_t tokens,
               std::uint64_t workload_seed);

  // The experts of every token in the next layer, [tokens, per_token], ascending for each token.
  // `layer` is its number in the trace. Throws base::UserError where the trace lacks it.
  [[nodiscard]] std::vector<std::int32_t> next(std::int64_t layer);

 private:
  [[nodiscard]] std::vector<std::int32_t> from_trace(std::int64_t layer) const;
  void draw_token(std::size_t token);
  [[nodiscard]] std::size_t draw(std::int64_t remaining);
  [[nodiscard]] std::vector<std::int32_t> random_ranking();

  const RoutingSettings& settings_;
  RoutedExperts experts_;
  std::int64_t tokens_;
  base::Random random_;
  std::int64_t correlation_thousandths_;
  std::vector<std::int64_t> weights_;  // by rank
  std::int64_t total_weight_ = 0;
  std::vector<std::size_t> ranks_;  // [tokens, per_token] of the layer before; empty at first
  std::vector<bool> taken_;         // ranks that the token at hand has
};

}  // namespace orrery::workload
