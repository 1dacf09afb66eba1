// SPDX-License-Identifier: Apache-2.0
#include "lowering/layer/strided_operand.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/integer.h"

namespace orrery::lowering {
namespace {

constexpr std::int64_t kByteBits = 8;
constexpr std::size_t kMoveDimensions = 3;

}  // namespace

StridedOperand::StridedOperand(const LayerRequest& request, workload::TensorId tensor,
                               std::int64_t offset_bits, std::vector<std::int64_t> stride_bits)
    : tensor_(tensor),
      type_(request.tensor(tensor).type),
      tier_(&request.tier(tensor)),
      bits_(numeric::bits(type_)),
      offset_bits_(offset_bits),
      strides_(std::move(stride_bits)) {
  for (std::size_t d = strides_.size(); d-- > 0;) {
    if (strides_[d] != 0) {
      order_.push_back(d);
    }
  }
  // Insertion keeps the order of equal strides.
  for (std::size_t i = 1; i < order_.size(); ++i) {
    for (std::size_t j = i;
         j > 0 && std::abs(strides_[order_[j]]) < std::abs(strides_[order_[j - 1]]); --j) {
      std::swap(order_[j], order_[j - 1]);
    }
  }
  if (!order_.empty() && std::abs(strides_[order_.front()]) == bits_) {
    run_ = static_cast<int>(order_.front());
  }
}

bool StridedOperand::is_addressable() const {
  if (!is_packed()) {
    return true;
  }
  if (offset_bits_ % kByteBits != 0) {
    return false;
  }
  return std::all_of(order_.begin(), order_.end(), [this](std::size_t d) {
    return strides_[d] % kByteBits == 0 || strides_[d] == bits_;
  });
}

std::int64_t StridedOperand::run_bytes(const BlockSizes& sizes) const {
  const std::int64_t elements = run_ < 0 ? 1 : sizes[static_cast<std::size_t>(run_)];
  return base::divide_up(elements * bits_, kByteBits);
}

std::int64_t StridedOperand::runs(const BlockSizes& sizes) const {
  std::int64_t count = 1;
  for (const std::size_t d : order_) {
    count *= static_cast<int>(d) == run_ ? 1 : sizes[d];
  }
  return count;
}

std::int64_t StridedOperand::buffer_bytes(const BlockSizes& sizes) const {
  return run_bytes(sizes) * runs(sizes);
}

std::vector<std::int64_t> StridedOperand::buffer_strides(const BlockSizes& sizes) const {
  std::vector<std::int64_t> result(strides_.size(), 0);
  std::int64_t next = run_bytes(sizes) * kByteBits;
  for (const std::size_t d : order_) {
    if (static_cast<int>(d) == run_) {
      result[d] = bits_;
    } else {
      result[d] = next;
      next *= sizes[d];
    }
  }
  return result;
}

std::vector<TensorMove> StridedOperand::moves(const BlockSizes& begin, const BlockSizes& sizes,
                                              std::int64_t buffer) const {
  const std::vector<std::int64_t> buffer_stride = buffer_strides(sizes);
  TensorMove move;
  move.tensor = tensor_;
  move.buffer = buffer;
  move.row_bytes = run_bytes(sizes);
  std::int64_t offset = offset_bits_;
  std::size_t place = kMoveDimensions;
  std::vector<std::size_t> outer;  // dimensions that a move has no room for
  for (const std::size_t d : order_) {
    // Backwards dimensions are moved from their lowest address on.
    offset += (begin[d] + (strides_[d] < 0 ? sizes[d] - 1 : 0)) * strides_[d];
    if (static_cast<int>(d) == run_ || sizes[d] == 1) {
      continue;
    }
    if (place == 0) {
      outer.push_back(d);
      continue;
    }
    --place;
    move.count[place] = sizes[d];
    move.tensor_stride[place] = std::abs(strides_[d]) / kByteBits;
    move.buffer_stride[place] = buffer_stride[d] / kByteBits;
  }
  move.tensor_offset = offset / kByteBits;
  std::vector<TensorMove> result{move};
  for (const std::size_t d : outer) {
    const std::size_t before = result.size();
    for (std::int64_t i = 1; i < sizes[d]; ++i) {
      for (std::size_t j = 0; j < before; ++j) {
        TensorMove next = result[j];
        next.tensor_offset += i * std::abs(strides_[d]) / kByteBits;
        next.buffer += i * buffer_stride[d] / kByteBits;
        result.push_back(next);
      }
    }
  }
  return result;
}

void StridedOperand::load(Emitter& emitter, const BlockSizes& begin, const BlockSizes& sizes,
                          std::int64_t buffer) const {
  for (const TensorMove& move : moves(begin, sizes, buffer)) {
    emitter.load(move);
  }
}

void StridedOperand::store(Emitter& emitter, const BlockSizes& begin, const BlockSizes& sizes,
                           std::int64_t buffer) const {
  for (const TensorMove& move : moves(begin, sizes, buffer)) {
    emitter.store(move);
  }
}

command::View StridedOperand::view(const BlockSizes& sizes, std::size_t rows,
                                   std::size_t columns_end, std::int64_t buffer) const {
  const std::vector<std::int64_t> buffer_stride = buffer_strides(sizes);
  command::View view;
  view.space = Emitter::scratchpad();
  view.type = type_;
  std::int64_t base_bits = buffer * kByteBits;
  for (std::size_t d = 0; d < columns_end; ++d) {
    if (sizes[d] == 1) {
      continue;
    }
    const bool backwards = strides_[d] < 0;
    if (backwards) {
      base_bits += (sizes[d] - 1) * buffer_stride[d];
    }
    auto& digits = d < rows ? view.row : view.column;
    digits.push_back({sizes[d], backwards ? -buffer_stride[d] : buffer_stride[d], {}});
  }
  view.base = base_bits / kByteBits;
  for (auto* digits : {&view.row, &view.column}) {
    if (digits->empty()) {
      digits->push_back({1, 0, {}});
    }
  }
  return view;
}

}  // namespace orrery::lowering
