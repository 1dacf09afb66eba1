// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "config/schema.h"
#include "requests/channel_assignment.h"

namespace orrery::workload {

// Which memory channel keeps the cache of which request, for memories that compute in their banks,
// and which half of the requests a sub-batch has.
struct ChannelSettings {
  std::int64_t count = 1;
  requests::ChannelRule rule = requests::ChannelRule::kRoundRobin;
  // Of a channel, for the estimate of a request's load.
  std::int64_t banks = 32;
  std::int64_t row_elements = 512;
  // Room of a channel: tiles, each a row of all its banks, and layers whose keys and values a
  // request has in it. Absent: what the simulated layers need is looked at where they are placed.
  std::optional<std::int64_t> tiles;
  std::int64_t layers = 1;
  std::optional<std::int64_t> sub_batch;  // 0 or 1: one half; absent: all requests

  struct Batch {
    std::vector<std::int64_t> contexts;  // of each request
    std::vector<std::int64_t> channels;
  };
  // The requests of these contexts (tokens in the cache), or half of them: the first of every
  // channel, then the second of every channel, and so on. Loads are those of Algorithm 1 of NeuPIMs
  // for so many heads of keys and values. Throws base::UserError where requests find no room.
  [[nodiscard]] Batch assign(const std::vector<std::int64_t>& contexts, std::int64_t heads,
                             std::int64_t head_size) const;

  base::SourcePosition where;

  [[nodiscard]] static const config::Schema<ChannelSettings>& schema();
};

}  // namespace orrery::workload
