// SPDX-License-Identifier: Apache-2.0
#include "platform/rendezvous_board.h"

namespace orrery::platform {

using engine::StreamIndex;

RendezvousBoard::RendezvousBoard(const std::vector<std::vector<std::uint64_t>>& numbers) {
  for (std::size_t stream = 0; stream < numbers.size(); ++stream) {
    for (const std::uint64_t number : numbers[stream]) {
      places_[number].streams[static_cast<StreamIndex>(stream)] = nullptr;
    }
  }
}

bool RendezvousBoard::reach(std::uint64_t number, StreamIndex stream, engine::Waiter& waiter) {
  const auto place = places_.find(number);
  base::require_invariant(place != places_.end() && place->second.streams.contains(stream),
                          "a stream meets only where it has declared to",
                          "rendezvous " + std::to_string(number));
  auto& [streams, there] = place->second;
  if (streams[stream] == nullptr) {
    streams[stream] = &waiter;
    ++there;
    if (there == streams.size()) {
      for (const auto& [other, waiting] : streams) {
        if (other != stream) {
          waiting->wake();
        }
      }
    }
  }
  return there == streams.size();
}

std::vector<StreamIndex> RendezvousBoard::missing(std::uint64_t number) const {
  std::vector<StreamIndex> result;
  for (const auto& [stream, waiter] : places_.at(number).streams) {
    if (waiter == nullptr) {
      result.push_back(stream);
    }
  }
  return result;
}

}  // namespace orrery::platform
