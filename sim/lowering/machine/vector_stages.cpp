// SPDX-License-Identifier: Apache-2.0
#include "lowering/machine/vector_stages.h"

#include <array>
#include <limits>

#include "base/error.h"
#include "command/vector_kinds.h"
#include "command/vector_passes.h"
#include "timing/vector_timing.h"

namespace orrery::lowering {

namespace {

using command::VectorKind;
using command::VectorStage;
using workload::ElementwiseKind;

constexpr double kLargest = std::numeric_limits<double>::max();

// In the order of ElementwiseKind.
constexpr std::array kVectorKinds{VectorKind::kAdd,        VectorKind::kMultiply,
                                  VectorKind::kRelu,       VectorKind::kGelu,
                                  VectorKind::kSilu,       VectorKind::kSubtract,
                                  VectorKind::kDivide,     VectorKind::kMaximum,
                                  VectorKind::kMinimum,    VectorKind::kExp,
                                  VectorKind::kTanh,       VectorKind::kErf,
                                  VectorKind::kSigmoid,    VectorKind::kSqrt,
                                  VectorKind::kReciprocal, VectorKind::kReciprocalSqrt,
                                  VectorKind::kLog,        VectorKind::kAbs,
                                  VectorKind::kNegate,     VectorKind::kClip,
                                  VectorKind::kLeakyRelu,  VectorKind::kHardSigmoid,
                                  VectorKind::kHardSwish,  VectorKind::kPower,
                                  VectorKind::kSin,        VectorKind::kCos};

VectorKind vector_kind(ElementwiseKind kind) {
  return kVectorKinds.at(static_cast<std::size_t>(kind));
}

// x with a constant as the second operand, or as the first.
std::vector<VectorStage> scalar_stages(ElementwiseKind kind, double scalar, bool scalar_first) {
  switch (kind) {
    case ElementwiseKind::kAdd:
      return {{VectorKind::kAffine, {}, {1.0, scalar}}};
    case ElementwiseKind::kMultiply:
      return {{VectorKind::kScale, {}, {scalar}}};
    case ElementwiseKind::kSubtract:
      return {
          {VectorKind::kAffine, {}, {scalar_first ? -1.0 : 1.0, scalar_first ? scalar : -scalar}}};
    case ElementwiseKind::kDivide:
      if (scalar_first) {
        return {{VectorKind::kReciprocal, {}, {}}, {VectorKind::kScale, {}, {scalar}}};
      }
      return {{VectorKind::kScale, {}, {1.0 / scalar}}};
    case ElementwiseKind::kMaximum:
      return {{VectorKind::kClip, {}, {scalar, kLargest}}};
    case ElementwiseKind::kMinimum:
      return {{VectorKind::kClip, {}, {-kLargest, scalar}}};
    default:
      throw base::InternalError("a scalar belongs to a binary function", "lowering");
  }
}

}  // namespace

std::vector<VectorStage> stages_of(const workload::Elementwise& function, bool operand_first) {
  if (function.scalar) {
    return scalar_stages(function.kind, *function.scalar, function.scalar_first);
  }
  if (operand_first && function.kind == ElementwiseKind::kSubtract) {
    return {{VectorKind::kNegate, {}, {}}, {VectorKind::kAdd, {}, {}}};
  }
  if (operand_first && function.kind == ElementwiseKind::kDivide) {
    return {{VectorKind::kReciprocal, {}, {}}, {VectorKind::kMultiply, {}, {}}};
  }
  return {{vector_kind(function.kind), {}, function.parameters}};
}

void set_operand(std::vector<VectorStage>& stages, const command::View& operand) {
  for (VectorStage& stage : stages) {
    if (command::takes_operand(stage.kind)) {
      stage.operand = operand;
    }
  }
}

std::int64_t vector_cycles(const Machine::VectorUnit& unit, const command::VectorCommand& command) {
  return timing::vector_timing(unit.costs, command.rows, command.columns,
                               command::vector_passes(command), command::row_lengths(command))
      .cycles;
}

}  // namespace orrery::lowering
