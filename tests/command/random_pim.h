// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/random.h"
#include "command/command.h"

namespace orrery::command {

// PIM memories and programs that keep every rule and otherwise go to the edges.
class RandomPim {
 public:
  explicit RandomPim(base::Random& random) : random_(random) {}

  // Of some of the tiers, or of none.
  [[nodiscard]] std::vector<PimMemory> memories(std::size_t tiers);
  // For one of the header's memories; there is at least one.
  [[nodiscard]] PimProgram program(const StreamHeader& header);
  // The engine that has the program's channel.
  [[nodiscard]] static EngineIndex engine(const PimProgram& program, const StreamHeader& header);
  // A step that loads a vector; one that reads what all banks have added up.
  [[nodiscard]] static PimStep load(const PimMemory& memory);
  [[nodiscard]] static PimStep read(const PimMemory& memory);

 private:
  [[nodiscard]] bool chance(int percent) { return random_.integer(1, 100) <= percent; }
  [[nodiscard]] PimMemory memory(std::uint16_t tier);
  [[nodiscard]] PimCommand command(const PimMemory& memory, std::size_t number);
  [[nodiscard]] PimStep step(const PimMemory& memory, std::int64_t repetitions);
  [[nodiscard]] PimProgram::End end();

  base::Random& random_;
};

[[nodiscard]] bool same_body(const PimProgram& left, const PimProgram& right);

}  // namespace orrery::command
