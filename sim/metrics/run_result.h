// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace orrery::metrics {

// Cycles by cause, energy by component: in a fixed order.
template <class T>
using Breakdown = std::vector<std::pair<std::string, T>>;

// Cycles of one engine in its own clock; busy + stalled + idle = total.
struct EngineCycles {
  std::int64_t total = 0;
  std::int64_t busy = 0;     // a command is being executed
  std::int64_t stalled = 0;  // a command waits at the head of the queue
  std::int64_t idle = 0;     // the queue is empty
};

struct EngineResult {
  std::string name;
  std::string kind;
  double clock_hertz = 0.0;
  EngineCycles cycles;
  Breakdown<std::int64_t> stall_causes;  // sum = cycles.stalled
  std::int64_t commands = 0;
  std::int64_t macs_useful = 0;    // what the operators' definitions need
  std::int64_t macs_executed = 0;  // slots of the grid that were clocked, padding included
  std::int64_t macs_possible = 0;  // peak of the engine over the whole run
  std::optional<double> square_millimetres;  // absent: not known
  std::int64_t bytes_read = 0;  // from the scratchpad (DMA: from a tier or the scratchpad)
  std::int64_t bytes_written = 0;

  // Useful over possible multiply-accumulates; 0 for engines that have none.
  [[nodiscard]] double utilization() const;
  // Operations, two a multiply-accumulate, a second: of the peak, and those that were useful.
  [[nodiscard]] double peak_operations_per_second() const;
  [[nodiscard]] double operations_per_second() const;
};

// A cache in front of a memory, by lines.
struct CacheResult {
  std::int64_t line_bytes = 0;
  std::int64_t hits = 0;
  std::int64_t misses = 0;     // requested from the memory
  std::int64_t merged = 0;     // on their way already
  std::int64_t allocated = 0;  // written as a whole
  std::int64_t write_backs = 0;
  std::int64_t bytes_read = 0;  // by engines
  std::int64_t bytes_written = 0;
};

struct TierResult {
  std::string name;
  std::string model;     // "dram", "bandwidth", "ideal", "storage"
  std::string standard;  // name of the DRAM spec or the device
  std::int64_t capacity_bytes = 0;
  std::int64_t footprint_bytes = 0;  // one past the last byte that a command touched
  std::int64_t bytes_read = 0;       // whole bursts
  std::int64_t bytes_written = 0;
  std::int64_t bursts = 0;
  std::int64_t row_hits = 0;
  std::int64_t row_misses = 0;     // the bank was closed
  std::int64_t row_conflicts = 0;  // another row was open
  std::int64_t forwarded = 0;      // reads answered by writes still queued
  std::int64_t refreshes = 0;
  Breakdown<std::int64_t> commands;     // of a DRAM, by name; of the whole run
  Breakdown<std::int64_t> repetitions;  // of PIM commands, each repetition of composite ones
  double peak_bytes_per_second = 0.0;
  double achieved_bytes_per_second = 0.0;
  double average_read_latency_ns = 0.0;  // from arrival at the channel to the end of the data
  double p99_read_latency_ns = 0.0;
  std::int64_t channels = 1;
  std::optional<CacheResult> cache;  // all other figures are those of the memory behind it

  // Achieved over peak bandwidth; 0 for a memory without limit.
  [[nodiscard]] double bandwidth_utilization() const;
};

struct LayerResult {
  std::string name;
  std::string kind;
  std::string dataflow;
  std::string tiling;
  std::string limited_by;          // by the lowering's estimate
  base::Femtoseconds start = 0;    // of its first command
  base::Femtoseconds end = 0;      // of its last
  base::Femtoseconds latency = 0;  // by which it put off the end: these add up to the run's latency
  std::int64_t cycles = 0;         // latency in cycles of the reference clock
  std::int64_t compute_cycles = 0;  // busy cycles of the busiest array
  std::int64_t macs_useful = 0;
  std::int64_t macs_executed = 0;
  double utilization = 0.0;           // useful MACs over what the arrays could do in `latency`
  std::vector<EngineCycles> engines;  // as in RunResult::engines; total and idle stay 0
  std::vector<TierResult> tiers;      // as in RunResult::tiers
  Breakdown<double> energy_pj;
};

