// SPDX-License-Identifier: Apache-2.0
#include "lowering/banks/pim_kv_layout.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/integer.h"

namespace orrery::lowering {

using base::divide_up;

PimKvLayout::PimKvLayout(const PimKvShape& shape, std::vector<Request> requests)
    : shape_(shape), requests_(std::move(requests)) {
  base::require_invariant(shape_.head_size <= shape_.row_elements, "a head fits a row");
  base::require_invariant(shape_.row_elements % shape_.value_block == 0, "a row is whole blocks");
  const auto channels = static_cast<std::size_t>(shape_.channels);
  std::vector<std::int64_t> key_rows(channels, 0);
  std::vector<std::int64_t> value_rows(channels, 0);
  std::vector<std::int64_t> staging_rows(channels, 0);
  for (std::size_t i = 0; i < requests_.size(); ++i) {
    const auto channel = static_cast<std::size_t>(requests_[i].channel);
    const auto index = static_cast<std::int64_t>(i);
    first_key_row_.push_back(key_rows.at(channel));
    first_value_row_.push_back(value_rows.at(channel));
    first_staging_row_.push_back(staging_rows.at(channel));
    staging_rows[channel] += staging_rows_of(shape_);
    key_rows[channel] += key_tiles(index) * key_chunks();
    value_rows[channel] += value_chunks(index) * shape_.kv_heads * rows_per_head();
  }
  key_rows_ = *std::max_element(key_rows.begin(), key_rows.end());
  value_rows_ = *std::max_element(value_rows.begin(), value_rows.end());
  staging_rows_ = *std::max_element(staging_rows.begin(), staging_rows.end());
}

std::int64_t PimKvLayout::key_chunks() const {
  return divide_up(shape_.kv_heads, heads_per_row());
}

std::int64_t PimKvLayout::key_tiles(std::int64_t index) const {
  return divide_up(request(index).tokens, shape_.banks);
}

std::int64_t PimKvLayout::rows_per_head() const {
  return divide_up(shape_.value_size, shape_.banks);
}

std::int64_t PimKvLayout::banked_tokens(std::int64_t index) const {
  return request(index).tokens - staged_tokens(index);
}

std::int64_t PimKvLayout::staged_tokens(std::int64_t index) const {
  return request(index).tokens % shape_.value_block;
}

std::int64_t PimKvLayout::value_chunks(std::int64_t index) const {
  return divide_up(banked_tokens(index), shape_.row_elements);
}

std::int64_t PimKvLayout::chunk_tokens(std::int64_t index, std::int64_t chunk) const {
  return std::min(shape_.row_elements, banked_tokens(index) - chunk * shape_.row_elements);
}

std::int64_t PimKvLayout::key_row(std::int64_t index, std::int64_t tile) const {
  return first_key_row_[static_cast<std::size_t>(index)] + tile * key_chunks();
}

std::int64_t PimKvLayout::value_row(std::int64_t index, std::int64_t head,
                                    std::int64_t chunk) const {
  return first_value_row_[static_cast<std::size_t>(index)] +
         (chunk * shape_.kv_heads + head) * rows_per_head();
}

PimKvLayout::Place PimKvLayout::key(std::int64_t index, std::int64_t head, std::int64_t token,
                                    std::int64_t dimension) const {
  return {request(index).channel, token % shape_.banks,
          key_row(index, token / shape_.banks) + head / heads_per_row(),
          head % heads_per_row() * shape_.head_size + dimension};
}

PimKvLayout::Place PimKvLayout::value(std::int64_t index, std::int64_t head, std::int64_t token,
                                      std::int64_t dimension) const {
  return {request(index).channel, dimension % shape_.banks,
          value_row(index, head, token / shape_.row_elements) + dimension / shape_.banks,
          token % shape_.row_elements};
}

PimKvLayout::Place PimKvLayout::staged(std::int64_t index, std::int64_t head, std::int64_t token,
                                       std::int64_t dimension) const {
  const std::int64_t element =
      (token % shape_.value_block * shape_.kv_heads + head) * shape_.value_size + dimension;
  const std::int64_t bank_row = element / shape_.row_elements;
  return {request(index).channel, bank_row % shape_.banks,
          staging_row(index) + bank_row / shape_.banks, element % shape_.row_elements};
}

std::int64_t PimKvLayout::staging_row(std::int64_t index) const {
  return first_staging_row_[static_cast<std::size_t>(index)];
}

std::int64_t PimKvLayout::staging_rows_of(const PimKvShape& shape) {
  return shape.value_block == 1 ? 0
                                : divide_up(shape.value_block * shape.kv_heads * shape.value_size,
                                            shape.banks * shape.row_elements);
}

std::int64_t PimKvLayout::rows_of(const PimKvShape& shape, std::int64_t tokens) {
  const std::int64_t key_chunks = divide_up(shape.kv_heads, shape.row_elements / shape.head_size);
  const std::int64_t value_chunks =
      divide_up(tokens / shape.value_block * shape.value_block, shape.row_elements);
  return divide_up(tokens, shape.banks) * key_chunks +
         value_chunks * shape.kv_heads * divide_up(shape.value_size, shape.banks) +
         staging_rows_of(shape);
}

}  // namespace orrery::lowering
