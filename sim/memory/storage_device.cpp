// SPDX-License-Identifier: Apache-2.0
#include "memory/storage_device.h"

#include <algorithm>

#include "base/error.h"

namespace orrery::memory {

using base::Femtoseconds;

void StorageDevice::submit(const Request& request) {
  base::require_invariant(request.arrival >= horizon_, "no request arrives in the committed past");
  base::require_invariant(request.blocks >= 1, "a request has blocks");
  if (free_.empty()) {
    free_.push_back(open_.size());
    open_.emplace_back();
  }
  const std::size_t index = free_.back();
  free_.pop_back();
  open_[index] = {request, request.blocks, request.blocks};
  if (lines_.size() <= request.initiator) {
    lines_.resize(request.initiator + 1);
  }
  lines_[request.initiator].push_back(index);
}

// The place of the block on the data path is free when the path is.
Femtoseconds StorageDevice::next_entry() const {
  const auto depth = static_cast<std::size_t>(timing_.queue_depth);
  if (queue_.size() >= depth) {
    return kNever;
  }
  Femtoseconds arrival = kNever;
  for (const std::deque<std::size_t>& line : lines_) {
    if (!line.empty()) {
      arrival = std::min(arrival, open_[line.front()].request.arrival);
    }
  }
  if (arrival == kNever) {
    return kNever;
  }
  const Femtoseconds time = std::max(arrival, horizon_);
  const bool last_place_is_taken = queue_.size() + 1 == depth && path_free_ > time;
  return last_place_is_taken ? path_free_ : time;
}

Femtoseconds StorageDevice::next_start() const {
  return queue_.empty() ? kNever : std::max(path_free_, queue_.top().ready);
}

void StorageDevice::advance(Femtoseconds until) {
  while (true) {
    const Femtoseconds entry = next_entry();
    const Femtoseconds start_time = next_start();
    if (std::min(entry, start_time) >= until) {
      break;
    }
    horizon_ = std::min(entry, start_time);
    if (entry <= start_time) {
      enter(entry);
    } else {
      start(start_time);
    }
  }
  horizon_ = std::max(horizon_, until);
}

void StorageDevice::enter(Femtoseconds time) {
  std::size_t line = last_line_;
  do {
    line = line + 1 >= lines_.size() ? 0 : line + 1;
  } while (lines_[line].empty() || open_[lines_[line].front()].request.arrival > time);
  last_line_ = line;
  const std::size_t index = lines_[line].front();
  Open& open = open_[index];
  queue_.push({time + latency(open.request.is_write), entered_++, time, index});
  if (--open.outside == 0) {
    lines_[line].pop_front();
  }
}

void StorageDevice::start(Femtoseconds time) {
  const Block block = queue_.top();
  queue_.pop();
  Open& open = open_[block.open];
  path_free_ = time + block_time(open.request.is_write);
  listener_.block_done(open.request.ticket, block.entered, path_free_);
  if (--open.left == 0) {
    listener_.request_done(open.request.ticket, path_free_);
    free_.push_back(block.open);
  }
}

// What has not started starts at or after the horizon, one block after the other.
Femtoseconds StorageDevice::completion_bound() const {
  Femtoseconds bound = kNever;
  for (const Open& open : open_) {
    if (open.left > 0) {
      const bool is_write = open.request.is_write;
      const Femtoseconds first =
          std::max({horizon_, path_free_, open.request.arrival + latency(is_write)});
      bound = std::min(bound, first + static_cast<Femtoseconds>(open.left) * block_time(is_write));
    }
  }
  return bound;
}

}  // namespace orrery::memory
