// SPDX-License-Identifier: Apache-2.0
#include "lowering/tiling/matrix_problem.h"

#include <algorithm>
#include <numeric>

namespace orrery::lowering {
namespace {

std::int64_t common_granule(const std::vector<StreamedTensor>& tensors) {
  std::int64_t granule = 1;
  for (const StreamedTensor& tensor : tensors) {
    granule = std::lcm(granule, numeric::granule(tensor.type));
  }
  return granule;
}

}  // namespace

std::int64_t feature_granule(const MatrixProblem& problem) {
  std::int64_t granule = numeric::granule(problem.c.type);
  if (!problem.transposed_b) {
    granule = std::lcm(granule, numeric::granule(problem.b.type));
  }
  return std::lcm(granule,
                  std::lcm(common_granule(problem.operands), common_granule(problem.bias)));
}

std::int64_t channel_granule(const MatrixProblem& problem) {
  return std::lcm(problem.transposed_a ? 1
                                       : std::lcm(numeric::granule(problem.a.type),
                                                  numeric::granule(problem.array_a_type())),
                  problem.transposed_b ? numeric::granule(problem.b.type) : 1);
}

std::int64_t column_granule(const MatrixProblem& problem) {
  return problem.transposed_a ? numeric::granule(problem.a.type) : 1;
}

std::int64_t MatrixProblem::batch_count() const {
  std::int64_t count = 1;
  for (const BatchLoop& loop : batches) {
    count *= loop.count;
  }
  return count;
}

std::int64_t MatrixProblem::group_granule() const {
  if (!interleaved() || groups == 1) {
    return 1;
  }
  const auto groups_for = [](std::int64_t granule, std::int64_t elements) {
    return granule / std::gcd(granule, elements);
  };
  return std::lcm(groups_for(numeric::granule(a.type), channels),
                  groups_for(feature_granule(*this), features));
}

std::int64_t MatrixProblem::packed_row_bytes(ElementType type, std::int64_t groups_in_row,
                                             std::int64_t elements) const {
  return interleaved() ? numeric::row_bytes(type, groups_in_row * elements)
                       : groups_in_row * numeric::row_bytes(type, elements);
}

std::int64_t MatrixProblem::packed_group_bits(ElementType type, std::int64_t elements) const {
  return interleaved() ? numeric::bit_offset(type, elements)
                       : 8 * numeric::row_bytes(type, elements);
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
