// SPDX-License-Identifier: Apache-2.0
#include "lowering/matrix_layer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "command/view.h"
#include "lowering/slot_ring.h"
#include "lowering/vector_stages.h"

namespace orrery::lowering {
namespace {

using command::View;
using numeric::ElementType;
using workload::kNoTensor;

}  // namespace

MatrixLayer::MatrixLayer(const LayerRequest& request, MatrixProblem problem,
                         MatrixOperands operands, const MatrixTiling& tiling)
    : machine_(request.machine),
      problem_(std::move(problem)),
      operands_(std::move(operands)),
      tiling_(tiling),
      tiles_(problem_, tiling_, machine_.arrays.size(), machine_.arrays.front().columns),
      image_{operands_.a, problem_.a.type, problem_.channels, problem_.height, problem_.width} {
  for (const FusedStage& stage : operands_.stages) {
    if (stage.operand != kNoTensor) {
      fused_.push_back({stage.operand, request.tensor(stage.operand).type});
    }
  }
  a_base_ = request.scratchpad_base(tiles_.scratchpad_bytes());
  b_base_ = a_base_ + tiling_.a_slots * aligned_buffer(tiles_.a_bytes());
  bias_base_ = b_base_ + tiling_.b_slots * aligned_buffer(tiles_.b_bytes());
  operand_base_ = bias_base_ + tiling_.buffers * aligned_buffer(tiles_.bias_bytes());
  result_base_ = operand_base_;
  for (const FusedOperand& operand : fused_) {
    result_base_ +=
        tiling_.buffers * tiles_.parts() * aligned_buffer(tiles_.part_bytes(operand.type));
  }
}

// One pass through the loops.
class MatrixLayer::Walk {
 public:
  Walk(const MatrixLayer& layer, Emitter& emitter)
      : layer_(layer),
        tiles_(layer.tiles_),
        emitter_(emitter),
        a_(layer.a_base_, aligned_buffer(tiles_.a_bytes()), layer.tiling_.a_slots),
        b_(layer.b_base_, aligned_buffer(tiles_.b_bytes()), layer.tiling_.b_slots),
        bias_(layer.bias_base_, aligned_buffer(tiles_.bias_bytes()), layer.tiling_.buffers) {}

  // Sums one tile of k into the accumulators of result tile (m, n).
  void accumulate(std::int64_t m, std::int64_t n, std::int64_t k) {
    const OutputBlock outputs = tiles_.output(m);
    const AxisRange features = tiles_.features(n);
    const ReductionBlock reduction = tiles_.reduction(k);
    const std::int64_t a_tile = m * tiles_.k_tiles() + k;
    const std::int64_t b_tile = n * tiles_.k_tiles() + k;
    const ImagePatch patch(layer_.image_, outputs.images, outputs.rows, outputs.columns,
                           reduction.taps_h, reduction.taps_w, reduction.channels);
    if (a_.claim(a_tile)) {
      patch.load(emitter_, a_.address(a_tile));
    }
    if (b_.claim(b_tile)) {
      load_b(reduction, features, b_.address(b_tile));
    }
    if (k == 0) {
      load_write_out_operands(outputs, features, n);
    }
    flush_stores();
    for (std::size_t array = 0; array < layer_.machine_.arrays.size(); ++array) {
      const auto part = tiles_.part(outputs, features, array);
      if (part) {
        emitter_.compute(array, tile(*part, features, reduction, patch, a_.address(a_tile),
                                     b_.address(b_tile), k > 0));
      }
    }
  }

  // Sends the sums of a result tile through the vector units; they are stored later.
  void write_out(std::int64_t m, std::int64_t n) {
    const OutputBlock outputs = tiles_.output(m);
    const AxisRange features = tiles_.features(n);
    for (std::size_t array = 0; array < layer_.machine_.arrays.size(); ++array) {
      const auto part = tiles_.part(outputs, features, array);
      if (part) {
        write_out_part(*part, features, n);
        deferred_.push_back(
            result_move(*part, layer_.problem_.c.type, layer_.operands_.c, result_buffer(array)));
      }
    }
    ++results_;
  }

  // A store waits until the next tile's loads have been given: where one DMA engine does both, it
  // must not hold them up.
  void flush_stores() {
    for (const TensorMove& move : deferred_) {
      emitter_.store(move);
    }
    deferred_.clear();
  }

