// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "memory/dram/spec.h"

namespace orrery::memory::dram {

// Where a burst lies in a channel. Banks are numbered through the channel, outermost level first.
struct BankAddress {
  std::uint32_t bank = 0;
  std::uint32_t row = 0;
  std::uint32_t column = 0;  // in bursts
  bool operator==(const BankAddress&) const = default;
};

// Local burst number -> bank, row, column: the spec's address order, bit field by bit field.
class ChannelMap {
 public:
  explicit ChannelMap(const Spec& spec);

  [[nodiscard]] std::uint64_t bursts() const { return bursts_; }

  [[nodiscard]] std::uint32_t bank(std::uint64_t burst) const {
    std::uint64_t bank = 0;
    for (std::size_t i = 0; i < bank_field_count_; ++i) {
      bank |= ((burst >> bank_fields_[i].shift) & bank_fields_[i].mask) << bank_fields_[i].place;
    }
    return static_cast<std::uint32_t>(bank);
  }
  [[nodiscard]] std::uint32_t row(std::uint64_t burst) const { return take(burst, row_); }
  [[nodiscard]] std::uint32_t column(std::uint64_t burst) const { return take(burst, column_); }
  [[nodiscard]] BankAddress locate(std::uint64_t burst) const {
    return {bank(burst), row(burst), column(burst)};
  }

 private:
  struct Field {
    unsigned shift = 0;
    unsigned place = 0;  // within the bank number
    std::uint64_t mask = 0;
  };
  [[nodiscard]] static std::uint32_t take(std::uint64_t burst, const Field& field) {
    return static_cast<std::uint32_t>((burst >> field.shift) & field.mask);
  }

  std::array<Field, 8> bank_fields_{};
  std::size_t bank_field_count_ = 0;
  Field row_;
  Field column_;
  std::uint64_t bursts_ = 0;
};

}  // namespace orrery::memory::dram
