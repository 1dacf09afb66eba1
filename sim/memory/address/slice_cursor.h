// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

#include "memory/address/address_map.h"
#include "memory/address/transfer.h"

namespace orrery::memory {

// The bursts of one transfer that fall on one channel, row by row and in address order within a
// row, one at a time and in constant memory. A burst that a row touches only in part counts whole;
// rows that touch each other count as one. Within a row nothing is searched. Rows that miss the
// channel are jumped over in O(log period) where the map interleaves; where it selects channels by
// bits, they are stepped over.
class SliceCursor {
 public:
  SliceCursor() = default;
  // access_bytes divides the granularity of the map.
  SliceCursor(const Transfer& transfer, const AddressMap& map, int channel, int access_bytes);
  SliceCursor(const SliceCursor& other)
      : next_(other.next_),
        end_(other.end_),
        rows_(other.rows_ ? std::make_unique<Rows>(*other.rows_) : nullptr) {}
  SliceCursor(SliceCursor&&) = default;
  SliceCursor& operator=(const SliceCursor& other) { return *this = SliceCursor(other); }
  SliceCursor& operator=(SliceCursor&&) = default;
  ~SliceCursor() = default;

  [[nodiscard]] bool done() const { return next_ == end_; }

  // The local address of the next burst in units of access_bytes. Not when done().
  std::uint64_t next() {
    const std::uint64_t burst = next_++;
    if (next_ == end_ && rows_ != nullptr) {
      next_row();
    }
    return burst;
  }

  // What next() will return.
  [[nodiscard]] std::uint64_t peek() const { return next_; }

  // Bursts still to come, at least: exact in the last row, and what is left of the row before that.
  [[nodiscard]] std::uint64_t remaining_at_least() const { return end_ - next_; }

  // Bursts still to come. Walks a copy over the rows: one step for each row on this channel.
  [[nodiscard]] std::uint64_t count_remaining() const;

 private:
  // Bursts [first, second) of the channel.
  using Range = std::pair<std::uint64_t, std::uint64_t>;

  // Of a transfer of several rows: which one is in turn.
  class Rows {
   public:
    Rows(const Transfer& transfer, const AddressMap& map, int channel, std::uint64_t access_bytes)
        : transfer_(transfer), map_(map), channel_(channel), access_bytes_(access_bytes) {}
    // Goes to the first row, at or after the current one, that touches the channel. Returns its
    // bursts; none when there is no such row.
    [[nodiscard]] Range seek();
    // The same for the rows after the current one.
    [[nodiscard]] Range next() { return step(0) ? seek() : Range{0, 0}; }

   private:
    // The two kinds of maps; false when there is none. The second goes row by row, in the
    // dimensions up to this one, until the channels of the rows repeat, and sets the bursts.
    bool seek_interleaved();
    bool seek_by_bits(std::size_t dimension, Range& bursts);
    // Steps the dimension `from` and what it carries into; false at the end.
    bool step(std::size_t from);
    [[nodiscard]] std::uint64_t row_address() const;
    [[nodiscard]] Range bursts() const;

    Transfer transfer_;
    AddressMap map_;
    int channel_;
    std::uint64_t access_bytes_;
    std::array<std::int64_t, 3> index_{};
  };

  // Those that the bytes from `address` on touch.
  [[nodiscard]] static Range bursts_of_row(std::uint64_t address, std::int64_t length,
                                           const AddressMap& map, int channel,
                                           std::uint64_t access_bytes);
  void next_row() { std::tie(next_, end_) = rows_->next(); }

  std::uint64_t next_ = 0;
  std::uint64_t end_ = 0;
  std::unique_ptr<Rows> rows_;  // unless there is but one
};

// The smallest x >= 0 with low <= (a x mod m) <= high, or nullopt. 0 <= a < m, 0 <= low <= high <
// m. Euclid's algorithm on (a, m): O(log m).
[[nodiscard]] std::optional<std::uint64_t> first_multiple_in(std::uint64_t a, std::uint64_t m,
                                                             std::uint64_t low, std::uint64_t high);

}  // namespace orrery::memory
