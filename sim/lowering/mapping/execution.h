// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/rational.h"
#include "base/units.h"
#include "config/schema.h"

namespace orrery::lowering {

// How the run finds out how long things take.
enum class Fidelity : std::uint8_t {
  kSimulated,   // command by command
  kAnalytical,  // closed forms for each operator; docs/analytical.md
};

// What runs at the same time within an operator; between operators nothing does.
enum class Overlap : std::uint8_t { kComputeAndMemory, kNone };

// What an operator that is no product costs.
enum class OtherOperators : std::uint8_t { kMemoryBound, kFree };

enum class Rounding : std::uint8_t { kUp, kDown };

// What energy is charged for.
enum class ArrayEnergy : std::uint8_t { kMacs, kProcessingElementCycles };

// The closed forms of docs/analytical.md.
struct ExecutionConfig {
  // Of one buffer each: where both operands of a product are larger, one of them is read again.
  struct Refetch {
    base::Bytes weights{0};
    base::Bytes inputs{0};
  };
  // Two buffers that are read in whole lines, one of each a step.
  struct LineBuffers {
    std::int64_t weight_bits_multiple = 1;  // weights take a multiple of so many bits in a line
    std::int64_t lines_per_operand = 1;     // a line holds this part of a step's operand
  };

  Fidelity kind = Fidelity::kSimulated;
  Overlap overlap = Overlap::kComputeAndMemory;
  bool fill_and_drain = false;
  Rounding memory_cycles = Rounding::kUp;
  std::optional<Refetch> refetch;  // absent: every byte crosses once
  OtherOperators other_operators = OtherOperators::kMemoryBound;
  ArrayEnergy array_energy = ArrayEnergy::kMacs;
  std::optional<LineBuffers> line_buffers;  // absent: bytes at the scratchpad's ports
  std::optional<std::string> tier;          // absent: the only one
  base::SourcePosition where;

  [[nodiscard]] static const config::Schema<ExecutionConfig>& schema();
};

}  // namespace orrery::lowering
