// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "base/integer.h"
#include "command/view.h"
#include "lowering/layer/image_patch.h"
#include "lowering/machine/vector_stages.h"
#include "lowering/operators/operators.h"
#include "lowering/tiling/candidate_sizes.h"
#include "lowering/tiling/matrix_problem.h"

namespace orrery::lowering {
namespace {

using base::divide_up;

AxisRange block_range(std::int64_t begin, std::int64_t size, std::int64_t whole) {
  return {begin, std::min(size, whole - begin)};
}

// Blocks of output positions and channels go through the vector units, one after the other.
class PoolingLayer : public Layer {
 public:
  struct Block {
    std::int64_t images = 1;
    std::int64_t rows = 1;
    std::int64_t columns = 1;
    std::int64_t channels = 1;
  };

  PoolingLayer(const LayerRequest& request, const Block& block, int buffers)
      : machine_(request.machine), block_(block) {
    const auto& pooling = std::get<workload::Pooling>(request.op().attributes);
    const workload::Tensor& x = request.input(0);
    const workload::Tensor& y = request.output();
    kind_ = pooling.kind == workload::PoolingKind::kMaximum ? command::VectorKind::kReduceMaximum
                                                            : command::VectorKind::kReduceMean;
    images_ = x.shape[0];
    source_ = {request.op().inputs[0], x.type, x.shape[3], axis_h(request), axis_w(request)};
    output_ = request.group.output;
    output_type_ = y.type;
    input_tier_ = &request.tier(source_.tensor);
    output_tier_ = &request.tier(output_);
    slots_ = std::min<std::int64_t>(
        blocks(), buffers * static_cast<std::int64_t>(machine_.vector_units.size()));
    base_ = request.scratchpad_base(scratchpad_bytes());
  }

  static WindowAxis axis_h(const LayerRequest& request) {
    const auto& pooling = std::get<workload::Pooling>(request.op().attributes);
    return {request.input(0).shape[1],
            request.output().shape[1],
            pooling.kernel_h,
            pooling.stride_h,
            1,
            pooling.pad_top};
  }
  static WindowAxis axis_w(const LayerRequest& request) {
    const auto& pooling = std::get<workload::Pooling>(request.op().attributes);
    return {
        request.input(0).shape[2], request.output().shape[2], pooling.kernel_w, pooling.stride_w, 1,
        pooling.pad_left};
  }

  [[nodiscard]] base::Generator<Step> steps(Emitter& emitter) const override {
    std::optional<TensorMove> deferred;  // given after the next block's loads
    std::int64_t index = 0;
    for (std::int64_t n = 0; n < images_; n += block_.images) {
      for (std::int64_t h = 0; h < source_.height.output; h += block_.rows) {
        for (std::int64_t w = 0; w < source_.width.output; w += block_.columns) {
          for (std::int64_t c = 0; c < source_.channels; c += block_.channels, ++index) {
            const OutputBlock outputs{block_range(n, block_.images, images_),
                                      block_range(h, block_.rows, source_.height.output),
                                      block_range(w, block_.columns, source_.width.output)};
            const AxisRange channels = block_range(c, block_.channels, source_.channels);
            const ImagePatch patch = make_patch(outputs, channels);
            patch.load(emitter, input_buffer(index));
            if (deferred) {
              emitter.store(*deferred);
            }
            emitter.vector(static_cast<std::size_t>(index) % machine_.vector_units.size(),
                           reduce(patch, outputs, channels, index));
            deferred = result_move(outputs, channels, index);
            co_yield Step{};
          }
        }
      }
    }
    emitter.store(*deferred);
    co_yield Step{};
  }

  void describe(command::LayerInfo& info) const override {
    info.tiling = fmt::format("images {} rows {} columns {} channels {}", block_.images,
                              block_.rows, block_.columns, block_.channels);
    info.limited_by = vector_cycles() >= memory_cycles() ? "vector unit" : "memory";
  }

  [[nodiscard]] std::string loop_nest() const override {
    return fmt::format(
        "for image by {}\n  for row by {}\n    for column by {}\n      for channel by {}\n"
        "        load patch; reduce windows on vector unit (block mod {}); store\n",
        block_.images, block_.rows, block_.columns, block_.channels, machine_.vector_units.size());
  }

