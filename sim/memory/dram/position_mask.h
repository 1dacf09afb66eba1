// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace orrery::memory::dram {

// A set of positions, numbers below kPositions.
class PositionMask {
 public:
  static constexpr unsigned kPositions = 128;

  // All below `end`.
  [[nodiscard]] static PositionMask below(unsigned end) {
    PositionMask result;
    for (unsigned position = 0; position < end; ++position) {
      result.add(position);
    }
    return result;
  }

  [[nodiscard]] bool any() const { return (words_[0] | words_[1]) != 0; }
  // The smallest; there is one.
  [[nodiscard]] unsigned first() const {
    return words_[0] != 0 ? static_cast<unsigned>(std::countr_zero(words_[0]))
                          : 64 + static_cast<unsigned>(std::countr_zero(words_[1]));
  }
  [[nodiscard]] bool has(unsigned position) const {
    return (words_[position / 64] >> position % 64 & 1U) != 0;
  }
  void add(unsigned position) { words_[position / 64] |= std::uint64_t{1} << position % 64; }
  void add_if(bool holds, unsigned position) {
    words_[position / 64] |= static_cast<std::uint64_t>(holds) << position % 64;
  }
  void remove(unsigned position) { words_[position / 64] &= ~(std::uint64_t{1} << position % 64); }
  void remove_first() {
    std::uint64_t& word = words_[words_[0] != 0 ? 0 : 1];
    word &= word - 1;
  }
  void add(const PositionMask& other) {
    words_[0] |= other.words_[0];
    words_[1] |= other.words_[1];
  }
  void remove(const PositionMask& other) {
    words_[0] &= ~other.words_[0];
    words_[1] &= ~other.words_[1];
  }
  // Each position becomes lower by so many, at most kPositions - 1; those below vanish.
  void lower(unsigned distance) {
    if (distance >= 64) {
      words_ = {words_[1] >> (distance - 64), 0};
    } else if (distance > 0) {
      words_ = {words_[0] >> distance | words_[1] << (64 - distance), words_[1] >> distance};
    }
  }
  [[nodiscard]] PositionMask common(const PositionMask& other) const {
    PositionMask result;
    result.words_ = {words_[0] & other.words_[0], words_[1] & other.words_[1]};
    return result;
  }

 private:
  std::array<std::uint64_t, 2> words_{};
};

}  // namespace orrery::memory::dram
