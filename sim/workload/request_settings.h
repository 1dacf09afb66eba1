// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/schema.h"
#include "requests/request_trace.h"
#include "workload/channel_settings.h"
#include "workload/length_fit.h"

namespace orrery::workload {

// The requests of a decode step: how many tokens each has in the cache. From one of three sources:
// a distribution or a trace of lengths, of which a batch in mid-service is made, or a plain list.
struct RequestSettings {
  std::optional<LengthFit> distribution;
  std::optional<requests::RequestTrace> trace;
  std::optional<std::vector<std::int64_t>> contexts;
  std::optional<std::int64_t> batch;
  std::optional<std::int64_t> cap;
  std::int64_t snapshot = 0;
  std::int64_t warm_up = 10'000;
  std::optional<std::int64_t> seed;  // absent: the workload's
  std::optional<ChannelSettings> channels;
  base::SourcePosition where;

  // Tokens in the cache of each request, in the order of the batch.
  [[nodiscard]] std::vector<std::int64_t> context_lengths(std::uint64_t workload_seed) const;
  // Reports each request of the source that does not fit into a model of so many positions; `node`
  // is that of the settings.
  void check_positions(std::int64_t positions, const config::Node& node,
                       config::Reader& reader) const;

  [[nodiscard]] static const config::Schema<RequestSettings>& schema();
};

}  // namespace orrery::workload