 private:
  void load_b(const ReductionBlock& reduction, const AxisRange& features, std::int64_t buffer) {
    const MatrixProblem& problem = layer_.problem_;
    const ElementType type = problem.b.type;
    const int bits = numeric::bits(type);
    TensorMove move;
    move.tensor = layer_.operands_.b;
    move.buffer = buffer;
    if (problem.transposed_b) {
      const std::int64_t row = numeric::row_bytes(type, problem.channels);
      move.row_bytes = numeric::row_bytes(type, reduction.channels.count);
      move.count[2] = features.count;
      move.tensor_stride[2] = row;
      move.buffer_stride[2] = move.row_bytes;
      move.tensor_offset = features.begin * row + reduction.channels.begin * bits / 8;
    } else {
      const std::int64_t row = numeric::row_bytes(type, problem.features);
      move.row_bytes = numeric::row_bytes(type, features.count);
      // Taps follow each other in the weights: all of them, or the one of this tile.
      move.count = {1, reduction.taps_h.count * reduction.taps_w.count, reduction.channels.count};
      move.tensor_stride = {0, problem.channels * row, row};
      move.buffer_stride = {0, reduction.channels.count * move.row_bytes, move.row_bytes};
      const std::int64_t tap = reduction.taps_h.begin * problem.width.taps + reduction.taps_w.begin;
      move.tensor_offset =
          (tap * problem.channels + reduction.channels.begin) * row + features.begin * bits / 8;
    }
    emitter_.load(move);
  }

  void load_write_out_operands(const OutputBlock& outputs, const AxisRange& features,
                               std::int64_t n) {
    if (!layer_.problem_.bias.empty() && bias_.claim(n)) {
      const ElementType type = layer_.problem_.bias.front().type;
      TensorMove move;
      move.tensor = layer_.operands_.bias;
      move.tensor_offset = features.begin * numeric::bits(type) / 8;
      move.buffer = bias_.address(n);
      move.row_bytes = numeric::row_bytes(type, features.count);
      emitter_.load(move);
    }
    for (std::size_t i = 0; i < layer_.fused_.size(); ++i) {
      const FusedOperand& operand = layer_.fused_[i];
      for (std::size_t array = 0; array < layer_.machine_.arrays.size(); ++array) {
        const auto part = tiles_.part(outputs, features, array);
        if (part) {
          emitter_.load(result_move(*part, operand.type, operand.tensor, operand_buffer(i, array)));
        }
      }
    }
  }

  // A part of the result (or of a tensor of its shape) and its buffer, which holds it row by row.
  [[nodiscard]] TensorMove result_move(const MatrixTiles::Part& part, ElementType type,
                                       workload::TensorId tensor, std::int64_t buffer) const {
    const MatrixProblem& problem = layer_.problem_;
    const std::int64_t position = numeric::row_bytes(type, problem.features);
    const std::int64_t row = problem.width.output * position;
    const std::int64_t image = problem.height.output * row;
    const OutputBlock& outputs = part.outputs;
    TensorMove move;
    move.tensor = tensor;
    move.tensor_offset = outputs.images.begin * image + outputs.rows.begin * row +
                         outputs.columns.begin * position +
                         part.features.begin * numeric::bits(type) / 8;
    move.tensor_stride = {image, row, position};
    move.count = {outputs.images.count, outputs.rows.count, outputs.columns.count};
    move.row_bytes = numeric::row_bytes(type, part.features.count);
    move.buffer = buffer;
    move.buffer_stride = {outputs.rows.count * outputs.columns.count * move.row_bytes,
                          outputs.columns.count * move.row_bytes, move.row_bytes};
    return move;
  }

  [[nodiscard]] std::int64_t part_buffer(std::int64_t base, ElementType type,
                                         std::size_t array) const {
    const std::int64_t slot = results_ % layer_.tiling_.buffers;
    return base + (slot * tiles_.parts() + static_cast<std::int64_t>(array)) *
                      aligned_buffer(tiles_.part_bytes(type));
  }
  [[nodiscard]] std::int64_t result_buffer(std::size_t array) const {
    return part_buffer(layer_.result_base_, layer_.problem_.c.type, array);
  }
  [[nodiscard]] std::int64_t operand_buffer(std::size_t operand, std::size_t array) const {
    std::int64_t base = layer_.operand_base_;
    for (std::size_t i = 0; i < operand; ++i) {
      base += layer_.tiling_.buffers * tiles_.parts() *
              aligned_buffer(tiles_.part_bytes(layer_.fused_[i].type));
    }
    return part_buffer(base, layer_.fused_[operand].type, array);
  }

  [[nodiscard]] View sums(const MatrixTiles::Part& part) const {
    const std::int64_t slot = results_ % layer_.tiling_.accumulator_slots;
    const std::int64_t slot_bytes =
        tiles_.part_positions() * tiles_.part_features() * kPartialSumBytes;
    return command::matrix_view(emitter_.accumulators(part.array),
                                numeric::info(layer_.problem_.a.type).accumulator,
                                slot * slot_bytes, part.outputs.positions(), part.features.count,
                                part.features.count * kPartialSumBytes);
  }

