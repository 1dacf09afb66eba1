// SPDX-License-Identifier: Apache-2.0
#include "lowering/matrix_problem.h"

#include <algorithm>

namespace orrery::lowering {
namespace {

bool half_bytes(const StreamedTensor& tensor) {
  return numeric::bits(tensor.type) < 8;
}

}  // namespace

std::int64_t MatrixProblem::batch_count() const {
  std::int64_t count = 1;
  for (const BatchLoop& loop : batches) {
    count *= loop.count;
  }
  return count;
}

bool MatrixProblem::even_groups() const {
  if (!interleaved() || groups == 1) {
    return false;
  }
  const bool half_features = half_bytes(b) || half_bytes(c) ||
                             std::any_of(bias.begin(), bias.end(), half_bytes) ||
                             std::any_of(operands.begin(), operands.end(), half_bytes);
  return (half_bytes(a) && channels % 2 != 0) || (half_features && features % 2 != 0);
}

std::int64_t MatrixProblem::packed_row_bytes(ElementType type, std::int64_t groups_in_row,
                                             std::int64_t elements) const {
  return interleaved() ? numeric::row_bytes(type, groups_in_row * elements)
                       : groups_in_row * numeric::row_bytes(type, elements);
}

std::int64_t MatrixProblem::packed_group_bits(ElementType type, std::int64_t elements) const {
  return interleaved() ? elements * numeric::bits(type) : 8 * numeric::row_bytes(type, elements);
}

}  // namespace orrery::lowering
