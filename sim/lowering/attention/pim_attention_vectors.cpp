// SPDX-License-Identifier: Apache-2.0
// What vector units do in the turns of attention in banks.
#include <algorithm>
#include <utility>

#include "base/integer.h"
#include "command/view.h"
#include "lowering/attention/pim_attention_turns.h"

namespace orrery::lowering {

using command::VectorKind;
using numeric::ElementType;

void PimAttention::Turns::convert(const Place& at, command::View from, command::View to) {
  command::VectorCommand command;
  command.rows = command::row_count(from);
  command.columns = command::column_count(from);
  command.source = std::move(from);
  command.stages.push_back({VectorKind::kCopy, {}, {}});
  command.destination = std::move(to);
  vector(at, std::move(command));
}

void PimAttention::Turns::convert_inputs(const Place& at) {
  const std::int64_t given = numeric::bits(plan_.input_type) / 8;
  const std::int64_t size = shape_.head_size;
  const auto row = [](ElementType type, std::int64_t buffer, std::int64_t elements) {
    return command::matrix_view(Emitter::scratchpad(), type, buffer, 1, elements,
                                elements * numeric::bits(type) / 8);
  };
  for (const Vector& vector : query_vectors(at)) {
    if (vector.member > 0) {
      continue;
    }
    const std::int64_t heads = vector.heads * plan_.group();
    command::View from =
        command::matrix_view(Emitter::scratchpad(), plan_.input_type,
                             at.given_query + vector.first_head * plan_.group() * size * given,
                             heads, size, size * given);
    command::View to = from;
    to.type = plan_.type;
    to.base = at.query + vector.number * layer_.buffers_.query_row;
    to.row.assign(1, {vector.heads, size * element_ * 8, {}});
    to.row.push_back({plan_.group(), layer_.buffers_.query_row * 8, {}});
    to.column.assign(1, {size, element_ * 8, {}});
    command::simplify(to);
    convert(at, std::move(from), std::move(to));
  }
  const std::int64_t keys = shape_.kv_heads * size;
  convert(at, row(plan_.input_type, at.given_key, keys), row(plan_.type, at.key, keys));
  const std::int64_t waiting = (at.tokens - 1) % shape_.value_block;
  const std::int64_t values = shape_.kv_heads * shape_.value_size;
  convert(at, row(plan_.input_type, at.given_value, values),
          row(plan_.type, at.value + waiting * layer_.buffers_.value_row, values));
}

// From a row a token to a row a dimension.
void PimAttention::Turns::transpose_block(const Place& at) {
  if (!plan_.has_staging()) {
    return;
  }
  command::VectorCommand command;
  command.rows = shape_.kv_heads * shape_.value_size;
  command.columns = shape_.value_block;
  command.source.space = Emitter::scratchpad();
  command.source.type = plan_.type;
  command.source.base = at.value;
  command.source.row.push_back({command.rows, element_ * 8, {}});
  command.source.column.push_back({command.columns, layer_.buffers_.value_row * 8, {}});
  command::simplify(command.source);
  command.stages.push_back({VectorKind::kCopy, {}, {}});
  command.destination =
      command::matrix_view(Emitter::scratchpad(), plan_.type, at.columns, command.rows,
                           command.columns, command.columns * element_);
  vector(at, std::move(command));
}

// Logits lie as [tile][head][bank]; columns behind the last token are not read, their weights are
// zeros.
command::View PimAttention::Turns::logits_view(const Place& at, const Vector& vector) const {
  const std::int64_t tiles = plan_.softmax_tiles(at.request);
  command::View view;
  view.space = Emitter::scratchpad();
  view.type = plan_.result_type;
  view.base = at.logits + vector.logits;
  view.row.push_back({vector.heads, tile_bytes_ * 8, {}});
  view.column.push_back({tiles, vector.heads * tile_bytes_ * 8, {shape_.banks, 0}});
  view.column.push_back({shape_.banks, plan_.commands.result_bits(), {1, 0}});
  view.bounds[0] = {0, at.tokens};
  command::simplify(view);
  return view;
}

void PimAttention::Turns::softmax(const Place& at, const Vector& vector) {
  const std::int64_t row = layer_.buffers_.weights_row;
  const std::int64_t columns = plan_.softmax_tiles(at.request) * shape_.banks;
  const command::View weights =
      command::matrix_view(Emitter::scratchpad(), plan_.type,
                           at.weights + (vector.first_head * plan_.group() + vector.member) * row,
                           vector.heads, columns, plan_.group() * row);
  if (plan_.has_integer_weights()) {
    integer_softmax(at, vector, weights);
    return;
  }
  command::VectorCommand command;
  command.rows = vector.heads;
  command.columns = columns;
  command.source = logits_view(at, vector);
  command.stages.push_back({VectorKind::kScale, {}, {layer_.scale_}});
  command.stages.push_back({VectorKind::kSoftmax, {}, {static_cast<double>(at.tokens)}});
  command.destination = weights;
  this->vector(at, std::move(command));
}

command::View PimAttention::Turns::head_view(ElementType type, std::int64_t buffer,
                                             const Vector& vector) const {
  const std::int64_t bytes = numeric::bits(type) / 8;
  return command::matrix_view(Emitter::scratchpad(), type,
                              buffer + (vector.first_head * plan_.group() + vector.member) * bytes,
                              vector.heads, 1, plan_.group() * bytes);
}

// The largest logit has the largest number of the type, so that few of the bits are lost however
// many tokens share the sum.
void PimAttention::Turns::integer_softmax(const Place& at, const Vector& vector,
                                          const command::View& weights) {
  command::VectorCommand maximum;
  maximum.rows = vector.heads;
  maximum.columns = command::column_count(weights);
  maximum.source = logits_view(at, vector);
  maximum.stages.push_back({VectorKind::kScale, {}, {layer_.scale_}});
  command::VectorCommand exponents = maximum;
  maximum.stages.push_back({VectorKind::kReduceMaximum, {}, {}});
  maximum.destination = head_view(ElementType::kFp32, at.maxima, vector);
  this->vector(at, maximum);

  command::View subtrahend = maximum.destination;
  subtrahend.column.assign(1, {exponents.columns, 0, {}});
  command::simplify(subtrahend);
  const double most = numeric::largest(numeric::info(plan_.type).format);
  exponents.stages.push_back({VectorKind::kSubtract, std::move(subtrahend), {}});
  exponents.stages.push_back({VectorKind::kExp, {}, {}});
  exponents.stages.push_back({VectorKind::kScale, {}, {most}});
  exponents.destination = weights;
  this->vector(at, std::move(exponents));

  command::VectorCommand total;
  total.rows = maximum.rows;
  total.columns = maximum.columns;
  total.source = weights;
  total.stages.push_back({VectorKind::kReduceSum, {}, {}});
  total.destination = head_view(plan_.result_type, at.totals, vector);
  this->vector(at, std::move(total));
}

// A row for each dimension of each query head, along the tokens whose values wait.
void PimAttention::Turns::multiply_staged(const Place& at) {
  command::VectorCommand command;
  command.rows = plan_.heads * shape_.value_size;
  command.columns = at.staged;
  command.source.space = Emitter::scratchpad();
  command.source.type = plan_.type;
  command.source.base = at.value;
  command.source.row.push_back({shape_.kv_heads, shape_.value_size * element_ * 8, {}});
  command.source.row.push_back({plan_.group(), 0, {}});
  command.source.row.push_back({shape_.value_size, element_ * 8, {}});
  command.source.column.push_back({at.staged, layer_.buffers_.value_row * 8, {}});
  command::simplify(command.source);
  command::View weights;
  weights.space = Emitter::scratchpad();
  weights.type = plan_.type;
  weights.base = at.weights + layout_.banked_tokens(at.request) * element_;
  weights.row.push_back({plan_.heads, layer_.buffers_.weights_row * 8, {}});
  weights.row.push_back({shape_.value_size, 0, {}});
  weights.column.push_back({at.staged, element_ * 8, {}});
  command::simplify(weights);
  command.stages.push_back({VectorKind::kMultiply, weights, {}});
  command.stages.push_back({VectorKind::kReduceSum, {}, {}});
  // Without values in the banks they are the result, unless something is left to be done.
  const bool is_result = at.chunks == 0 && !plan_.has_integer_weights();
  const ElementType type = is_result ? layer_.output_type_ : plan_.result_type;
  command.destination =
      command::matrix_view(Emitter::scratchpad(), type, is_result ? at.output : at.staged_sums,
                           command.rows, 1, numeric::bits(type) / 8);
  command.macs_useful = command.rows * command.columns;
  vector(at, std::move(command));
}

bool PimAttention::Turns::is_result_of_banks(const Place& at) const {
  return at.chunks == 1 && at.staged == 0 && layer_.output_type_ == plan_.result_type &&
         !plan_.has_integer_weights();
}

// Over chunks of tokens in the banks, and those that wait.
void PimAttention::Turns::add_sums(const Place& at) {
  const bool is_there = at.chunks == 0 && !plan_.has_integer_weights();
  if (is_there || is_result_of_banks(at)) {
    return;
  }
  const std::int64_t part = layout_.rows_per_head() * tile_bytes_;
  const auto view = [&](std::int64_t base, std::int64_t stride) {
    return command::matrix_view(Emitter::scratchpad(), plan_.result_type, base, plan_.heads,
                                shape_.value_size, stride);
  };
  std::vector<command::View> parts;
  for (std::int64_t chunk = 0; chunk < at.chunks; ++chunk) {
    parts.push_back(view(at.results + chunk * part, at.chunks * part));
  }
  if (at.staged > 0) {
    parts.push_back(view(at.staged_sums, shape_.value_size * numeric::bits(plan_.result_type) / 8));
  }
  command::VectorCommand command;
  command.rows = plan_.heads;
  command.columns = shape_.value_size;
  command.source = parts.front();
  for (std::size_t i = 1; i < parts.size(); ++i) {
    command.stages.push_back({VectorKind::kAdd, parts[i], {}});
  }
  if (plan_.has_integer_weights()) {
    command::View total =
        command::matrix_view(Emitter::scratchpad(), plan_.result_type, at.totals, plan_.heads, 1,
                             numeric::bits(plan_.result_type) / 8);
    total.column.assign(1, {shape_.value_size, 0, {}});
    command::simplify(total);
    command.stages.push_back({VectorKind::kDivide, std::move(total), {}});
  }
  if (command.stages.empty()) {
    command.stages.push_back({VectorKind::kCopy, {}, {}});
  }
  command.destination = command::matrix_view(
      Emitter::scratchpad(), layer_.output_type_, at.output, command.rows, command.columns,
      shape_.value_size * numeric::bits(layer_.output_type_) / 8);
  vector(at, std::move(command));
}

void PimAttention::Turns::vector(const Place& at, command::VectorCommand command) {
  emitter_.vector(static_cast<std::size_t>(at.lane) % layer_.machine_.vector_units.size(),
                  std::move(command));
}

}  // namespace orrery::lowering
