// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "command/command.h"
#include "command/extents.h"
#include "command/stream_checker.h"

namespace orrery::command {

// Checks what a header says of PIM memories, so that programs can be checked by it: no two indices
// share a byte, all bytes lie in the tier, commands have names of their own and fit into it.
class PimMemoryChecker {
 public:
  // The header's tiers are those of the machine where extents are given.
  PimMemoryChecker(const StreamHeader& header, const std::optional<Extents>& extents,
                   Problems& problems)
      : header_(header), extents_(extents), problems_(problems) {}

  void check();

 private:
  void check(const PimMemory& memory);
  [[nodiscard]] bool check_digits(const PimMemory& memory);
  void check_sizes(const PimMemory& memory);
  void check_command(const PimMemory& memory, std::size_t index);
  void add(const std::string& suffix, std::string message, std::string expected);

  const StreamHeader& header_;
  const std::optional<Extents>& extents_;
  Problems& problems_;
  std::string field_;  // of the memory that is being checked
};

}  // namespace orrery::command
