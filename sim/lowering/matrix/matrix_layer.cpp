// SPDX-License-Identifier: Apache-2.0
#include "lowering/matrix/matrix_layer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "command/view.h"
#include "lowering/layer/slot_ring.h"
#include "lowering/machine/vector_stages.h"
#include "lowering/matrix/wish_reader.h"

namespace orrery::lowering {
namespace {

using command::View;
using numeric::ElementType;
using workload::kNoTensor;

void add_stage(command::VectorCommand& command, command::VectorKind kind, double parameter = 0.0) {
  command::VectorStage stage;
  stage.kind = kind;
  stage.parameters[0] = parameter;
  command.stages.push_back(stage);
}

// Makes the rows (columns) of a view as many as a whole tile has: those that are not there are
// zero. Gives their number.
std::int64_t pad(decltype(View::row)& digits, command::Bound& bound, std::size_t coordinate,
                 std::int64_t whole, std::int64_t count) {
  if (count == whole) {
    return count;
  }
  if (digits.empty()) {
    digits.push_back({});
  }
  base::require_invariant(digits.size() == 1 && digits.front().extent == count,
                          "rows of a product lie evenly");
  digits.front().extent = whole;
  digits.front().step[coordinate] = 1;
  bound = {0, count};
  return whole;
}

}  // namespace

decltype(command::VectorCommand::stages) scale_stages(const MatrixOperands& operands) {
  command::VectorCommand command;
  const bool has_bias = operands.bias != kNoTensor;
  const double beta = has_bias ? operands.beta : 1.0;
  if (operands.alpha != beta) {
    add_stage(command, command::VectorKind::kScale, operands.alpha / beta);
  }
  if (has_bias) {
    add_stage(command, command::VectorKind::kAdd);
  }
  if (beta != 1.0) {
    add_stage(command, command::VectorKind::kScale, beta);
  }
  return command.stages;
}

MatrixLayer::MatrixLayer(const LayerRequest& request, MatrixProblem problem,
                         MatrixOperands operands, const MatrixWishes& wishes,
                         const MatrixTiling& tiling)
    : machine_(request.machine),
      problem_(std::move(problem)),
      operands_(std::move(operands)),
      product_names_(has_product_names(request.op())),
      wishes_(wishes),
      tiling_(tiling),
      tiles_(problem_, tiling_, machine_.arrays.size(), machine_.arrays.front().edges().n),
      image_{operands_.a, problem_.a.type,
             problem_.interleaved() ? problem_.groups * problem_.channels : problem_.channels,
             problem_.height, problem_.width},
      moves_(problem_, image_) {
  for (const FusedStage& stage : operands_.stages) {
    if (stage.operand != kNoTensor) {
      fused_.push_back({stage.operand, request.tensor(stage.operand).type});
    }
  }
  a_base_ = request.scratchpad_base(tiles_.scratchpad_bytes());
  b_base_ = a_base_ + tiling_.a_slots * aligned_buffer(tiles_.a_bytes());
  table_base_ = b_base_ + tiling_.b_slots * aligned_buffer(tiles_.b_bytes());
  bias_base_ = table_base_ + tiling_.buffers * aligned_buffer(tiles_.table_bytes());
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

  // Both operands whole, in the order in which the loops come to them first.
  base::Generator<Step> load_operands() {
    for (std::int64_t outer = 0; outer < std::max(tiles_.m_tiles(), tiles_.n_tiles()); ++outer) {
      for (std::int64_t k = 0; k < tiles_.k_tiles(); ++k) {
        if (outer < tiles_.m_tiles()) {
          load_a({tiles_.groups(0), tiles_.output(outer), {}, tiles_.reduction(k)},
                 outer * tiles_.k_tiles() + k);
        }
        if (outer < tiles_.n_tiles()) {
          load_b({tiles_.groups(0), {}, tiles_.features(outer), tiles_.reduction(k)},
                 outer * tiles_.k_tiles() + k);
        }
        co_yield Step{};
      }
    }
    emitter_.compute_after_loads();
  }

  // Sums one tile of k into the accumulators of result tile (m, n) of a block of groups.
  void accumulate(std::int64_t group_tile, std::int64_t m, std::int64_t n, std::int64_t k) {
    const MatrixBlock block{tiles_.groups(group_tile), tiles_.output(m), tiles_.features(n),
                            tiles_.reduction(k)};
    // Where partitions share the layer, nothing stays from one result tile to the next.
    const bool stays = emitter_.workers() == 1;
    const std::int64_t own_tile = results_ * tiles_.k_tiles() + k;
    const std::int64_t a_tile =
        stays ? (a_number(group_tile) * tiles_.m_tiles() + m) * tiles_.k_tiles() + k : own_tile;
    const std::int64_t b_tile =
        stays ? (b_number(group_tile) * tiles_.n_tiles() + n) * tiles_.k_tiles() + k : own_tile;
    load_a(block, a_tile);
    load_b(block, b_tile);
    if (k == 0) {
      load_write_out_operands(block, bias_number(group_tile, n));
    }
    flush_stores();
    if (layer_.problem_.table) {
      make_tables(block, a_.address(a_tile));
    }
    for (std::size_t array = 0; array < layer_.machine_.arrays.size(); ++array) {
      const auto part = tiles_.part(block.groups.groups, block.outputs, block.features, array);
      if (part) {
        compute(block, *part, a_.address(a_tile), b_.address(b_tile), k > 0);
      }
    }
  }

  // Sends the sums of a result tile through the vector units; they are stored later.
  void write_out(std::int64_t group_tile, std::int64_t m, std::int64_t n) {
    const MatrixBlock block{tiles_.groups(group_tile), tiles_.output(m), tiles_.features(n), {}};
    for (std::size_t array = 0; array < layer_.machine_.arrays.size(); ++array) {
      const auto part = tiles_.part(block.groups.groups, block.outputs, block.features, array);
      if (part) {
        write_out_part(block, *part, bias_number(group_tile, n));
        deferred_.push_back(layer_.moves_.result_move(*part, block.groups.batch,
                                                      layer_.problem_.c.type, layer_.operands_.c,
                                                      result_buffer(array)));
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
  // Where the buffer does not hold the tile already.
  void load_a(const MatrixBlock& block, std::int64_t tile) {
    if (a_.claim(tile)) {
      layer_.moves_.load_a(emitter_, block, a_.address(tile));
    }
  }
  void load_b(const MatrixBlock& block, std::int64_t tile) {
    if (b_.claim(tile)) {
      emitter_.load(layer_.moves_.b_move(block, layer_.operands_.b, b_.address(tile)));
    }
  }

  // Numbers that differ where the matrices of a (of b) differ.
  [[nodiscard]] std::int64_t number(std::int64_t group_tile, std::int64_t BatchLoop::* step,
                                    bool shared) const {
    const MatrixProblem& problem = layer_.problem_;
    std::int64_t rest = group_tile / tiles_.group_blocks();
    std::int64_t result = shared ? 0 : group_tile % tiles_.group_blocks();
    std::int64_t scale = shared ? 1 : tiles_.group_blocks();
    for (std::size_t i = problem.batches.size(); i-- > 0;) {
      const BatchLoop& loop = problem.batches[i];
      if (loop.*step != 0) {
        result += rest % loop.count * scale;
        scale *= loop.count;
      }
      rest /= loop.count;
    }
    return result;
  }
  [[nodiscard]] std::int64_t a_number(std::int64_t group_tile) const {
    return number(group_tile, &BatchLoop::a_step, layer_.problem_.shared_a);
  }
  [[nodiscard]] std::int64_t b_number(std::int64_t group_tile) const {
    return number(group_tile, &BatchLoop::b_step, layer_.problem_.shared_b);
  }
  // Stacked groups have one bias for all of them.
  [[nodiscard]] std::int64_t bias_number(std::int64_t group_tile, std::int64_t n) const {
    if (emitter_.workers() > 1) {
      return results_;
    }
    return layer_.problem_.interleaved() ? group_tile * tiles_.n_tiles() + n : n;
  }

  void load_write_out_operands(const MatrixBlock& block, std::int64_t bias_tile) {
    if (!layer_.problem_.bias.empty() && bias_.claim(bias_tile)) {
      emitter_.load(
          layer_.moves_.bias_move(block, layer_.operands_.bias, bias_.address(bias_tile)));
    }
    for (std::size_t i = 0; i < layer_.fused_.size(); ++i) {
      const FusedOperand& operand = layer_.fused_[i];
      for (std::size_t array = 0; array < layer_.machine_.arrays.size(); ++array) {
        const auto part = tiles_.part(block.groups.groups, block.outputs, block.features, array);
        if (part) {
          emitter_.load(layer_.moves_.result_move(*part, block.groups.batch, operand.type,
                                                  operand.tensor, operand_buffer(i, array)));
        }
      }
    }
  }

  [[nodiscard]] std::int64_t part_buffer(std::int64_t base, std::int64_t slots, ElementType type,
                                         std::size_t array) const {
    const std::int64_t slot = results_ % slots;
    return base + (slot * tiles_.parts() + static_cast<std::int64_t>(array)) *
                      aligned_buffer(tiles_.part_bytes(type));
  }
  [[nodiscard]] std::int64_t result_buffer(std::size_t array) const {
    return part_buffer(layer_.result_base_, layer_.tiling_.c_slots, layer_.problem_.c.type, array);
  }
  [[nodiscard]] std::int64_t operand_buffer(std::size_t operand, std::size_t array) const {
    std::int64_t base = layer_.operand_base_;
    for (std::size_t i = 0; i < operand; ++i) {
      base += layer_.tiling_.buffers * tiles_.parts() *
              aligned_buffer(tiles_.part_bytes(layer_.fused_[i].type));
    }
    return part_buffer(base, layer_.tiling_.buffers, layer_.fused_[operand].type, array);
  }

  // Features between one row of a part's sums and the next, of each group.
  [[nodiscard]] std::int64_t features_of(const MatrixTiles::Part& part) const {
    return layer_.tiling_.whole_tiles ? tiles_.part_features() : part.features.count;
  }

  // The sums of some groups of a part: rows of all the part's groups and features.
  [[nodiscard]] View sums(const MatrixTiles::Part& part, const AxisRange& groups, std::int64_t row,
                          std::int64_t rows, std::int64_t columns) const {
    const std::int64_t slot = results_ % layer_.tiling_.accumulator_slots;
    const std::int64_t slot_elements =
        tiles_.part_positions() * tiles_.part_groups() * tiles_.part_features();
    const std::int64_t row_elements = part.groups.count * features_of(part);
    const std::int64_t first = slot * slot_elements + row * row_elements +
                               (groups.begin - part.groups.begin) * features_of(part);
    return command::matrix_view(
        emitter_.accumulators(part.array),
        numeric::accumulator(layer_.problem_.array_a_type(), layer_.problem_.b.type),
        first * kPartialSumBytes, rows, columns, row_elements * kPartialSumBytes);
  }

  // Rows of tables of the block of a that was made last, one for each output position.
  [[nodiscard]] View tables(const MatrixBlock& block, std::int64_t first, std::int64_t rows) const {
    const ElementType type = *layer_.problem_.table;
    const std::int64_t row_bytes = numeric::row_bytes(type, block.reduction.products());
    const std::int64_t slot = made_tables_ % layer_.tiling_.buffers;
    return command::matrix_view(
        Emitter::scratchpad(), type,
        layer_.table_base_ + slot * aligned_buffer(tiles_.table_bytes()) + first * row_bytes, rows,
        block.reduction.products(), row_bytes);
  }

  // Once for each tile of the products: the conventional way, in which tables serve one tile of n.
  void make_tables(const MatrixBlock& block, std::int64_t a_buffer) {
    ++made_tables_;
    const MatrixTiles::Part whole{block.outputs, 0, block.features, block.groups.groups, 0};
    command::VectorCommand command;
    command.rows = block.outputs.positions();
    command.columns = block.reduction.products();
    command.source = layer_.moves_.a_view(block, whole, block.groups.groups, a_buffer);
    command.destination = tables(block, 0, command.rows);
    emitter_.vector(static_cast<std::size_t>(made_tables_) % layer_.machine_.vector_units.size(),
                    std::move(command));
  }

  // All groups of the part in one command; without packing, as few as whole bytes allow.
  void compute(const MatrixBlock& block, const MatrixTiles::Part& part, std::int64_t a_buffer,
               std::int64_t b_buffer, bool accumulate) {
    const MatrixProblem& problem = layer_.problem_;
    const std::int64_t step = problem.packing ? part.groups.count : problem.group_granule();
    for (std::int64_t first = 0; first < part.groups.count; first += step) {
      const AxisRange groups{part.groups.begin + first, std::min(step, part.groups.count - first)};
      command::ComputeTile tile;
      tile.dataflow = problem.dataflow;
      tile.m = part.outputs.positions();
      tile.n = part.features.count;
      tile.k = block.reduction.products();
      tile.groups = groups.count;
      tile.window = problem.window(part.outputs.images.count, part.outputs.rows.count,
                                   part.outputs.columns.count, block.reduction.taps_h.count,
                                   block.reduction.taps_w.count);
      tile.a = problem.table ? tables(block, part.first_position, tile.m)
                             : layer_.moves_.a_view(block, part, groups, a_buffer);
      tile.b = layer_.moves_.b_view(block, part, groups, b_buffer);
      if (layer_.tiling_.whole_tiles && !problem.table && groups.count == 1) {
        tile.m = pad(tile.a.row, tile.a.bounds[0], 0, tiles_.part_positions(), tile.m);
        tile.n = pad(tile.b.column, tile.b.bounds[1], 1, tiles_.part_features(), tile.n);
        tile.window = problem.window(1, 1, tile.m, 1, 1);
      }
      tile.c = sums(part, groups, 0, tile.m, groups.count * tile.n);
      tile.accumulate = accumulate;
      tile.macs_useful = layer_.moves_.useful_macs(block, part, groups);
      emitter_.compute(part.array, std::move(tile));
    }
  }

  // Where there are more vector units than parts, they share the rows of each.
  void write_out_part(const MatrixBlock& block, const MatrixTiles::Part& part,
                      std::int64_t bias_tile) {
    const std::size_t units = layer_.machine_.vector_units.size();
    const auto parts = static_cast<std::size_t>(tiles_.parts());
    const std::size_t shares = std::max<std::size_t>(units / parts, 1);
    const std::int64_t positions = part.outputs.positions();
    const auto chunk =
        (positions + static_cast<std::int64_t>(shares) - 1) / static_cast<std::int64_t>(shares);
    std::size_t share = 0;
    for (std::int64_t row = 0; row < positions; row += chunk, ++share) {
      emitter_.vector(
          (part.array * shares + share) % units,
          write_out_rows(block, part, bias_tile, row, std::min(chunk, positions - row)));
    }
  }

  // alpha * sums + beta * bias = beta * (alpha / beta * sums + bias), then the fused stages.
  [[nodiscard]] command::VectorCommand write_out_rows(const MatrixBlock& block,
                                                      const MatrixTiles::Part& part,
                                                      std::int64_t bias_tile, std::int64_t row,
                                                      std::int64_t rows) const {
    const MatrixOperands& operands = layer_.operands_;
    command::VectorCommand result;
    result.rows = rows;
    result.columns = part.groups.count * part.features.count;
    result.source = sums(part, part.groups, row, rows, result.columns);
    result.stages = scale_stages(operands);
    for (command::VectorStage& stage : result.stages) {
      if (stage.kind == command::VectorKind::kAdd) {
        stage.operand = layer_.moves_.bias_view(block, part, bias_.address(bias_tile), rows);
      }
    }
    std::size_t operand = 0;
    for (const FusedStage& fused : operands.stages) {
      std::vector<command::VectorStage> stages = stages_of(fused.function, fused.operand_first);
      if (fused.operand != kNoTensor) {
        set_operand(stages,
                    layer_.moves_.result_view(part, layer_.fused_[operand].type,
                                              operand_buffer(operand, part.array), row, rows));
        ++operand;
      }
      result.stages.insert(result.stages.end(), stages.begin(), stages.end());
    }
    result.destination = layer_.moves_.result_view(part, layer_.problem_.c.type,
                                                   result_buffer(part.array), row, rows);
    return result;
  }

  const MatrixLayer& layer_;
  const MatrixTiles& tiles_;
  Emitter& emitter_;
  SlotRing a_;
  SlotRing b_;
  SlotRing bias_;
  std::int64_t results_ = 0;  // result tiles written out
  std::int64_t made_tables_ = 0;
  std::vector<TensorMove> deferred_;
};

base::Generator<Step> MatrixLayer::steps(Emitter& emitter) const {
  Walk walk(*this, emitter);
  if (tiling_.operands_first) {
    auto loads = walk.load_operands();
    while (loads.next()) {
      co_yield Step{};
    }
  }
  const std::int64_t outer = tiling_.m_outer ? tiles_.m_slots() : tiles_.n_tiles();
  const std::int64_t inner = tiling_.m_outer ? tiles_.n_tiles() : tiles_.m_slots();
  // Whole clusters, whose tiles are neighbours: they loop over m first.
  const std::int64_t cluster = tiling_.cluster;
  const std::int64_t band = std::max(band_of(machine_.partitions) / cluster * cluster, cluster);
  std::int64_t tile = 0;
  for (std::int64_t group_tile = 0; group_tile < tiles_.group_tiles(); ++group_tile) {
    for (std::int64_t first = 0; first < outer; first += band) {
      for (std::int64_t j = 0; j < inner; ++j) {
        for (std::int64_t i = first; i < std::min(first + band, outer); ++i) {
          if (!emitter.takes(tile++)) {
            continue;
          }
          const std::int64_t m = tiling_.m_outer ? i : j;
          const std::int64_t n = tiling_.m_outer ? j : i;
          if (m >= tiles_.m_tiles()) {
            continue;
          }
          for (std::int64_t k = 0; k < tiles_.k_tiles(); ++k) {
            walk.accumulate(group_tile, m, n, k);
            co_yield Step{};
          }
          walk.write_out(group_tile, m, n);
          co_yield Step{};
        }
      }
    }
  }
  walk.flush_stores();
  co_yield Step{};
}

}  // namespace orrery::lowering
