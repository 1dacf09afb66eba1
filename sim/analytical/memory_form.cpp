// SPDX-License-Identifier: Apache-2.0
#include "analytical/memory_form.h"

#include <algorithm>
#include <vector>

namespace orrery::analytical {
namespace {

base::Rational peak(const hardware::TierConfig& tier) {
  if (tier.model == hardware::MemoryModel::kIdeal) {
    return 0;
  }
  if (tier.storage) {
    return {std::max(tier.storage->read_rate.value, tier.storage->write_rate.value),
            base::kFemtosecondsPerSecond};
  }
  const auto& spec = tier.dram;
  return base::Rational(tier.total_channels() * spec.data_buses() *
                        static_cast<std::int64_t>(spec.access_bytes)) /
         (spec.tck * spec.burst_cycles);
}

}  // namespace

MemoryForm memory_form(const hardware::PlatformConfig& platform,
                       const lowering::ExecutionConfig& execution) {
  std::vector<std::string> names;
  for (const auto& [name, tier] : platform.memory) {
    names.push_back(name);
    if (execution.tier ? *execution.tier == name : platform.memory.size() == 1) {
      return {name, &tier, peak(tier)};
    }
  }
  const std::string known = "one of " + config::join(names, ", ");
  throw base::UserError(
      execution.tier ? base::Diagnostic{execution.where, "mapping.execution.tier",
                                        "the platform has no memory '" + *execution.tier + "'",
                                        known, base::nearest_name(*execution.tier, names)}
                     : base::Diagnostic{execution.where, "mapping.execution",
                                        "the platform has several memories, and `tier` is missing",
                                        known, ""});
}

}  // namespace orrery::analytical
