// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/random.h"
#include "requests/request_lengths.h"

namespace orrery::requests {

// Draws the lengths of one more request.
using LengthSource = std::function<RequestLengths(base::Random&)>;

// How a batch in mid-service is made, in the manner of the traces that NeuPIMs ships
// (casys-kaist/NeuPIMs): all places of the batch are always taken; in each cycle every request
// makes some tokens, and those that are finished make room for new ones.
struct BatchSettings {
  std::int64_t batch = 1;
  std::int64_t tokens_per_cycle = 10;
  std::int64_t warm_up = 10'000;  // cycles before the first snapshot
  std::int64_t spacing = 50;      // cycles from one snapshot to the next
  std::int64_t snapshot = 0;      // number of the snapshot
  // Tokens that a request may have in the cache; a longer one counts as so many until its output is
  // finished.
  std::int64_t cap = 2047;
  std::uint64_t seed = 1;
};

// Tokens in the cache of each request, prompt and what was made so far, in the order of the places.
[[nodiscard]] std::vector<std::int64_t> batch_contexts(const LengthSource& source,
                                                       const BatchSettings& settings);

// What a list of contexts is like. The median and the 90th percentile are the elements at floor(n /
// 2) and floor(9 n / 10) of the sorted list.
struct ContextSummary {
  std::int64_t count = 0, sum = 0, least = 0, median = 0, p90 = 0, most = 0;
  std::int64_t at_most = 0;  // requests that are as long as the longest
};
[[nodiscard]] ContextSummary summarize(std::vector<std::int64_t> contexts);
// "256 requests with 2 to 2047 tokens in the cache: mean 300.5, median 220, 90th percentile 610, 3
// of the longest".
[[nodiscard]] std::string summary_text(const ContextSummary& summary);

}  // namespace orrery::requests
