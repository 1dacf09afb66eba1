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
                         int access_bytes) {
  const auto burst = static_cast<std::uint64_t>(access_bytes);
  base::require_invariant(map.granularity() % burst == 0,
                          "the interleaving granularity is a multiple of the access size");
  base::require_invariant(transfer.row_bytes > 0, "a transfer moves bytes");
  const auto is_one_row = [](const Transfer& rows) {
    bool one_row = true;
    for (const Dimension& dimension : rows.outer) {
      base::require_invariant(dimension.count >= 1 && dimension.stride >= 0,
                              "a transfer's dimensions count upwards");
      one_row = one_row && dimension.count == 1;
    }
    return one_row;
  };
  if (is_one_row(transfer)) {
    std::tie(next_, end_) =
        bursts_of_row(transfer.address, transfer.row_bytes, map, channel, burst);
    return;
  }
  const Transfer rows = coalesced(transfer);
  if (is_one_row(rows)) {
    std::tie(next_, end_) = bursts_of_row(rows.address, rows.row_bytes, map, channel, burst);
    return;
  }
  rows_ = std::make_unique<Rows>(rows, map, channel, burst);
  std::tie(next_, end_) = rows_->seek();
}

std::uint64_t SliceCursor::count_remaining() const {
  SliceCursor copy = *this;
  std::uint64_t count = 0;
  while (!copy.done()) {
    count += copy.remaining_at_least();
    copy.next_ = copy.end_;
    if (copy.rows_ != nullptr) {
      copy.next_row();
    }
  }
  return count;
}

std::uint64_t SliceCursor::Rows::row_address() const {
  std::uint64_t address = transfer_.address;
  for (std::size_t i = 0; i < index_.size(); ++i) {
    address += static_cast<std::uint64_t>(index_[i] * transfer_.outer[i].stride);
  }
  return address;
}

bool SliceCursor::Rows::step(std::size_t from) {
  for (std::size_t i = from; i < index_.size(); ++i) {
    if (++index_[i] < transfer_.outer[i].count) {
      return true;
    }
    index_[i] = 0;
  }
  return false;
}

SliceCursor::Range SliceCursor::Rows::seek() {
  Range result = {0, 0};
  if (!map_.interleaved()) {
    return seek_by_bits(2, result) ? result : Range{0, 0};
  }
  return seek_interleaved() ? bursts() : result;
}

bool SliceCursor::Rows::seek_interleaved() {
  const std::uint64_t period = map_.period();
  const auto length = static_cast<std::uint64_t>(transfer_.row_bytes);
  const std::uint64_t start = static_cast<std::uint64_t>(channel_) * map_.granularity();
  // A row at address x touches the channel when (x + length - 1 - start) mod period <= reach.
  const std::uint64_t reach = length + map_.granularity() - 2;
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

bool SliceCursor::Rows::seek_by_bits(std::size_t dimension, Range& bursts) {
  const Dimension& here = transfer_.outer[dimension];
  // The channels of the rows repeat after this many steps; one more, for the first step may start
  // in the middle of the dimensions inside.
  std::uint64_t most = ~std::uint64_t{0};
  for (std::uint64_t misses = 0; misses <= most; ++misses) {
    if (dimension == 0) {
      bursts = this->bursts();
    }
    if (dimension == 0 ? bursts.first != bursts.second : seek_by_bits(dimension - 1, bursts)) {
      return true;
    }
    std::fill_n(index_.begin(), dimension, 0);
    if (++index_[dimension] >= here.count) {
      return false;
    }
    if (misses == 0) {
      most = map_.period() / std::gcd(map_.period(), static_cast<std::uint64_t>(here.stride));
    }
  }
  return false;
}

SliceCursor::Range SliceCursor::Rows::bursts() const {
  return bursts_of_row(row_address(), transfer_.row_bytes, map_, channel_, access_bytes_);
}

SliceCursor::Range SliceCursor::bursts_of_row(std::uint64_t address, std::int64_t length,
                                              const AddressMap& map, int channel,
                                              std::uint64_t access_bytes) {
  const std::uint64_t first = address / access_bytes;
  const std::uint64_t last =
      (address + static_cast<std::uint64_t>(length) + access_bytes - 1) / access_bytes;
  if (map.channels() == 1) {
    return {first, last};
  }
  if (map.surely_misses(channel, address, static_cast<std::uint64_t>(length))) {
    return {0, 0};
  }
  return {map.local_below(channel, first * access_bytes) / access_bytes,
          map.local_below(channel, last * access_bytes) / access_bytes};
}

}  // namespace orrery::memory