  [[nodiscard]] std::int64_t scratchpad_bytes() const {
    return slots_ * (aligned_buffer(patch_bytes()) + aligned_buffer(result_bytes()));
  }

  [[nodiscard]] std::int64_t estimate() const {
    // A buffer is loaded, reduced and free again; `slots_` of them take turns.
    const std::int64_t round = kLoadedLatency * input_tier_->latency_cycles +
                               input_tier_->cycles(patch_bytes()) + block_cycles();
    return std::max({vector_cycles(), memory_cycles(), blocks() * round / slots_}) + round +
           output_tier_->cycles(result_bytes());
  }

 private:
  [[nodiscard]] std::int64_t blocks() const {
    return divide_up(images_, block_.images) * divide_up(source_.height.output, block_.rows) *
           divide_up(source_.width.output, block_.columns) *
           divide_up(source_.channels, block_.channels);
  }
  [[nodiscard]] std::int64_t positions() const {
    return block_.images * block_.rows * block_.columns;
  }
  [[nodiscard]] std::int64_t patch_bytes() const {
    return block_.images * slice_length(source_.height, block_.rows, source_.height.taps) *
           slice_length(source_.width, block_.columns, source_.width.taps) *
           numeric::row_bytes(source_.type, block_.channels);
  }
  [[nodiscard]] std::int64_t result_bytes() const {
    return positions() * numeric::row_bytes(output_type_, block_.channels);
  }
  [[nodiscard]] std::int64_t input_buffer(std::int64_t index) const {
    return base_ + index % slots_ * aligned_buffer(patch_bytes());
  }
  [[nodiscard]] std::int64_t result_buffer(std::int64_t index) const {
    return base_ + slots_ * aligned_buffer(patch_bytes()) +
           index % slots_ * aligned_buffer(result_bytes());
  }

  [[nodiscard]] ImagePatch make_patch(const OutputBlock& outputs, const AxisRange& channels) const {
    return {source_,         outputs.images,           outputs.rows,
            outputs.columns, {0, source_.height.taps}, {0, source_.width.taps},
            channels};
  }

  [[nodiscard]] command::VectorCommand reduce(const ImagePatch& patch, const OutputBlock& outputs,
                                              const AxisRange& channels, std::int64_t index) const {
    command::VectorCommand command;
    command.rows = outputs.positions() * channels.count;
    command.columns = source_.height.taps * source_.width.taps;
    command.source =
        patch.window_view(input_buffer(index), outputs.images, outputs.rows, outputs.columns);
    command.stages.push_back({kind_, {}, {}});
    command::View& result = command.destination;
    result.space = Emitter::scratchpad();
    result.type = output_type_;
    result.base = result_buffer(index);
    result.row = {{outputs.positions(), numeric::row_bytes(output_type_, channels.count) * 8, {}},
                  {channels.count, numeric::bits(output_type_), {}}};
    result.column = {{1, 0, {}}};
    command::simplify(result);
    return command;
  }

  [[nodiscard]] TensorMove result_move(const OutputBlock& outputs, const AxisRange& channels,
                                       std::int64_t index) const {
    const std::int64_t position = numeric::row_bytes(output_type_, source_.channels);
    const std::int64_t row = source_.width.output * position;
    const std::int64_t image = source_.height.output * row;
    TensorMove move;
    move.tensor = output_;
    move.tensor_offset = outputs.images.begin * image + outputs.rows.begin * row +
                         outputs.columns.begin * position +
                         channels.begin * numeric::bits(output_type_) / 8;
    move.tensor_stride = {image, row, position};
    move.count = {outputs.images.count, outputs.rows.count, outputs.columns.count};
    move.row_bytes = numeric::row_bytes(output_type_, channels.count);
    move.buffer = result_buffer(index);
    move.buffer_stride = {outputs.rows.count * outputs.columns.count * move.row_bytes,
                          outputs.columns.count * move.row_bytes, move.row_bytes};
    return move;
  }

