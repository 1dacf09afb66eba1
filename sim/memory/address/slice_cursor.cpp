// SPDX-License-Identifier: Apache-2.0
#include "memory/address/slice_cursor.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "base/error.h"

namespace orrery::memory {

std::optional<std::uint64_t> first_multiple_in(std::uint64_t a, std::uint64_t m, std::uint64_t low,
                                               std::uint64_t high) {
  if (low == 0) {
    return 0;
  }
  if (a == 0) {
    return std::nullopt;
  }
  const std::uint64_t first = (low + a - 1) / a;
  if (first * a <= high) {
    return first;
  }
  // No multiple of a lies in [low, high]: x is found from the number y of times that a x wraps
  // around m. a x lies in [low + m y, high + m y], so (m y) mod a lies in [-high, -low] mod a.
  const auto wraps = first_multiple_in(m % a, a, a - high % a, a - low % a);
  if (!wraps) {
    return std::nullopt;
  }
  const auto target = static_cast<unsigned __int128>(m) * *wraps + low;
  return static_cast<std::uint64_t>((target + a - 1) / a);
}

SliceCursor::SliceCursor(const Transfer& transfer, const AddressMap& map, int channel,
                         int access_bytes)
    : transfer_(coalesced(transfer)),
      channel_(channel),
      access_bytes_(static_cast<std::uint64_t>(access_bytes)) {
  base::require_invariant(map.granularity() % access_bytes_ == 0,
                          "the interleaving granularity is a multiple of the access size");
  base::require_invariant(transfer.row_bytes > 0, "a transfer moves bytes");
  bool one_row = true;
  for (const Dimension& dimension : transfer_.outer) {
    base::require_invariant(dimension.count >= 1 && dimension.stride >= 0,
                            "a transfer's dimensions count upwards");
    one_row = one_row && dimension.count == 1;
  }
  if (one_row) {
    std::tie(next_, end_) = bursts_of_row(map);
  } else {
    map_ = map;
    seek();
  }
}

std::uint64_t SliceCursor::count_remaining() const {
  SliceCursor copy = *this;
  std::uint64_t count = 0;
  while (!copy.done()) {
    count += copy.remaining_at_least();
    copy.next_ = copy.end_;
    copy.next_row();
  }
  return count;
}

std::uint64_t SliceCursor::row_address() const {
  std::uint64_t address = transfer_.address;
  for (std::size_t i = 0; i < index_.size(); ++i) {
    address += static_cast<std::uint64_t>(index_[i] * transfer_.outer[i].stride);
  }
  return address;
}

bool SliceCursor::step(std::size_t from) {
  for (std::size_t i = from; i < index_.size(); ++i) {
    if (++index_[i] < transfer_.outer[i].count) {
      return true;
    }
    index_[i] = 0;
  }
  return false;
}

void SliceCursor::next_row() {
  if (step(0)) {
    seek();
  }
}

void SliceCursor::seek() {
  const bool found = map_->interleaved() ? seek_interleaved() : seek_by_bits(2);
  if (!found) {
    next_ = end_ = 0;
  } else if (map_->interleaved()) {
    std::tie(next_, end_) = bursts_of_row(*map_);
  }
}

bool SliceCursor::seek_interleaved() {
  const std::uint64_t period = map_->period();
  const auto length = static_cast<std::uint64_t>(transfer_.row_bytes);
  const std::uint64_t start = static_cast<std::uint64_t>(channel_) * map_->granularity();
  // A row at address x touches the channel when (x + length - 1 - start) mod period <= reach.
  const std::uint64_t reach = length + map_->granularity() - 2;
  while (true) {
    const std::uint64_t row = row_address();
    const std::uint64_t phase = (row + length - 1 + period - start) % period;
    if (phase <= reach) {
      return true;
    }
    const auto stride = static_cast<std::uint64_t>(transfer_.outer[0].stride) % period;
    const auto jump = first_multiple_in(stride, period, period - phase, period - phase + reach);
    const auto left = static_cast<std::uint64_t>(transfer_.outer[0].count - index_[0]);
    if (jump && *jump < left) {
      index_[0] += static_cast<std::int64_t>(*jump);
      return true;
    }
    index_[0] = 0;
    if (!step(1)) {
      return false;
    }
  }
}

bool SliceCursor::seek_by_bits(std::size_t dimension) {
  const Dimension& here = transfer_.outer[dimension];
  // The channels of the rows repeat after this many steps; one more, for the first step may start
  // in the middle of the dimensions inside.
  std::uint64_t most = ~std::uint64_t{0};
  for (std::uint64_t misses = 0; misses <= most; ++misses) {
    if (dimension == 0) {
      std::tie(next_, end_) = bursts_of_row(*map_);
    }
    if (dimension == 0 ? next_ != end_ : seek_by_bits(dimension - 1)) {
      return true;
    }
    std::fill_n(index_.begin(), dimension, 0);
    if (++index_[dimension] >= here.count) {
      return false;
    }
    if (misses == 0) {
      most = map_->period() / std::gcd(map_->period(), static_cast<std::uint64_t>(here.stride));
    }
  }
  return false;
}

std::pair<std::uint64_t, std::uint64_t> SliceCursor::bursts_of_row(const AddressMap& map) const {
  const std::uint64_t row = row_address();
  const auto length = static_cast<std::uint64_t>(transfer_.row_bytes);
  const std::uint64_t first = row / access_bytes_;
  const std::uint64_t last = (row + length + access_bytes_ - 1) / access_bytes_;
  if (map.channels() == 1) {
    return {first, last};
  }
  return {map.local_below(channel_, first * access_bytes_) / access_bytes_,
          map.local_below(channel_, last * access_bytes_) / access_bytes_};
}

}  // namespace orrery::memory
