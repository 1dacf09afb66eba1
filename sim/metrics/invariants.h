// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "metrics/run_result.h"

namespace orrery::metrics {

// The two sides of every rule that holds at the end of a complete run, gathered from different
// places: what the stream asked for and what the parts of the machine counted themselves.
struct InvariantFacts {
  struct Engine {
    std::string name;
    EngineCycles cycles;
    std::int64_t sent = 0;  // commands, by the stream
    std::int64_t enqueued = 0, started = 0, completed = 0;
    std::int64_t declared_bytes_read = 0;  // operand bytes with the declared reuse, by the stream
    std::int64_t declared_bytes_written = 0;
    std::int64_t bytes_read = 0, bytes_written = 0;  // by the engine
  };
  struct Tier {
    std::string name;
    std::int64_t declared_bytes_read = 0;  // by the stream
    std::int64_t declared_bytes_written = 0;
    std::int64_t bytes_read = 0, bytes_written = 0;  // by the memory, whole bursts
    std::int64_t most_bytes_read = 0;  // what whole bursts at the ends of rows may add
    std::int64_t most_bytes_written = 0;
    // Bytes that need not cross the data bus before the end: reads answered by queued writes, and
    // writes that a controller has taken and still holds.
    std::int64_t most_bytes_beside_bus = 0;
    double peak_bytes_per_second = 0.0;  // 0: no bound
  };
  struct Layer {
    std::string name;
    std::int64_t declared_macs = 0;  // by the operator's definition
    std::int64_t macs_useful = 0;    // by the engines
  };
  std::vector<Engine> engines;
  std::vector<Tier> tiers;
  std::vector<Layer> layers;
  double seconds = 0.0;
  double peak_macs_per_second = 0.0;
  double total_energy_pj = 0.0;
  double layers_energy_pj = 0.0;  // of all layers, with their shares of static energy
  base::Femtoseconds latency = 0;
  base::Femtoseconds layers_latency = 0;
};

// One verdict a rule; docs/result.md says what each compares. Never throws: a broken rule is part
// of the result.
[[nodiscard]] std::vector<Invariant> check_invariants(const InvariantFacts& facts);

}  // namespace orrery::metrics
