// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace orrery::memory {

// Which lines a set-associative cache holds; the least recently used line of a full set makes room.
// Line l lies in set l modulo the number of sets.
class CacheDirectory {
 public:
  // Both at least 1.
  CacheDirectory(std::int64_t sets, std::int64_t ways);

  // Whether the line is there; it is then the most recently used of its set, and dirty if it is
  // written.
  bool touch(std::uint64_t line, bool write);

  struct Victim {
    std::uint64_t line = 0;
    bool dirty = false;
  };
  // Puts a line that is not there into its set, as the most recently used. What had to go for it.
  std::optional<Victim> insert(std::uint64_t line, bool dirty);

 private:
  // A line, above the two bits of what is known of it; 0: the way is unused. Sixteen ways are two
  // cache lines of the host: the directory of a large cache is what visiting a line costs.
  using Way = std::uint64_t;
  static constexpr Way kUsed = 1;
  static constexpr Way kDirty = 2;

  // The ways of the line's set, most recently used first, unused ones last.
  [[nodiscard]] Way* set_of(std::uint64_t line) { return &ways_[line % sets_ * ways_of_set_]; }
  [[nodiscard]] static Way way(std::uint64_t line) { return line << 2 | kUsed; }
  // Puts `way` first; those before `place` move back, over it.
  static void put_first(Way* first, Way* place, Way way);

  std::uint64_t sets_;
  std::size_t ways_of_set_;
  std::vector<Way> ways_;
};

}  // namespace orrery::memory
