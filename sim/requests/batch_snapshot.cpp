// SPDX-License-Identifier: Apache-2.0
#include "requests/batch_snapshot.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/error.h"

namespace orrery::requests {

std::vector<std::int64_t> batch_contexts(const LengthSource& source,
                                         const BatchSettings& settings) {
  struct Place {
    RequestLengths lengths;
    std::int64_t made = 0;
  };
  base::Random random(settings.seed);
  std::vector<Place> places(static_cast<std::size_t>(settings.batch));
  for (Place& place : places) {
    place = {source(random), 0};
  }
  const std::int64_t cycles = settings.warm_up + settings.snapshot * settings.spacing;
  for (std::int64_t cycle = 0; cycle < cycles; ++cycle) {
    for (Place& place : places) {
      place.made += settings.tokens_per_cycle;
      if (place.made >= place.lengths.output) {
        place = {source(random), 0};
      }
    }
  }
  std::vector<std::int64_t> contexts;
  contexts.reserve(places.size());
  for (const Place& place : places) {
    contexts.push_back(std::min(place.lengths.prompt + place.made, settings.cap));
  }
  return contexts;
}

ContextSummary summarize(std::vector<std::int64_t> contexts) {
  base::require_invariant(!contexts.empty(), "a batch has requests");
  std::sort(contexts.begin(), contexts.end());
  const std::size_t n = contexts.size();
  ContextSummary summary;
  summary.count = static_cast<std::int64_t>(n);
  summary.sum = std::accumulate(contexts.begin(), contexts.end(), std::int64_t{0});
  summary.least = contexts.front();
  summary.median = contexts[n / 2];
  summary.p90 = contexts[n * 9 / 10];
  summary.most = contexts.back();
  summary.at_most = std::count(contexts.begin(), contexts.end(), summary.most);
  return summary;
}

std::string summary_text(const ContextSummary& summary) {
  const std::int64_t tenths = summary.sum * 10 / summary.count;
  return fmt::format(
      "{} requests with {} to {} tokens in the cache: mean {}.{}, median {}, 90th percentile {}, "
      "{} "
      "of the longest",
      summary.count, summary.least, summary.most, tenths / 10, tenths % 10, summary.median,
      summary.p90, summary.at_most);
}

}  // namespace orrery::requests
