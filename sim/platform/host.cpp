// SPDX-License-Identifier: Apache-2.0
#include "platform/host.h"

#include <sys/resource.h>

namespace orrery::platform {

metrics::HostResult host_result(const metrics::RunResult& result, double seconds) {
  metrics::HostResult host;
  host.seconds = seconds;
  for (const metrics::TierResult& tier : result.tiers) {
    host.dram_bursts += tier.bursts;
  }
  if (seconds > 0.0) {
    host.simulated_cycles_per_second = static_cast<double>(result.cycles) / seconds;
    host.dram_bursts_per_second = static_cast<double>(host.dram_bursts) / seconds;
  }
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    host.peak_memory_bytes = static_cast<std::int64_t>(usage.ru_maxrss) * 1024;  // KiB on Linux
  }
  return host;
}

}  // namespace orrery::platform
