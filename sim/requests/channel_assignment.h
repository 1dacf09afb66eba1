// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/error.h"

namespace orrery::requests {

// By which rule requests get their channel. A channel that lacks room is passed over.
enum class ChannelRule : std::uint8_t {
  kRoundRobin,  // the next channel in turn
  kMinLoad,     // longest request first, to the channel of the least load (NeuPIMs, Algorithm 2)
};

struct ChannelRequest {
  std::int64_t tokens = 0;  // of its keys and values
  std::int64_t load = 0;    // what it adds to its channel: cycles, or any other measure
  std::int64_t tiles = 0;   // of the channel's capacity
};

// A request of each token count, with load and tiles by the two functions.
[[nodiscard]] std::vector<ChannelRequest> channel_requests(
    const std::vector<std::int64_t>& tokens, const std::function<std::int64_t(std::int64_t)>& load,
    const std::function<std::int64_t(std::int64_t)>& tiles);

struct Channels {
  std::int64_t count = 1;
  std::int64_t tiles = 0;  // that each has room for
};

struct ChannelAssignment {
  // By channel, indices of requests in the order in which they came there.
  std::vector<std::vector<std::size_t>> requests;

  // By channel, the sum of a figure over its requests.
  [[nodiscard]] std::vector<std::int64_t> sum(const std::vector<ChannelRequest>& all,
                                              std::int64_t ChannelRequest::* figure) const;
};

// Ties go to the lower index, of requests and of channels. Throws base::UserError at `where` with
// the first twenty requests that find room in no channel.
[[nodiscard]] ChannelAssignment assign_channels(ChannelRule rule,
                                                const std::vector<ChannelRequest>& requests,
                                                const Channels& channels,
                                                const base::SourcePosition& where);

// The largest of some figures over their mean, in thousandths, rounded down; 0 where all are 0.
[[nodiscard]] std::int64_t imbalance_per_mille(const std::vector<std::int64_t>& figures);

// Two sub-batches: of each channel the first half of its requests and the rest. Where their number
// is odd, the larger half goes to the first and to the second sub-batch in turn, from one such
// channel to the next (NeuPIMs, Algorithm 3).
struct SubBatches {
  ChannelAssignment first;
  ChannelAssignment second;
};
[[nodiscard]] SubBatches split_sub_batches(const ChannelAssignment& assignment);

}  // namespace orrery::requests
