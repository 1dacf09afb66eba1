// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>

namespace orrery::memory::tlm {

// The contents of a memory, kept only where something was written. Other bytes read as 0.
class SparseBytes {
 public:
  // `count` bytes from `address` on.
  void read(std::uint64_t address, unsigned char* to, std::size_t count) const;
  void write(std::uint64_t address, const unsigned char* from, std::size_t count);

 private:
  static constexpr std::size_t kPageBytes = 4096;
  using Page = std::array<unsigned char, kPageBytes>;

  std::unordered_map<std::uint64_t, std::unique_ptr<Page>> pages_;  // looked up, never iterated
};

}  // namespace orrery::memory::tlm
