// SPDX-License-Identifier: Apache-2.0
#include "platform/collect_activity.h"

#include <algorithm>

namespace orrery::platform {
namespace {

using base::Femtoseconds;
using base::IntervalSums;

// The intervals of all: no narrower than anybody's, and not more than anybody keeps.
Femtoseconds common_width(const Machine& machine, Femtoseconds latency) {
  Femtoseconds width = IntervalSums::kFirstWidth;
  for (const auto& engine : machine.engines()) {
    const metrics::EngineAccount& account = engine->account();
    width = std::max({width, account.busy_time().width(), account.stalled_time().width(),
                      account.macs_over_time().width()});
  }
  for (const auto& tier : machine.tiers()) {
    width = std::max(width, tier->bytes_over_time().width());
  }
  while (latency > width * static_cast<Femtoseconds>(IntervalSums::kIntervals)) {
    width *= 2;
  }
  return width;
}

}  // namespace

void collect_activity(const Machine& machine, metrics::RunResult& result) {
  if (result.latency <= 0) {
    return;
  }
  metrics::Activity& activity = result.activity;
  activity.interval = common_width(machine, result.latency);
  const auto count =
      static_cast<std::size_t>((result.latency + activity.interval - 1) / activity.interval);
  const auto sums = [&](const IntervalSums& kept) { return kept.sums(activity.interval, count); };
  for (const auto& engine : machine.engines()) {
    const metrics::EngineAccount& account = engine->account();
    activity.engines.push_back(
        {sums(account.busy_time()), sums(account.stalled_time()), sums(account.macs_over_time())});
  }
  for (const auto& tier : machine.tiers()) {
    activity.tier_bytes.push_back(sums(tier->bytes_over_time()));
  }
}

}  // namespace orrery::platform
