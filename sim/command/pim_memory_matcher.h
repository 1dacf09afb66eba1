// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "command/command.h"
#include "command/stream_checker.h"

namespace orrery::command {

// Finds the PIM memories of a file among those of the machine, and their commands. A file may name
// some of them in any order, but what it says of them must be true.
class PimMemoryMatcher {
 public:
  // The header's tiers are the machine's.
  PimMemoryMatcher(const StreamHeader& header, const std::vector<PimMemory>& known,
                   Problems& problems)
      : header_(header), known_(known), problems_(problems) {}

  // By memory of the header; incomplete where there are problems.
  [[nodiscard]] std::vector<PimIndex> match();

 private:
  [[nodiscard]] PimIndex match(const PimMemory& memory);
  void compare_layout(const PimMemory& memory, const PimMemory& known);
  void compare(const std::string& field, const PimCommand& command, const PimCommand& known);

  const StreamHeader& header_;
  const std::vector<PimMemory>& known_;
  Problems& problems_;
  std::string field_;  // of the memory that is being matched
};

}  // namespace orrery::command