  [[nodiscard]] command::ComputeTile tile(const MatrixTiles::Part& part, const AxisRange& features,
                                          const ReductionBlock& reduction, const ImagePatch& patch,
                                          std::int64_t a_buffer, std::int64_t b_buffer,
                                          bool accumulate) const {
    const ElementType type = layer_.problem_.b.type;
    const int bits = numeric::bits(type);
    const std::int64_t first = part.features.begin - features.begin;
    command::ComputeTile result;
    result.dataflow = layer_.problem_.dataflow;
    result.m = part.outputs.positions();
    result.n = part.features.count;
    result.k = reduction.products();
    result.a =
        patch.product_view(a_buffer, part.outputs.images, part.outputs.rows, part.outputs.columns);
    if (layer_.problem_.transposed_b) {
      const std::int64_t row = numeric::row_bytes(type, reduction.channels.count);
      result.b = command::matrix_view(Emitter::scratchpad(), type, b_buffer + first * row, result.k,
                                      result.n, 0);
      result.b.row = {{result.k, result.k == 1 ? 0 : bits, {0, 0}}};
      result.b.column = {{result.n, result.n == 1 ? 0 : row * 8, {0, 0}}};
    } else {
      result.b = command::matrix_view(Emitter::scratchpad(), type, b_buffer + first * bits / 8,
                                      result.k, result.n, numeric::row_bytes(type, features.count));
    }
    result.c = sums(part);
    result.accumulate = accumulate;
    result.macs_useful = result.m * result.n * result.k;
    return result;
  }

  // Where there are more vector units than parts, they share the rows of each.
  void write_out_part(const MatrixTiles::Part& part, const AxisRange& features, std::int64_t n) {
    const std::size_t units = layer_.machine_.vector_units.size();
    const auto parts = static_cast<std::size_t>(tiles_.parts());
    const std::size_t shares = std::max<std::size_t>(units / parts, 1);
    const std::int64_t positions = part.outputs.positions();
    const auto chunk =
        (positions + static_cast<std::int64_t>(shares) - 1) / static_cast<std::int64_t>(shares);
    std::size_t share = 0;
    for (std::int64_t row = 0; row < positions; row += chunk, ++share) {
      emitter_.vector((part.array * shares + share) % units,
                      write_out_rows(part, features, n, row, std::min(chunk, positions - row)));
    }
  }

  [[nodiscard]] command::VectorCommand write_out_rows(const MatrixTiles::Part& part,
                                                      const AxisRange& features, std::int64_t n,
                                                      std::int64_t row, std::int64_t rows) const {
    const std::int64_t columns = part.features.count;
    const auto rows_of = [&](ElementType type, std::int64_t buffer) {
      const std::int64_t stride = numeric::row_bytes(type, columns);
      return command::matrix_view(Emitter::scratchpad(), type, buffer + row * stride, rows, columns,
                                  stride);
    };
    command::VectorCommand result;
    result.rows = rows;
    result.columns = columns;
    result.source = sums(part);
    result.source = command::matrix_view(result.source.space, result.source.type,
                                         result.source.base + row * columns * kPartialSumBytes,
                                         rows, columns, columns * kPartialSumBytes);
    if (!layer_.problem_.bias.empty()) {
      const ElementType type = layer_.problem_.bias.front().type;
      const std::int64_t first = part.features.begin - features.begin;
      command::VectorStage stage;
      stage.kind = command::VectorKind::kAdd;
      stage.operand = command::matrix_view(Emitter::scratchpad(), type,
                                           bias_.address(n) + first * numeric::bits(type) / 8, rows,
                                           columns, 0);
      result.stages.push_back(stage);
    }
    std::size_t operand = 0;
    for (const FusedStage& fused : layer_.operands_.stages) {
      command::VectorStage stage;
      stage.kind = vector_kind(fused.kind);
      if (fused.operand != kNoTensor) {
        stage.operand = rows_of(layer_.fused_[operand].type, operand_buffer(operand, part.array));
        ++operand;
      }
      result.stages.push_back(stage);
    }
    result.destination = rows_of(layer_.problem_.c.type, result_buffer(part.array));
    return result;
  }

  const MatrixLayer& layer_;
  const MatrixTiles& tiles_;
  Emitter& emitter_;
  SlotRing a_;
  SlotRing b_;
  SlotRing bias_;
  std::int64_t results_ = 0;  // result tiles written out
  std::vector<TensorMove> deferred_;
};

base::Generator<Step> MatrixLayer::steps(Emitter& emitter) const {
  Walk walk(*this, emitter);
  const std::int64_t outer = tiling_.m_outer ? tiles_.m_tiles() : tiles_.n_tiles();
  const std::int64_t inner = tiling_.m_outer ? tiles_.n_tiles() : tiles_.m_tiles();
  for (std::int64_t i = 0; i < outer; ++i) {
    for (std::int64_t j = 0; j < inner; ++j) {
      const std::int64_t m = tiling_.m_outer ? i : j;
      const std::int64_t n = tiling_.m_outer ? j : i;
      for (std::int64_t k = 0; k < tiles_.k_tiles(); ++k) {
        walk.accumulate(m, n, k);
        co_yield Step{};
      }
      walk.write_out(m, n);
      co_yield Step{};
    }
  }
  walk.flush_stores();
  co_yield Step{};
}

}  // namespace orrery::lowering
