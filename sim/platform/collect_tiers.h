// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "hardware/energy_account.h"
#include "metrics/invariants.h"
#include "platform/machine.h"

namespace orrery::platform {

// The memories' part of collect(): what was moved, in total and by layer.
void collect_tiers(const hardware::PlatformConfig& platform, const Machine& machine,
                   metrics::RunResult& result);

// DRAM energy by component. Activations, reads and writes are shared out over the layers by the
// row misses and bursts they caused; refresh and background by `latencies`.
void add_tier_energy(const hardware::PlatformConfig& platform, const Machine& machine,
                     const std::vector<double>& latencies, hardware::EnergyAccount& energy);

void add_tier_facts(const hardware::PlatformConfig& platform, const Machine& machine,
                    const metrics::RunResult& result, metrics::InvariantFacts& facts);

}  // namespace orrery::platform