  [[nodiscard]] std::int64_t block_cycles() const {
    const OutputBlock outputs{{0, block_.images}, {0, block_.rows}, {0, block_.columns}};
    const AxisRange channels{0, block_.channels};
    return lowering::vector_cycles(machine_.vector_units.front(),
                                   reduce(make_patch(outputs, channels), outputs, channels, 0));
  }
  [[nodiscard]] std::int64_t vector_cycles() const {
    return divide_up(blocks(), static_cast<std::int64_t>(machine_.vector_units.size())) *
           block_cycles();
  }
  [[nodiscard]] std::int64_t memory_cycles() const {
    const std::int64_t read =
        input_tier_->bytes_in_pieces(images_ * walk_loads(source_.height, block_.rows, true) *
                                         walk_loads(source_.width, block_.columns, true),
                                     numeric::row_bytes(source_.type, source_.channels),
                                     numeric::row_bytes(source_.type, block_.channels));
    const std::int64_t written =
        output_tier_->bytes_in_pieces(images_ * source_.height.output * source_.width.output,
                                      numeric::row_bytes(output_type_, source_.channels),
                                      numeric::row_bytes(output_type_, block_.channels));
    if (input_tier_ == output_tier_) {
      return input_tier_->cycles(read + written);
    }
    return std::max(input_tier_->cycles(read), output_tier_->cycles(written));
  }

  const Machine& machine_;
  Block block_;
  command::VectorKind kind_ = command::VectorKind::kReduceMaximum;
  std::int64_t images_ = 1;
  ImagePatch::Source source_;
  workload::TensorId output_ = workload::kNoTensor;
  numeric::ElementType output_type_ = numeric::ElementType::kFp16;
  const Machine::Tier* input_tier_ = nullptr;
  const Machine::Tier* output_tier_ = nullptr;
  std::int64_t slots_ = 1;
  std::int64_t base_ = 0;
};

// Parts of a row of positions, whole rows, whole images; each with all channels or some.
std::vector<PoolingLayer::Block> candidate_blocks(const LayerRequest& request) {
  const auto& y = request.output().shape;
  std::vector<PoolingLayer::Block> positions;
  for (const std::int64_t columns : candidate_sizes(y[2], 3)) {
    positions.push_back({1, 1, columns, 1});
  }
  for (const std::int64_t rows : candidate_sizes(y[1], 7)) {
    positions.push_back({1, rows, y[2], 1});
  }
  for (const std::int64_t images : candidate_sizes(y[0], 3)) {
    positions.push_back({images, y[1], y[2], 1});
  }
  const std::int64_t granule =
      std::lcm(numeric::granule(request.input(0).type), numeric::granule(request.output().type));
  std::vector<PoolingLayer::Block> result;
  for (const PoolingLayer::Block& block : positions) {
    for (const std::int64_t channels : candidate_sizes(y[3], 16, granule)) {
      result.push_back(block);
      result.back().channels = channels;
    }
  }
  return result;
}

bool windows_reach_the_image(const WindowAxis& axis) {
  return axis.padding < axis.taps && axis.position(axis.output - 1, 0) < axis.input;
}

}  // namespace

std::unique_ptr<Layer> plan_pooling(const LayerRequest& request) {
  if (!windows_reach_the_image(PoolingLayer::axis_h(request)) ||
      !windows_reach_the_image(PoolingLayer::axis_w(request))) {
    request.error("some windows hold nothing but padding", "padding smaller than the kernel");
    return nullptr;
  }
  for (const LayerRequest::Budget& budget : request.budgets()) {
    std::unique_ptr<PoolingLayer> best;
    for (const PoolingLayer::Block& block : candidate_blocks(request)) {
      auto layer = std::make_unique<PoolingLayer>(request, block, budget.buffers);
      if (layer->scratchpad_bytes() <= budget.bytes &&
          (!best || layer->estimate() < best->estimate())) {
        best = std::move(layer);
      }
    }
    if (best) {
      return best;
    }
  }
  const PoolingLayer smallest(request,
                              {1, 1, 1, std::min<std::int64_t>(request.output().shape[3], 2)}, 1);
  request.error_too_small(smallest.scratchpad_bytes(), "smallest block, one window,");
  return nullptr;
}

}  // namespace orrery::lowering
