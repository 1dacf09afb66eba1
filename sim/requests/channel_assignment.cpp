// SPDX-License-Identifier: Apache-2.0
#include "requests/channel_assignment.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

namespace orrery::requests {
namespace {

constexpr std::size_t kMostReported = 20;

class Assigner {
 public:
  Assigner(const std::vector<ChannelRequest>& requests, const Channels& channels)
      : requests_(requests),
        loads_(static_cast<std::size_t>(channels.count), 0),
        room_(static_cast<std::size_t>(channels.count), channels.tiles) {
    result_.requests.resize(room_.size());
  }

  // The first channel with room, counted on from the one after that of the request before.
  [[nodiscard]] std::optional<std::size_t> next_in_turn(std::size_t request) {
    for (std::size_t i = 0; i < room_.size(); ++i) {
      const std::size_t channel = (turn_ + i) % room_.size();
      if (room_[channel] >= requests_[request].tiles) {
        turn_ = channel + 1;
        return channel;
      }
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<std::size_t> least_load(std::size_t request) const {
    std::optional<std::size_t> best;
    for (std::size_t channel = 0; channel < room_.size(); ++channel) {
      if (room_[channel] >= requests_[request].tiles &&
          (!best || loads_[channel] < loads_[*best])) {
        best = channel;
      }
    }
    return best;
  }

  void give(std::size_t request, std::size_t channel) {
    room_[channel] -= requests_[request].tiles;
    loads_[channel] += requests_[request].load;
    result_.requests[channel].push_back(request);
  }

  [[nodiscard]] std::int64_t most_room() const {
    return *std::max_element(room_.begin(), room_.end());
  }
  [[nodiscard]] ChannelAssignment take() { return std::move(result_); }

 private:
  const std::vector<ChannelRequest>& requests_;
  std::vector<std::int64_t> loads_;
  std::vector<std::int64_t> room_;
  std::size_t turn_ = 0;
  ChannelAssignment result_;
};

// Requests in the order in which the rule deals with them.
std::vector<std::size_t> order_of(ChannelRule rule, const std::vector<ChannelRequest>& requests) {
  std::vector<std::size_t> order(requests.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (rule == ChannelRule::kMinLoad) {
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return std::pair(-requests[a].tokens, a) < std::pair(-requests[b].tokens, b);
    });
  }
  return order;
}

}  // namespace

std::vector<ChannelRequest> channel_requests(
    const std::vector<std::int64_t>& tokens, const std::function<std::int64_t(std::int64_t)>& load,
    const std::function<std::int64_t(std::int64_t)>& tiles) {
  std::vector<ChannelRequest> result;
  result.reserve(tokens.size());
  for (const std::int64_t count : tokens) {
    result.push_back({count, load(count), tiles(count)});
  }
  return result;
}

std::vector<std::int64_t> ChannelAssignment::sum(const std::vector<ChannelRequest>& all,
                                                 std::int64_t ChannelRequest::* figure) const {
  std::vector<std::int64_t> sums;
  for (const std::vector<std::size_t>& channel : requests) {
    std::int64_t total = 0;
    for (const std::size_t request : channel) {
      total += all[request].*figure;
    }
    sums.push_back(total);
  }
  return sums;
}

ChannelAssignment assign_channels(ChannelRule rule, const std::vector<ChannelRequest>& requests,
                                  const Channels& channels, const base::SourcePosition& where) {
  base::require_invariant(channels.count >= 1, "there is a channel");
  Assigner assigner(requests, channels);
  base::Diagnostics diagnostics;
  for (const std::size_t request : order_of(rule, requests)) {
    const std::optional<std::size_t> channel = rule == ChannelRule::kMinLoad
                                                   ? assigner.least_load(request)
                                                   : assigner.next_in_turn(request);
    if (channel) {
      assigner.give(request, *channel);
      continue;
    }
    if (diagnostics.items().size() == kMostReported) {
      break;
    }
    diagnostics.add({where, "",
                     fmt::format("request {} of {} tokens takes {} tiles of a channel", request,
                                 requests[request].tokens, requests[request].tiles),
                     fmt::format("at most {}, the most that any of {} channels has left",
                                 assigner.most_room(), channels.count),
                     ""});
  }
  diagnostics.throw_if_any();
  return assigner.take();
}

std::int64_t imbalance_per_mille(const std::vector<std::int64_t>& figures) {
  const std::int64_t sum = std::accumulate(figures.begin(), figures.end(), std::int64_t{0});
  if (sum == 0) {
    return 0;
  }
  const auto most = static_cast<__int128>(*std::max_element(figures.begin(), figures.end()));
  return static_cast<std::int64_t>(most * 1000 * static_cast<std::int64_t>(figures.size()) / sum);
}

SubBatches split_sub_batches(const ChannelAssignment& assignment) {
  SubBatches result;
  bool first_takes_more = true;
  for (const std::vector<std::size_t>& channel : assignment.requests) {
    const bool is_odd = channel.size() % 2 == 1;
    const std::size_t half = channel.size() / 2 + (is_odd && first_takes_more ? 1 : 0);
    const auto middle = channel.begin() + static_cast<std::ptrdiff_t>(half);
    result.first.requests.emplace_back(channel.begin(), middle);
    result.second.requests.emplace_back(middle, channel.end());
    first_takes_more = first_takes_more != is_odd;
  }
  return result;
}

}  // namespace orrery::requests
