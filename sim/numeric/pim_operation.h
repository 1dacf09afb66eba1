// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace orrery::numeric {

// What a PIM command does to numbers. Each channel has one vector buffer, as long as a row, and
// each bank one accumulator.
enum class PimOperation : std::uint8_t {
  kNone,     // opens, closes, announces, changes a mode
  kLoadRow,  // the vector buffer takes the row of the addressed bank
  kLoad,     // the vector buffer takes bytes from the host, from the column on
  kDot,      // accumulators += `count` columns from `column` on, times the same ones of the buffer
  kRead,     // accumulators go to the host, in the order of the banks, and clear
  kDotRead,  // kDot, then kRead
};

[[nodiscard]] inline bool multiplies(PimOperation operation) {
  return operation == PimOperation::kDot || operation == PimOperation::kDotRead;
}
[[nodiscard]] inline bool reads(PimOperation operation) {
  return operation == PimOperation::kRead || operation == PimOperation::kDotRead;
}
[[nodiscard]] const std::vector<std::pair<std::string, PimOperation>>& pim_operation_names();

}  // namespace orrery::numeric
