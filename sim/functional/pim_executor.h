// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "command/command.h"
#include "functional/memory.h"

namespace orrery::functional {

// Executes PIM programs on numbers, bank by bank. Each begins with a vector buffer that holds
// nothing and accumulators of 0: programs of other engines and streams may have run in the channel
// before.
class PimExecutor {
 public:
  explicit PimExecutor(Memory& memory) : memory_(memory) {}

  // The operations as command::PimOperation has them, on the cells as they are now. A product with
  // a zero of the vector is 0 whatever the row holds; any other with an undefined element leaves
  // its accumulator undefined until it is read, and the result cells as if never written. Throws
  // MemoryFault that names the step where one leaves its memory or reads what no load can give, and
  // where a sum is left that no step reads.
  void execute(const command::PimProgram& program, const command::StreamHeader& header);

 private:
  struct Channel {
    AddressSpace buffer;
    std::vector<std::optional<double>> sums;  // of the banks
  };
  // One step of one repetition.
  struct Turn {
    const command::PimProgram& program;
    const command::PimMemory& memory;
    const command::PimCommand& command;
    command::PimStep step;        // its operands in this repetition
    std::int64_t scratchpad = 0;  // byte address of what it moves
  };

  void execute(const Turn& turn, Channel& channel);
  void load_row(const Turn& turn, Channel& channel);
  void load(const Turn& turn, Channel& channel);
  void dot(const Turn& turn, Channel& channel);
  void read(const Turn& turn, Channel& channel);

  Memory& memory_;
};

}  // namespace orrery::functional
