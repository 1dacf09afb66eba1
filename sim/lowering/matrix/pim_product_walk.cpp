// SPDX-License-Identifier: Apache-2.0
#include "lowering/matrix/pim_product_walk.h"

#include <algorithm>
#include <utility>

#include "command/view.h"
#include "lowering/layer/scattered_rows.h"
#include "lowering/machine/vector_stages.h"

namespace orrery::lowering {

using base::divide_up;
using command::View;
using numeric::ElementType;
using workload::kNoTensor;

std::int64_t PimProduct::Walk::vectors_of(std::int64_t block) const {
  return std::min(layer_.order_.vectors, plan_.m - block * layer_.order_.vectors);
}

std::int64_t PimProduct::Walk::first_tile(std::int64_t turn) const {
  return turn * layer_.order_.tiles;
}

std::int64_t PimProduct::Walk::last_tile(std::int64_t turn) const {
  return std::min(first_tile(turn + 1), layout_.tiles());
}

std::int64_t PimProduct::Walk::first_output(std::int64_t turn) const {
  return first_tile(turn) * layout_.wave();
}

std::int64_t PimProduct::Walk::outputs_of(std::int64_t turn) const {
  return std::min(first_output(turn + 1), layout_.n) - first_output(turn);
}

std::int64_t PimProduct::Walk::vector_buffer(std::int64_t block) const {
  const std::int64_t bytes = aligned_buffer(layer_.order_.vectors * layer_.vector_bytes());
  return layer_.base_ + block % layer_.order_.slots * bytes;
}

std::int64_t PimProduct::Walk::bias_buffer() const {
  return vector_buffer(0) +
         layer_.order_.slots * aligned_buffer(layer_.order_.vectors * layer_.vector_bytes());
}

std::int64_t PimProduct::Walk::turn_buffer(std::int64_t block, std::int64_t turn) const {
  const std::int64_t bias =
      layer_.operands_.bias == kNoTensor
          ? 0
          : aligned_buffer(numeric::row_bytes(layer_.bias_type_, layer_.turn_outputs()));
  return bias_buffer() + bias + number(block, turn) % layer_.order_.slots * layer_.turn_bytes();
}

std::int64_t PimProduct::Walk::operand_buffer(std::int64_t block, std::int64_t turn,
                                              std::size_t operand) const {
  std::int64_t address = turn_buffer(block, turn) + layer_.results_bytes();
  for (std::size_t i = 0; i < operand; ++i) {
    address += layer_.part_bytes(layer_.fused_[i].type);
  }
  return address;
}

std::int64_t PimProduct::Walk::output_buffer(std::int64_t block, std::int64_t turn) const {
  return operand_buffer(block, turn, layer_.fused_.size());
}

void PimProduct::Walk::bring(std::int64_t block) {
  const std::int64_t bytes = layout_.k * plan_.element_bytes();
  TensorMove move;
  move.tensor = layer_.operands_.a;
  move.tensor_offset = block * layer_.order_.vectors * bytes;
  move.tensor_stride = {0, 0, bytes};
  move.buffer = vector_buffer(block);
  move.buffer_stride = {0, 0, layer_.vector_bytes()};
  move.count = {1, 1, vectors_of(block)};
  move.row_bytes = bytes;
  emitter_.load(move);
  if (block < layer_.order_.slots) {
    clear_tails(block);
  }
  for (std::int64_t vector = 0; vector < vectors_of(block); ++vector) {
    store_vector(block, vector);
  }
}

// Banks multiply whole columns: what lies behind a vector in its last one is zero. Loads leave it
// as it is.
void PimProduct::Walk::clear_tails(std::int64_t block) {
  const std::int64_t column = plan_.column_elements();
  const std::int64_t tail = divide_up(layout_.k, column) * column - layout_.k;
  if (tail == 0) {
    return;
  }
  command::VectorCommand command;
  command.rows = vectors_of(block);
  command.columns = tail;
  command.destination = command::matrix_view(
      Emitter::scratchpad(), plan_.type, vector_buffer(block) + layout_.k * plan_.element_bytes(),
      command.rows, command.columns, layer_.vector_bytes());
  // Elements outside the bounds are zeros that nobody reads.
  command.source = command.destination;
  command.source.bounds[0] = {1, 1};
  command.stages.push_back({command::VectorKind::kCopy, {}, {}});
  emitter_.vector(static_cast<std::size_t>(block) % layer_.machine_.vector_units.size(),
                  std::move(command));
}

std::int64_t PimProduct::Walk::chunk_number(std::int64_t block, std::int64_t vector,
                                            std::int64_t chunk) const {
  const std::int64_t slot = block % 2 * plan_.most_vectors();
  return (slot + vector) * layout_.chunks() + chunk;
}

void PimProduct::Walk::store_vector(std::int64_t block, std::int64_t vector) {
  if (!plan_.commands.loads_rows()) {
    return;
  }
  const std::int64_t buffer = vector_buffer(block) + vector * layer_.vector_bytes();
  const std::int64_t first = chunk_number(block, vector, 0);
  for (std::int64_t channel = 0; channel < layout_.channels; ++channel) {
    std::vector<ScatteredPiece> pieces;
    for (std::int64_t chunk = 0; chunk < layout_.chunks(); ++chunk) {
      const std::int64_t index = first + chunk;
      const std::int64_t columns =
          divide_up(layout_.chunk_elements(chunk), plan_.column_elements());
      add_row_pieces(*plan_.banks,
                     plan_.banks->address(channel, index % layout_.banks, index / layout_.banks, 0),
                     0, columns * plan_.banks->column_bytes,
                     buffer + chunk * plan_.banks->row_bytes(), pieces);
    }
    const std::int64_t row = channel * plan_.vector_chunks() + first;
    for (const TensorMove& move : moves_of(layer_.vectors_, pieces)) {
      emitter_.store_rows(channel, move, {row, row + layout_.chunks()});
    }
  }
}

command::PimProgram PimProduct::Walk::program(std::int64_t block, std::int64_t vector,
                                              std::int64_t chunk, std::int64_t channel,
                                              std::vector<BankRows>& reads) const {
  command::PimProgram body;
  body.memory = plan_.memory;
  body.channel = channel;
  body.type = plan_.type;
  body.result_type = plan_.result_type;
  if (plan_.commands.loads_rows()) {
    const std::int64_t index = chunk_number(block, vector, chunk);
    plan_.commands.add_load_row(body.steps, index % layout_.banks,
                                layer_.vector_row_ + index / layout_.banks);
    const std::int64_t row = channel * plan_.vector_chunks() + index;
    reads.push_back({layer_.vectors_, {row, row + 1}});
    return body;
  }
  const std::int64_t columns = divide_up(layout_.chunk_elements(chunk), plan_.column_elements());
  plan_.commands.add_loads(body.steps, columns * plan_.banks->column_bytes);
  body.source = {
      vector_buffer(block) + vector * layer_.vector_bytes() + chunk * plan_.banks->row_bytes(),
      {0, plan_.commands.load_bytes()}};
  return body;
}

// Results lie as [vector][chunk][channel][tile][bank], so that those of a channel are in one piece.
void PimProduct::Walk::multiply(std::int64_t block, std::int64_t turn, std::int64_t vector,
                                std::int64_t chunk, std::int64_t first, std::int64_t last) {
  const std::int64_t products = layout_.chunk_elements(chunk);
  const std::int64_t columns = divide_up(products, plan_.column_elements());
  for (std::int64_t channel = 0; channel < layout_.channels; ++channel) {
    // Only the last tile can be empty.
    const std::int64_t end = layout_.outputs(channel, last - 1) == 0 ? last - 1 : last;
    if (end == first) {
      continue;
    }
    std::vector<BankRows> reads;
    command::PimProgram body = program(block, vector, chunk, channel, reads);
    body.repetitions = end - first;
    const std::int64_t row = layer_.weight_row_ + chunk * layout_.tiles() + first;
    plan_.commands.add_header(body.steps, row, columns, plan_.commands.reads(), 1);
    plan_.commands.add_product(body.steps, row, 0, columns, 1);
    const std::int64_t place =
        ((vector * layout_.chunks() + chunk) * layout_.channels + channel) * layer_.order_.tiles +
        first - first_tile(turn);
    body.destination = {turn_buffer(block, turn) + place * plan_.tile_bytes(),
                        {plan_.tile_bytes(), plan_.commands.read_bytes()}};
    std::int64_t outputs = 0;
    for (std::int64_t tile = first; tile < end; ++tile) {
      outputs += layout_.outputs(channel, tile);
    }
    body.macs_useful = outputs * products;
    emitter_.pim(std::move(body), reads);
  }
}

TensorMove PimProduct::Walk::output_move(std::int64_t block, std::int64_t turn,
                                         workload::TensorId tensor, ElementType type,
                                         std::int64_t buffer) const {
  const std::int64_t row = numeric::row_bytes(type, layout_.n);
  TensorMove move;
  move.tensor = tensor;
  move.tensor_offset =
      block * layer_.order_.vectors * row + numeric::row_bytes(type, first_output(turn));
  move.tensor_stride = {0, 0, row};
  move.buffer = buffer;
  move.buffer_stride = {0, 0, numeric::row_bytes(type, layer_.turn_outputs())};
  move.count = {1, 1, vectors_of(block)};
  move.row_bytes = numeric::row_bytes(type, outputs_of(turn));
  return move;
}

void PimProduct::Walk::bring_operands(std::int64_t block, std::int64_t turn) {
  // The bias stays where all outputs are of one turn.
  if (layer_.operands_.bias != kNoTensor && (block == 0 || layer_.turns() > 1)) {
    TensorMove move;
    move.tensor = layer_.operands_.bias;
    move.tensor_offset = numeric::row_bytes(layer_.bias_type_, first_output(turn));
    move.buffer = bias_buffer();
    move.row_bytes = numeric::row_bytes(layer_.bias_type_, outputs_of(turn));
    emitter_.load(move);
  }
  for (std::size_t i = 0; i < layer_.fused_.size(); ++i) {
    emitter_.load(output_move(block, turn, layer_.fused_[i].tensor, layer_.fused_[i].type,
                              operand_buffer(block, turn, i)));
  }
}

std::vector<PimProduct::Walk::Piece> PimProduct::Walk::pieces(std::int64_t turn,
                                                              std::int64_t first_channel,
                                                              std::int64_t last_channel) const {
  const std::int64_t outputs = outputs_of(turn);
  const std::int64_t whole = outputs / layout_.wave();
  const std::int64_t whole_channels = outputs % layout_.wave() / layout_.banks;
  const std::int64_t rest = outputs % layout_.banks;
  std::vector<Piece> result;
  const auto add = [&](const Piece& piece) {
    if (piece.tiles > 0 && piece.channels > 0 && piece.banks > 0) {
      result.push_back(piece);
    }
  };
  add({0, whole, first_channel, last_channel - first_channel, layout_.banks});
  add({whole, 1, first_channel, std::min(last_channel, whole_channels) - first_channel,
       layout_.banks});
  if (first_channel <= whole_channels && whole_channels < last_channel) {
    add({whole, 1, whole_channels, 1, rest});
  }
  return result;
}

View PimProduct::Walk::results_view(std::int64_t block, std::int64_t turn, const Piece& piece,
                                    std::int64_t chunk) const {
  const std::int64_t tile = plan_.tile_bytes();
  const std::int64_t channel = layer_.order_.tiles * tile;
  const std::int64_t vector = layout_.chunks() * layout_.channels * channel;
  View view;
  view.space = Emitter::scratchpad();
  view.type = plan_.result_type;
  view.base = turn_buffer(block, turn) + (chunk * layout_.channels + piece.channel) * channel +
              piece.tile * tile;
  view.row.push_back({vectors_of(block), vector * 8, {}});
  view.column.push_back({piece.tiles, tile * 8, {}});
  view.column.push_back({piece.channels, channel * 8, {}});
  view.column.push_back({piece.banks, plan_.commands.result_bits(), {}});
  command::simplify(view);
  return view;
}

View PimProduct::Walk::output_view(std::int64_t block, const Piece& piece, ElementType type,
                                   std::int64_t address, std::int64_t row_bytes) const {
  const std::int64_t bits = numeric::bits(type);
  View view;
  view.space = Emitter::scratchpad();
  view.type = type;
  view.base = address + (piece.tile * layout_.wave() + piece.channel * layout_.banks) * bits / 8;
  view.row.push_back({vectors_of(block), row_bytes * 8, {}});
  view.column.push_back({piece.tiles, layout_.wave() * bits, {}});
  view.column.push_back({piece.channels, layout_.banks * bits, {}});
  view.column.push_back({piece.banks, bits, {}});
  command::simplify(view);
  return view;
}

// alpha * sums + beta * bias, then the fused stages; as on the write-out of an array.
command::VectorCommand PimProduct::Walk::write_out_piece(std::int64_t block, std::int64_t turn,
                                                         const Piece& piece) const {
  const auto part = [&](ElementType type, std::int64_t address) {
    return output_view(block, piece, type, address,
                       numeric::row_bytes(type, layer_.turn_outputs()));
  };
  command::VectorCommand command;
  command.rows = vectors_of(block);
  command.columns = piece.tiles * piece.channels * piece.banks;
  command.source = results_view(block, turn, piece, 0);
  for (std::int64_t chunk = 1; chunk < layout_.chunks(); ++chunk) {
    command.stages.push_back(
        {command::VectorKind::kAdd, results_view(block, turn, piece, chunk), {}});
  }
  for (command::VectorStage& stage : scale_stages(layer_.operands_)) {
    if (stage.kind == command::VectorKind::kAdd) {
      stage.operand = output_view(block, piece, layer_.bias_type_, bias_buffer(), 0);
    }
    command.stages.push_back(stage);
  }
  std::size_t operand = 0;
  for (const FusedStage& fused : layer_.operands_.stages) {
    std::vector<command::VectorStage> stages = stages_of(fused.function, fused.operand_first);
    if (fused.operand != kNoTensor) {
      set_operand(stages, part(layer_.fused_[operand].type, operand_buffer(block, turn, operand)));
      ++operand;
    }
    command.stages.insert(command.stages.end(), stages.begin(), stages.end());
  }
  if (command.stages.empty()) {
    command.stages.push_back({command::VectorKind::kCopy, {}, {}});
  }
  command.destination = part(layer_.output_type_, output_buffer(block, turn));
  return command;
}

// Vector units share the channels.
void PimProduct::Walk::write_out(std::int64_t block, std::int64_t turn) {
  const auto units = static_cast<std::int64_t>(layer_.machine_.vector_units.size());
  const std::int64_t share = divide_up(layout_.channels, units);
  for (std::int64_t unit = 0; unit * share < layout_.channels; ++unit) {
    const std::int64_t last = std::min((unit + 1) * share, layout_.channels);
    for (const Piece& piece : pieces(turn, unit * share, last)) {
      emitter_.vector(static_cast<std::size_t>(unit), write_out_piece(block, turn, piece));
    }
  }
  emitter_.store(output_move(block, turn, layer_.operands_.c, layer_.output_type_,
                             output_buffer(block, turn)));
}

}  // namespace orrery::lowering