// The part of one command stream where a run has several; they all begin at time 0.
struct StreamResult {
  std::string name;  // its layers' names begin with it
  std::string workload;
  std::uint64_t seed = 0;
  std::size_t first_layer = 0;  // in RunResult::layers
  std::size_t layers = 0;
  std::int64_t commands = 0;
  base::Femtoseconds start = 0;            // when its first command arrived at an engine
  base::Femtoseconds end = 0;              // when its last command was done
  std::int64_t cycles = 0;                 // of the reference clock, to the end
  base::Femtoseconds rendezvous_wait = 0;  // with nothing under way, for other streams
  std::int64_t macs_useful = 0;
  std::int64_t macs_executed = 0;
  double energy_pj = 0.0;
  std::vector<EngineCycles> engines;  // as in RunResult::engines; total and idle stay 0
  std::vector<TierResult> tiers;      // as in RunResult::tiers: bytes and bursts alone
};

struct Invariant {
  std::string name;
  bool holds = true;
  std::string detail;  // the two sides that were compared
};

// A busy span for the timeline.
struct Span {
  std::uint32_t track = 0;  // index into RunResult::engines, or engines + channel of a tier
  std::uint32_t layer = 0;
  base::Femtoseconds start = 0;
  base::Femtoseconds end = 0;
};

// What happened over time: sums of intervals of equal length, the first of which begins with the
// run. The last ends with the run or after it.
struct Activity {
  struct Engine {
    std::vector<base::Femtoseconds> busy;
    std::vector<base::Femtoseconds> stalled;
    std::vector<std::int64_t> macs_useful;
  };
  base::Femtoseconds interval = 0;
  std::vector<Engine> engines;                        // as RunResult::engines; none: not known
  std::vector<std::vector<std::int64_t>> tier_bytes;  // as RunResult::tiers, whole bursts
};

// Everything one run gives. Plain data: report/ makes files of it.
struct RunResult {
  std::string workload;
  std::string platform;
  std::uint64_t seed = 0;
  std::string config_hash;
  std::string fidelity = "simulated";  // or "analytical": closed forms, docs/analytical.md
  bool partial = false;
  std::string partial_reason;  // "interrupted", "time limit of 10 s"
  std::string dataflow;
  std::vector<std::string> notes;  // choices a reader must know: "memory.hbm is ideal"
  base::Femtoseconds latency = 0;
  std::int64_t cycles = 0;      // of the reference clock
  std::string reference_clock;  // its name
  double reference_hertz = 0.0;
  std::int64_t commands = 0;
  std::vector<EngineResult> engines;
  std::vector<TierResult> tiers;
  std::vector<LayerResult> layers;
  std::vector<StreamResult> streams;  // empty where there is one
  Breakdown<double> energy_pj;        // components, dynamic and static
  Breakdown<std::string> energy_sources;
  std::vector<Invariant> invariants;
  Activity activity;
  std::vector<Span> spans;  // only when a timeline was asked for

  [[nodiscard]] double seconds() const;
  [[nodiscard]] double total_energy_pj() const;
  [[nodiscard]] double average_watts() const;
  // Useful operations of arrays for each joule of their arithmetic and registers; 0 without any.
  [[nodiscard]] double array_operations_per_joule() const;
  [[nodiscard]] bool invariants_hold() const;
};

// What the host did: kept apart because it differs from run to run.
struct HostResult {
  double seconds = 0.0;
  double simulated_cycles_per_second = 0.0;
  double dram_bursts_per_second = 0.0;
  std::int64_t dram_bursts = 0;
  std::int64_t peak_memory_bytes = 0;
  std::int64_t kernel_activations = 0;
};

}  // namespace orrery::metrics
