// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "memory/dram/energy.h"
#include "memory/trace/latency_counts.h"
#include "memory/trace/trace_options.h"
#include "memory/trace/trace_output.h"
#include "memory/trace/trace_reader.h"

namespace orrery::memory::trace {

// What one channel did.
struct ChannelResult {
  Cycle end = 0;  // of its own last burst; its statistics go on to the end of the run
  dram::ChannelStatistics statistics;
  LatencyCounts latencies;  // of its reads, from arrival to done
};

struct TraceResult {
  // From cycle 0 to the first cycle in which the data of every read have ended and the column
  // commands of every write have been issued.
  Cycle cycles = 0;
  Pacing pacing = Pacing::kClosedLoop;
  std::uint64_t reads = 0;  // requests
  std::uint64_t writes = 0;
  std::uint64_t pim_commands = 0;  // lines of them
  bool interrupted = false;        // the requests read so far were performed, no more
  std::vector<ChannelResult> channels;
  // Sums over the channels.
  dram::ChannelStatistics total;
  LatencyCounts latencies;
  std::optional<dram::Energy> energy;
  std::vector<base::Diagnostic> no_energy;  // why it is absent: what the standard does not say

  [[nodiscard]] std::uint64_t column_bytes() const;  // moved over the data buses
};

// Runs a trace to its end. Each channel is offered its own bursts, in the order of the trace and at
// most one a cycle, apart from the other channels. Memory does not grow with the length of the
// trace. `interrupted` is asked now and then whether to stop reading. Throws base::UserError for
// mistakes in options and trace, and when a channel makes no progress.
[[nodiscard]] TraceResult run_trace(const dram::Spec& spec, const TraceOptions& options,
                                    TraceReader& reader, const std::vector<TraceOutput*>& outputs,
                                    const std::function<bool()>& interrupted = {});

}  // namespace orrery::memory::trace
