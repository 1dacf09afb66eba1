// SPDX-License-Identifier: Apache-2.0
#include <numeric>

#include "lowering/matrix/matrix_layer.h"
#include "lowering/matrix/matrix_operators.h"
#include "workload/matrix_shapes.h"

namespace orrery::lowering {
namespace {

// One dimension of a transposed convolution as an ordinary one of stride 1: the outputs whose
// position, padding included, leaves the same remainder by the stride.
struct Phase {
  WindowAxis window;
  AxisMap kernel;
  AxisMap result;
};

// Output position o of a phase and tap t read input position (o + padding - t * dilation) / stride,
// where that is whole. The taps for which it is lie stride / gcd(stride, dilation) apart; taken
// from the last to the first, their inputs lie dilation / gcd apart. A phase that no tap reaches
// gets one whose inputs all lie outside.
Phase phase_of(const workload::TransposedAxis& axis, std::int64_t remainder) {
  const std::int64_t first_output =
      ((remainder - axis.padding) % axis.stride + axis.stride) % axis.stride;
  const std::int64_t common = std::gcd(axis.stride, axis.dilation);
  const std::int64_t tap_step = axis.stride / common;
  std::int64_t first_tap = 0;
  while (first_tap < axis.taps && (first_tap * axis.dilation - remainder) % axis.stride != 0) {
    ++first_tap;
  }
  Phase phase;
  phase.result = {axis.output, first_output, axis.stride};
  phase.window.input = axis.input;
  phase.window.output =
      first_output < axis.output ? (axis.output - 1 - first_output) / axis.stride + 1 : 0;
  if (first_tap >= axis.taps) {
    phase.window.padding = phase.window.output;
    phase.kernel = {axis.taps, 0, 1};
    return phase;
  }
  phase.window.taps = (axis.taps - 1 - first_tap) / tap_step + 1;
  phase.window.dilation = axis.dilation / common;
  const std::int64_t last_tap = first_tap + (phase.window.taps - 1) * tap_step;
  phase.kernel = {axis.taps, last_tap, -tap_step};
  // The input position of the first output and the last tap; the division is exact.
  phase.window.padding = -((first_output + axis.padding - last_tap * axis.dilation) / axis.stride);
  return phase;
}

std::vector<Phase> phases_of(const workload::TransposedAxis& axis) {
  std::vector<Phase> phases;
  for (std::int64_t remainder = 0; remainder < axis.stride; ++remainder) {
    const Phase phase = phase_of(axis, remainder);
    if (phase.window.output > 0) {
      phases.push_back(phase);
    }
  }
  return phases;
}

}  // namespace

std::unique_ptr<Layer> plan_transposed_convolution(const LayerRequest& request) {
  const auto& attributes = std::get<workload::TransposedConvolution>(request.op().attributes);
  const workload::ImageShape x = workload::image_shape(request.input(0).shape);
  const auto& w = request.input(1).shape;
  const workload::ImageShape y = workload::image_shape(request.tensor(request.op().output).shape);
  const auto rows = phases_of(
      {x.height, y.height, w[0], attributes.stride_h, attributes.dilation_h, attributes.pad_top});
  const auto columns = phases_of(
      {x.width, y.width, w[1], attributes.stride_w, attributes.dilation_w, attributes.pad_left});
  std::vector<MatrixProblem> problems;
  for (const Phase& row : rows) {
    for (const Phase& column : columns) {
      MatrixProblem problem;
      problem.images = x.images;
      problem.height = row.window;
      problem.width = column.window;
      problem.kernel_height = row.kernel;
      problem.kernel_width = column.kernel;
      problem.result_height = row.result;
      problem.result_width = column.result;
      problem.channels = w[2];
      problem.features = w[3] / attributes.groups;
      problem.groups = attributes.groups;
      problem.layout = GroupLayout::kInterleaved;
      problem.padding_counts = false;
      problems.push_back(problem);
    }
  }
  return plan_matrix_sequence(request, problems);
}

}  // namespace orrery::lowering
