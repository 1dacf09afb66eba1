// SPDX-License-Identifier: Apache-2.0
#include "lowering/vector_stages.h"

#include "base/error.h"
#include "command/vector_passes.h"
#include "timing/vector_timing.h"

namespace orrery::lowering {

command::VectorKind vector_kind(workload::ElementwiseKind kind) {
  using Kind = workload::ElementwiseKind;
  switch (kind) {
    case Kind::kAdd:
      return command::VectorKind::kAdd;
    case Kind::kMultiply:
      return command::VectorKind::kMultiply;
    case Kind::kRelu:
      return command::VectorKind::kRelu;
    case Kind::kGelu:
      return command::VectorKind::kGelu;
    case Kind::kSilu:
      return command::VectorKind::kSilu;
  }
  throw base::InternalError("known element-wise operator", "lowering");
}

std::int64_t vector_cycles(const Machine::VectorUnit& unit, const command::VectorCommand& command) {
  return timing::vector_timing(unit.costs, command.rows, command.columns,
                               command::vector_passes(command))
      .cycles;
}

}  // namespace orrery::lowering
