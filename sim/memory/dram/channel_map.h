// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "memory/address/channel_fields.h"
#include "memory/specification/spec.h"

namespace orrery::memory::dram {

// Where a burst lies in a channel. Banks are numbered through the channel, outermost level first.
struct BankAddress {
  std::uint32_t bank = 0;
  std::uint32_t row = 0;
  std::uint32_t column = 0;  // in bursts
  bool operator==(const BankAddress&) const = default;
};

// Local burst number -> bank, row, column: the fields of a tier's address map where it has one,
// else the spec's address order.
class ChannelMap {
 public:
  explicit ChannelMap(const Spec& spec);

  [[nodiscard]] std::uint64_t bursts() const { return bursts_; }

  [[nodiscard]] std::uint32_t bank(std::uint64_t burst) const {
    if (!bank_is_plain_) [[unlikely]] {
      return take(burst, bank_part_);
    }
    std::uint64_t bank = 0;
    for (std::size_t i = 0; i < bank_field_count_; ++i) {
      bank |= ((burst >> bank_fields_[i].shift) & bank_fields_[i].mask) << bank_fields_[i].place;
    }
    return static_cast<std::uint32_t>(bank);
  }
  [[nodiscard]] std::uint32_t row(std::uint64_t burst) const {
    return row_is_plain_ ? take(burst, row_) : take(burst, row_part_);
  }
  [[nodiscard]] std::uint32_t column(std::uint64_t burst) const {
    return column_is_plain_ ? take(burst, column_) : take(burst, column_part_);
  }
  [[nodiscard]] BankAddress locate(std::uint64_t burst) const {
    return {bank(burst), row(burst), column(burst)};
  }
  // The inverse of locate().
  [[nodiscard]] std::uint64_t burst(const BankAddress& address) const;

  // A power of two: all bursts of an aligned block of so many have the same row number, so the
  // block needs one row of each bank it touches and no other. Within a block, bank and column
  // change only with the low bits of the burst number: what the bits above add to them is the same
  // for all.
  [[nodiscard]] std::uint64_t row_span() const { return row_span_; }

 private:
  struct Field {
    unsigned shift = 0;
    unsigned place = 0;  // within the bank, row or column number
    std::uint64_t mask = 0;
  };
  struct Parity {
    std::uint64_t mask = 0;
    unsigned place = 0;
  };
  // Any bits, hashed or not.
  struct Part {
    std::vector<Field> fields;
    std::vector<Parity> parities;
    std::uint64_t flipped = 0;
  };
  [[nodiscard]] static std::uint32_t take(std::uint64_t burst, const Field& field) {
    return static_cast<std::uint32_t>((burst >> field.shift) & field.mask);
  }
  [[nodiscard]] static std::uint32_t take(std::uint64_t burst, const Part& part) {
    std::uint64_t result = part.flipped;
    for (const Field& field : part.fields) {
      result ^= ((burst >> field.shift) & field.mask) << field.place;
    }
    for (const Parity& hashed : part.parities) {
      result ^= parity(burst & hashed.mask) << hashed.place;
    }
    return static_cast<std::uint32_t>(result);
  }
  [[nodiscard]] static Part part_of(const ChannelFields::Part& bits);

  bool bank_is_plain_ = false;
  bool row_is_plain_ = false;
  bool column_is_plain_ = false;
  std::array<Field, 8> bank_fields_{};
  std::size_t bank_field_count_ = 0;
  Field row_;
  Field column_;
  std::uint64_t bursts_ = 0;
  std::uint64_t row_span_ = 1;
  Part bank_part_;
  Part row_part_;
  Part column_part_;
  // From the bank, row and column numbers laid side by side, the bank lowest.
  BitMasks inverse_;
  std::uint64_t flipped_ = 0;
  unsigned bank_bits_ = 0;
  unsigned row_bits_ = 0;
};

// The fields of a channel's burst number as the spec orders them.
[[nodiscard]] ChannelFields fields_in_order(const Spec& spec);

// The fields that an address map of a tier of such channels has: the levels of the spec, `row`,
// `column`, and `channel` and `stack`, which the map may leave to interleaving.
[[nodiscard]] std::vector<AddressField> address_fields(const Spec& spec, std::int64_t channels,
                                                       std::int64_t stacks);

// Bit i of the bank number as a mask over the burst number of a map: its levels put together.
[[nodiscard]] BitMasks bank_masks(const Spec& spec, const FieldMap& map);

}  // namespace orrery::memory::dram
