// SPDX-License-Identifier: Apache-2.0
#include "workload/expert_routing.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "workload/types.h"
#include "workload/zipf.h"

namespace orrery::workload {
namespace {

constexpr double kThousand = 1000.0;

// Keys that say something about the source of choices that is not used.
void check_source(const RoutingSettings& value, const config::Node& node, config::Reader& reader) {
  const auto refuse = [&](const std::string& key, bool is_set, const std::string& message) {
    const config::Node* found = node.find(key);
    if (found != nullptr && is_set) {
      const config::Reader::Scope scope(reader, key);
      reader.error(found->where(), message, "no such key");
    }
  };
  if (value.trace) {
    refuse("skew", value.skew != 0.0, "has no meaning with a trace");
    refuse("correlation", value.correlation != 0.0, "has no meaning with a trace");
    refuse("seed", value.seed.has_value(), "has no meaning with a trace");
  } else {
    refuse("first_token", value.first_token != 0, "has no meaning without a trace");
  }
}

}  // namespace

const config::Schema<RoutingSettings>& RoutingSettings::schema() {
  static const config::Schema<RoutingSettings> kSchema = [] {
    config::Schema<RoutingSettings> schema("routing", "Which experts the tokens go to.");
    schema
        .optional("trace", &RoutingSettings::trace, config::maybe(routing_trace_codec()),
                  "File of lines token, layer, experts, relative to this file; left out: a seeded "
                  "distribution.")
        .optional("first_token", &RoutingSettings::first_token, config::integer(0, kLargestSize),
                  "First token of the trace that this step computes.")
        .optional("skew", &RoutingSettings::skew, config::number(0, 8),
                  "Exponent of the Zipf distribution over the experts of a layer, in steps of "
                  "0.001; 0: uniform.")
        .optional("correlation", &RoutingSettings::correlation, config::number(0, 1),
                  "Probability, in steps of 0.001, that a choice follows that of the layer before.")
        .optional("seed", &RoutingSettings::seed, config::maybe(config::integer(0, INT64_MAX)),
                  "Seed of the distribution; left out: that of the workload.")
        .position(&RoutingSettings::where)
        .check(check_source);
    return schema;
  }();
  return kSchema;
}

ExpertRouter::ExpertRouter(const RoutingSettings& settings, const RoutedExperts& experts,
                           std::int64_t tokens, std::uint64_t workload_seed)
    : settings_(settings),
      experts_(experts),
      tokens_(tokens),
      random_(settings.seed ? static_cast<std::uint64_t>(*settings.seed) : workload_seed),
      correlation_thousandths_(std::llround(settings.correlation * kThousand)),
      weights_(zipf_weights(experts.feed_forward, std::llround(settings.skew * kThousand))),
      taken_(static_cast<std::size_t>(experts.all()), false) {
  if (experts_.zero_computation > 0) {
    const std::int64_t sum = std::accumulate(weights_.begin(), weights_.end(), std::int64_t{0});
    const auto mean = static_cast<__int128>(sum) * 1000 /
                      (static_cast<__int128>(experts_.tau_thousandths) * experts_.feed_forward);
    weights_.insert(weights_.end(), static_cast<std::size_t>(experts_.zero_computation),
                    std::max<std::int64_t>(static_cast<std::int64_t>(mean), 1));
  }
  total_weight_ = std::accumulate(weights_.begin(), weights_.end(), std::int64_t{0});
}

std::vector<std::int32_t> ExpertRouter::next(std::int64_t layer) {
  if (settings_.trace) {
    return from_trace(layer);
  }
  const std::vector<std::int32_t> ranking = random_ranking();
  for (std::size_t token = 0; token < static_cast<std::size_t>(tokens_); ++token) {
    draw_token(token);
  }
  std::vector<std::int32_t> chosen;
  for (const std::size_t rank : ranks_) {
    chosen.push_back(ranking[rank]);
  }
  for (auto begin = chosen.begin(); begin != chosen.end(); begin += experts_.per_token) {
    std::sort(begin, begin + experts_.per_token);
  }
  return chosen;
}

std::vector<std::int32_t> ExpertRouter::from_trace(std::int64_t layer) const {
  std::vector<std::int32_t> chosen = settings_.trace->experts_of(
      layer, settings_.first_token, tokens_, experts_.per_token, experts_.all(), settings_.where);
  for (auto begin = chosen.begin(); begin != chosen.end(); begin += experts_.per_token) {
    std::sort(begin, begin + experts_.per_token);
  }
  return chosen;
}

// Replaces (or appends) the ranks that a token chooses.
void ExpertRouter::draw_token(std::size_t token) {
  const auto per_token = static_cast<std::size_t>(experts_.per_token);
  const std::size_t first = token * per_token;
  const bool has_layer_before = ranks_.size() > first;
  ranks_.resize(std::max(ranks_.size(), first + per_token));
  std::int64_t remaining = total_weight_;
  for (std::size_t i = first; i < first + per_token; ++i) {
    const bool follows = has_layer_before && correlation_thousandths_ > 0 &&
                         random_.integer(0, 999) < correlation_thousandths_;
    if (!follows || taken_[ranks_[i]]) {
      ranks_[i] = draw(remaining);
    }
    taken_[ranks_[i]] = true;
    remaining -= weights_[ranks_[i]];
  }
  for (std::size_t i = first; i < first + per_token; ++i) {
    taken_[ranks_[i]] = false;
  }
}

// A rank that is not taken; `remaining` is the sum of the weights of those.
std::size_t ExpertRouter::draw(std::int64_t remaining) {
  std::int64_t left = random_.integer(0, remaining - 1);
  std::size_t rank = 0;
  for (;; ++rank) {
    if (taken_[rank]) {
      continue;
    }
    if (left < weights_[rank]) {
      return rank;
    }
    left -= weights_[rank];
  }
}

// Experts by rank: feed-forward experts among themselves, then the others among themselves.
std::vector<std::int32_t> ExpertRouter::random_ranking() {
  std::vector<std::int32_t> ranking(static_cast<std::size_t>(experts_.all()));
  std::iota(ranking.begin(), ranking.end(), 0);
  const auto shuffle = [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = end - 1; i > begin; --i) {
      std::swap(ranking[static_cast<std::size_t>(i)],
                ranking[static_cast<std::size_t>(random_.integer(begin, i))]);
    }
  };
  shuffle(0, experts_.feed_forward);
  shuffle(experts_.feed_forward, experts_.all());
  return ranking;
}

}  // namespace orrery::workload
