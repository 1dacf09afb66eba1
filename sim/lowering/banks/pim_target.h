// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "command/command.h"
#include "lowering/machine/machine.h"
#include "lowering/machine/pim_command_set.h"
#include "numeric/element_type.h"

namespace orrery::lowering {

// The memory in whose banks a layer computes, and the commands that it has for it.
struct PimTarget {
  std::uint16_t tier = 0;    // of the machine
  std::uint16_t memory = 0;  // index into StreamHeader::pim_memories
  std::shared_ptr<const command::PimMemory> banks;
  PimCommandSet commands;
  numeric::ElementType type{};         // of vectors, and of what lies in rows
  numeric::ElementType result_type{};  // of what banks give out

  // Bytes that one row of all banks of all channels has together.
  [[nodiscard]] std::int64_t row_stride() const { return banks->row.front().stride; }
  [[nodiscard]] std::int64_t element_bytes() const { return numeric::bits(type) / 8; }
  // Of one bank.
  [[nodiscard]] std::int64_t row_elements() const { return banks->row_bytes() / element_bytes(); }
  [[nodiscard]] std::int64_t column_elements() const {
    return banks->column_bytes / element_bytes();
  }
  // Of the results of all banks.
  [[nodiscard]] std::int64_t tile_bytes() const { return commands.reads() * commands.read_bytes(); }
};

// What keeps a layer out of banks, and what it would take.
struct PimObstacle {
  std::string message;
  std::string expected;
};

// The first memory of the machine with PIM commands, for vectors and rows of a type. An obstacle:
// no memory or engine, a type that banks do not multiply, commands that are missing, an address map
// whose rows do not lie one after the other.
[[nodiscard]] std::variant<PimTarget, PimObstacle> find_pim_target(const Machine& machine,
                                                                   numeric::ElementType type);

}  // namespace orrery::lowering
