// SPDX-License-Identifier: Apache-2.0
#include "lowering/tiling/matrix_problem.h"

#include <algorithm>

namespace orrery::lowering {
namespace {

bool half_bytes(const StreamedTensor& tensor) {
  return numeric::bits(tensor.type) < 8;
}

}  // namespace

bool needs_even_features(const MatrixProblem& problem) {
  return half_bytes(problem.b) || half_bytes(problem.c) ||
         std::any_of(problem.operands.begin(), problem.operands.end(), half_bytes) ||
         std::any_of(problem.bias.begin(), problem.bias.end(), half_bytes);
}

bool needs_even_channels(const MatrixProblem& problem) {
  return half_bytes(problem.a) || (problem.transposed_b && half_bytes(problem.b));
}

bool needs_even_columns(const MatrixProblem& problem) {
  return problem.transposed_a && half_bytes(problem.a);
}

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
  return (half_bytes(a) && channels % 2 != 0) || (needs_even_features(*this) && features % 2 != 0);
}

std::int64_t MatrixProblem::packed_row_bytes(ElementType type, std::int64_t groups_in_row,
                                             std::int64_t elements) const {
  return interleaved() ? numeric::row_bytes(type, groups_in_row * elements)
                       : groups_in_row * numeric::row_bytes(type, elements);
}

std::int64_t MatrixProblem::packed_group_bits(ElementType type, std::int64_t elements) const {
  return interleaved() ? elements * numeric::bits(type) : 8 * numeric::row_bytes(type, elements);
}

timing::ConvolutionWindow MatrixProblem::window(std::int64_t tile_images, std::int64_t tile_rows,
                                                std::int64_t tile_columns, std::int64_t taps_h,
                                                std::int64_t taps_w) const {
  if (dataflow.machine() != timing::Dataflow::Machine::kRowsStay) {
    return {};
  }
  return {tile_images,   tile_rows,    tile_columns,    taps_h,        taps_w,
          height.stride, width.stride, height.dilation, width.dilation};
}

}  // namespace orrery::lowering
