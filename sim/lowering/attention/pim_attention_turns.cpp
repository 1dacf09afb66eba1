// SPDX-License-Identifier: Apache-2.0
#include "lowering/attention/pim_attention_turns.h"

#include <algorithm>
#include <utility>

#include "base/integer.h"
#include "command/view.h"

namespace orrery::lowering {

using base::divide_up;
using command::Interval;
using command::VectorKind;

PimAttention::Turns::Turns(const PimAttention& layer, Emitter& emitter)
    : layer_(layer),
      emitter_(emitter),
      plan_(*layer.plan_),
      layout_(plan_.layout),
      shape_(layout_.shape()),
      element_(numeric::bits(plan_.type) / 8),
      tile_bytes_(plan_.commands.reads() * plan_.commands.read_bytes()) {}

PimAttention::Turns::Place PimAttention::Turns::place(const PimTurn& turn) const {
  const PimAttentionBuffers& sizes = layer_.buffers_;
  const PimKvLayout::Request& request = layout_.requests()[static_cast<std::size_t>(turn.request)];
  const std::int64_t lane = layer_.base_ + turn.lane * sizes.lane(layer_.depth_);
  const std::int64_t slot = turn.place % layer_.depth_;
  Place at;
  at.request = turn.request;
  at.lane = turn.lane;
  at.channel = request.channel;
  at.tokens = request.tokens;
  at.first_vector = turn.place % PimAttentionPlan::kVectorSlots *
                    (plan_.vectors() / PimAttentionPlan::kVectorSlots);
  const std::int64_t inputs = PimAttentionBuffers::input_slots(layer_.depth_);
  at.given_query = lane + turn.place % inputs * sizes.inputs();
  at.given_key = at.given_query + sizes.given_query;
  at.given_value = at.given_key + sizes.given_key;
  at.query = at.given_value + sizes.given_value;
  at.key = at.query + sizes.query;
  at.value = at.key + sizes.key;
  at.logits = lane + inputs * sizes.inputs() + slot * sizes.work();
  at.weights = at.logits + sizes.logits;
  at.maxima = at.weights + sizes.weights;
  at.totals = at.maxima + sizes.maxima;
  at.columns = at.totals + sizes.totals;
  at.staged_sums = at.columns + sizes.columns;
  at.results = at.staged_sums + sizes.staged;
  at.output = at.results + sizes.results;
  at.staged = layout_.staged_tokens(turn.request);
  at.chunks = layout_.value_chunks(turn.request);
  return at;
}

std::vector<PimAttention::Turns::Vector> PimAttention::Turns::query_vectors(const Place& at) const {
  std::vector<Vector> result;
  std::int64_t logits = 0;
  for (std::int64_t chunk = 0; chunk < layout_.key_chunks(); ++chunk) {
    const std::int64_t first = chunk * layout_.heads_per_row();
    const std::int64_t heads = std::min(layout_.heads_per_row(), shape_.kv_heads - first);
    for (std::int64_t member = 0; member < plan_.group(); ++member) {
      result.push_back({std::ssize(result), chunk, first, heads, member, logits});
      logits += plan_.softmax_tiles(at.request) * heads * tile_bytes_;
    }
  }
  return result;
}

void PimAttention::Turns::take(const PimTurn& turn) {
  const Place at = place(turn);
  switch (turn.stage) {
    case PimStage::kBring:
      bring(at);
      store_queries(at);
      append_key(at);
      stage_value(at);
      break;
    case PimStage::kLogits:
      logits(at, query_vectors(at)[static_cast<std::size_t>(turn.part)]);
      break;
    case PimStage::kAppend:
      append_values(at, turn.part);
      break;
    case PimStage::kSoftmax:
      softmax(at, query_vectors(at)[static_cast<std::size_t>(turn.part)]);
      break;
    case PimStage::kStaged:
      multiply_staged(at);
      break;
    case PimStage::kWeights:
      store_weights(at);
      break;
    case PimStage::kValues:
      values(at, turn.part / at.chunks, turn.part % at.chunks);
      break;
    case PimStage::kSums:
      add_sums(at);
      break;
    case PimStage::kResult:
      store_result(at);
      break;
  }
}

void PimAttention::Turns::bring(const Place& at) {
  const std::int64_t key_elements = shape_.kv_heads * shape_.head_size;
  const std::int64_t value_elements = shape_.kv_heads * shape_.value_size;
  const std::int64_t waiting = (at.tokens - 1) % shape_.value_block;
  if (plan_.converts()) {
    const std::int64_t given = numeric::bits(plan_.input_type) / 8;
    load_row(at, layer_.query_, plan_.heads * shape_.head_size * given, at.given_query);
    load_row(at, layer_.new_key_, key_elements * given, at.given_key);
    load_waiting_values(at);
    load_row(at, layer_.new_value_, value_elements * given, at.given_value);
    convert_inputs(at);
    return;
  }
  load_queries(at);
  load_row(at, layer_.new_key_, key_elements * element_, at.key);
  load_waiting_values(at);
  // Behind those of its block that wait.
  load_row(at, layer_.new_value_, value_elements * element_,
           at.value + waiting * layer_.buffers_.value_row);
}

// In the order of their vectors: heads that share a row of keys side by side.
void PimAttention::Turns::load_queries(const Place& at) {
  const std::int64_t head = shape_.head_size * element_;
  for (const Vector& vector : query_vectors(at)) {
    if (vector.member > 0) {
      continue;
    }
    TensorMove move;
    move.tensor = layer_.query_;
    move.tensor_offset = (at.request * plan_.heads + vector.first_head * plan_.group()) * head;
    move.tensor_stride = {0, head, plan_.group() * head};
    move.buffer = at.query + vector.number * layer_.buffers_.query_row;
    move.buffer_stride = {0, layer_.buffers_.query_row, head};
    move.count = {1, plan_.group(), vector.heads};
    move.row_bytes = head;
    emitter_.load_on(at.lane, move);
  }
}

// Of the request, from a tensor that has as many bytes of each.
void PimAttention::Turns::load_row(const Place& at, workload::TensorId tensor, std::int64_t bytes,
                                   std::int64_t buffer) {
  TensorMove move;
  move.tensor = tensor;
  move.row_bytes = bytes;
  move.tensor_offset = at.request * bytes;
  move.buffer = buffer;
  emitter_.load_on(at.lane, move);
}

void PimAttention::Turns::load_waiting_values(const Place& at) {
  const std::int64_t waiting = (at.tokens - 1) % shape_.value_block;
  for (const TensorMove& move : moves_of(layer_.staging_, staged_pieces(at, 0, waiting))) {
    emitter_.load_rows(at.lane, move, staging_rows(at));
  }
}

void PimAttention::Turns::store_queries(const Place& at) {
  if (!plan_.commands.loads_rows()) {
    return;
  }
  std::vector<ScatteredPiece> pieces;
  for (const Vector& vector : query_vectors(at)) {
    add_vector_piece(at, vector.number, at.query + vector.number * layer_.buffers_.query_row,
                     vector.heads * shape_.head_size * element_, pieces);
  }
  store_vectors(at, 0, plan_.query_vectors(), pieces);
}

void PimAttention::Turns::append_key(const Place& at) {
  const std::int64_t token = at.tokens - 1;
  std::vector<ScatteredPiece> pieces;
  for (std::int64_t head = 0; head < shape_.kv_heads; ++head) {
    const PimKvLayout::Place key = layout_.key(at.request, head, token, 0);
    add_row_pieces(*plan_.banks, plan_.banks->address(key.channel, key.bank, key.row, 0),
                   key.element * element_, shape_.head_size * element_,
                   at.key + head * shape_.head_size * element_, pieces);
  }
  const std::int64_t row =
      at.channel * layout_.key_rows() + layout_.key_row(at.request, token / shape_.banks);
  store_pieces(at, layer_.key_, {row, row + layout_.key_chunks()}, pieces);
}

std::vector<ScatteredPiece> PimAttention::Turns::staged_pieces(const Place& at, std::int64_t first,
                                                               std::int64_t tokens) const {
  const std::int64_t elements = shape_.kv_heads * shape_.value_size;
  std::vector<ScatteredPiece> pieces;
  for (std::int64_t i = first * elements; i < (first + tokens) * elements;) {
    const PimKvLayout::Place place = layout_.staged(at.request, 0, i / elements, i % elements);
    const std::int64_t count =
        std::min(shape_.row_elements - place.element, (first + tokens) * elements - i);
    add_row_pieces(*plan_.banks, plan_.banks->address(place.channel, place.bank, place.row, 0),
                   place.element * element_, count * element_, at.value + i * element_, pieces);
    i += count;
  }
  return pieces;
}

Interval PimAttention::Turns::staging_rows(const Place& at) const {
  const std::int64_t row = at.channel * layout_.staging_rows() + layout_.staging_row(at.request);
  return {row, row + PimKvLayout::staging_rows_of(shape_)};
}

// The new value waits until its block is whole.
void PimAttention::Turns::stage_value(const Place& at) {
  if (at.staged > 0) {
    store_pieces(at, layer_.staging_, staging_rows(at), staged_pieces(at, at.staged - 1, 1));
  }
}

// Part: row of a head, the elements of a block in each of its banks.
void PimAttention::Turns::append_values(const Place& at, std::int64_t part) {
  if (part == 0) {
    transpose_block(at);
  }
  const std::int64_t token = at.tokens - shape_.value_block;
  const std::int64_t head = part / layout_.rows_per_head();
  const std::int64_t first = part % layout_.rows_per_head() * shape_.banks;
  const std::int64_t bytes = shape_.value_block * element_;
  const std::int64_t buffer = plan_.has_staging() ? at.columns : at.value;
  std::vector<ScatteredPiece> pieces;
  for (std::int64_t dimension = first;
       dimension < std::min(first + shape_.banks, shape_.value_size); ++dimension) {
    const PimKvLayout::Place value = layout_.value(at.request, head, token, dimension);
    add_row_pieces(*plan_.banks, plan_.banks->address(value.channel, value.bank, value.row, 0),
                   value.element * element_, bytes,
                   buffer + (head * shape_.value_size + dimension) * bytes, pieces);
  }
  const std::int64_t row =
      at.channel * layout_.value_rows() + layout_.value(at.request, head, token, first).row;
  store_pieces(at, layer_.value_, {row, row + 1}, pieces);
}

void PimAttention::Turns::logits(const Place& at, const Vector& vector) {
  const std::int64_t head_columns = shape_.head_size * element_ / plan_.banks->column_bytes;
  const std::int64_t tiles = layout_.key_tiles(at.request);
  const std::int64_t chunks = layout_.key_chunks();
  const std::int64_t first_row = layout_.key_row(at.request, 0);
  std::vector<BankRows> reads;
  command::PimProgram body =
      program(at, vector.number, at.query + vector.number * layer_.buffers_.query_row,
              vector.heads * shape_.head_size * element_, reads);
  body.repetitions = tiles;
  const std::int64_t row = layer_.key_row_ + first_row + vector.chunk;
  plan_.commands.add_header(body.steps, row, vector.heads * head_columns,
                            vector.heads * plan_.commands.reads(), chunks);
  for (std::int64_t head = 0; head < vector.heads; ++head) {
    plan_.commands.add_product(body.steps, row, head * head_columns, head_columns, chunks);
  }
  body.destination = {at.logits + vector.logits,
                      {vector.heads * tile_bytes_, plan_.commands.read_bytes()}};
  body.macs_useful = at.tokens * shape_.head_size * vector.heads;
  const std::int64_t number = at.channel * layout_.key_rows() + first_row;
  reads.push_back({layer_.key_, {number, number + tiles * chunks}});
  emitter_.pim(std::move(body), reads);
}

void PimAttention::Turns::store_weights(const Place& at) {
  const std::int64_t chunks = at.chunks;
  if (!plan_.commands.loads_rows() || chunks == 0) {
    return;
  }
  std::vector<ScatteredPiece> pieces;
  // Whole rows first: they are alike.
  for (const bool is_last : {false, true}) {
    for (std::int64_t head = 0; head < plan_.heads; ++head) {
      for (std::int64_t chunk = is_last ? chunks - 1 : 0; chunk < (is_last ? chunks : chunks - 1);
           ++chunk) {
        const std::int64_t columns =
            divide_up(layout_.chunk_tokens(at.request, chunk), plan_.column_elements());
        add_vector_piece(
            at, plan_.query_vectors() + head * chunks + chunk,
            at.weights + head * layer_.buffers_.weights_row + chunk * plan_.banks->row_bytes(),
            columns * plan_.banks->column_bytes, pieces);
      }
    }
  }
  store_vectors(at, plan_.query_vectors(), plan_.heads * chunks, pieces);
}

void PimAttention::Turns::values(const Place& at, std::int64_t head, std::int64_t chunk) {
  const std::int64_t chunks = layout_.value_chunks(at.request);
  const std::int64_t rows = layout_.rows_per_head();
  const std::int64_t tokens = layout_.chunk_tokens(at.request, chunk);
  const std::int64_t columns = divide_up(tokens, plan_.column_elements());
  const std::int64_t first = layout_.value_row(at.request, head / plan_.group(), chunk);
  std::vector<BankRows> reads;
  command::PimProgram body =
      program(at, plan_.query_vectors() + head * chunks + chunk,
              at.weights + head * layer_.buffers_.weights_row + chunk * plan_.banks->row_bytes(),
              columns * plan_.banks->column_bytes, reads);
  body.repetitions = rows;
  plan_.commands.add_header(body.steps, layer_.value_row_ + first, columns, plan_.commands.reads(),
                            1);
  plan_.commands.add_product(body.steps, layer_.value_row_ + first, 0, columns, 1);
  body.destination = {at.results + (head * chunks + chunk) * rows * tile_bytes_,
                      {tile_bytes_, plan_.commands.read_bytes()}};
  body.macs_useful = tokens * shape_.value_size;
  const std::int64_t number = at.channel * layout_.value_rows() + first;
  reads.push_back({layer_.value_, {number, number + rows}});
  emitter_.pim(std::move(body), reads);
}

void PimAttention::Turns::store_result(const Place& at) {
  const bool is_added = !is_result_of_banks(at);
  const std::int64_t head = shape_.value_size * numeric::bits(layer_.output_type_) / 8;
  TensorMove move;
  move.tensor = layer_.output_;
  move.tensor_offset = at.request * plan_.heads * head;
  move.tensor_stride = {0, 0, head};
  move.buffer = is_added ? at.output : at.results;
  move.buffer_stride = {0, 0, is_added ? head : layout_.rows_per_head() * tile_bytes_};
  move.count = {1, 1, plan_.heads};
  move.row_bytes = head;
  emitter_.store_on(at.lane, move);
}

command::PimProgram PimAttention::Turns::program(const Place& at, std::int64_t number,
                                                 std::int64_t buffer, std::int64_t bytes,
                                                 std::vector<BankRows>& reads) const {
  command::PimProgram body;
  body.memory = plan_.memory;
  body.channel = at.channel;
  body.type = plan_.type;
  body.result_type = plan_.result_type;
  if (!plan_.commands.loads_rows()) {
    plan_.commands.add_loads(body.steps, bytes);
    body.source = {buffer, {0, plan_.commands.load_bytes()}};
    return body;
  }
  const std::int64_t index = at.first_vector + number;
  plan_.commands.add_load_row(body.steps, index % shape_.banks,
                              layer_.vector_row_ + index / shape_.banks);
  const std::int64_t row = at.channel * plan_.vectors() + index;
  reads.push_back({layer_.vectors_, {row, row + 1}});
  return body;
}

void PimAttention::Turns::add_vector_piece(const Place& at, std::int64_t number,
                                           std::int64_t buffer, std::int64_t bytes,
                                           std::vector<ScatteredPiece>& pieces) const {
  const std::int64_t index = at.first_vector + number;
  add_row_pieces(*plan_.banks,
                 plan_.banks->address(at.channel, index % shape_.banks, index / shape_.banks, 0), 0,
                 bytes, buffer, pieces);
}

void PimAttention::Turns::store_vectors(const Place& at, std::int64_t first, std::int64_t count,
                                        const std::vector<ScatteredPiece>& pieces) {
  const std::int64_t row = at.channel * plan_.vectors() + at.first_vector + first;
  store_pieces(at, layer_.vectors_, {row, row + count}, pieces);
}

void PimAttention::Turns::store_pieces(const Place& at, workload::TensorId tensor,
                                       const Interval& rows,
                                       const std::vector<ScatteredPiece>& pieces) {
  for (const TensorMove& move : moves_of(tensor, pieces)) {
    emitter_.store_rows(at.lane, move, rows);
  }
}

}  // namespace orrery::lowering
