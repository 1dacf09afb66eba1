// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "memory/specification/spec.h"

namespace orrery::memory::dram {

// What a controller looks up of a command set with processing in memory.
class PimCommands {
 public:
  // The spec must outlive this object.
  explicit PimCommands(const Spec& spec);

  [[nodiscard]] std::uint64_t banks_of(int command, unsigned bank) const {
    return masks_[static_cast<std::size_t>(command)][bank];
  }

  // A command that opens or closes rows of a buffer, and the banks it then acts on.
  struct RowCommand {
    int command = -1;
    unsigned bank = 0;  // the lowest
    std::uint64_t banks = 0;
  };
  // Commands that together open rows in all of `banks`, which are closed, and in no other: always
  // the widest that fits, upwards.
  void openers(int buffer, std::uint64_t banks, std::vector<RowCommand>& result) const;
  // Commands that together close all of `banks` and none of `kept`: always the one that closes
  // most, of equals the one that acts on the fewest banks.
  void closers(int buffer, std::uint64_t banks, std::uint64_t kept,
               std::vector<RowCommand>& result) const;

  // What a command's admission is computed from.
  struct Work {
    std::int64_t activates = 0;
    std::int64_t precharges = 0;
    std::int64_t count = 1;
    std::int64_t results = 0;
    auto operator<=>(const Work&) const = default;
  };
  // Cycles by the command's admission expression. Throws UserError where it has no whole value.
  [[nodiscard]] Cycle estimate(int command, const Work& work) const;

 private:
  const Spec& spec_;
  std::vector<std::array<std::uint64_t, 64>> masks_;  // by command and bank
  std::vector<std::vector<int>> openers_;             // by buffer, the widest first
  std::vector<std::vector<int>> closers_;             // by buffer, the narrowest first
  mutable std::map<std::pair<int, Work>, Cycle> estimates_;
};

}  // namespace orrery::memory::dram
