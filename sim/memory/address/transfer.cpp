// SPDX-License-Identifier: Apache-2.0
#include "memory/address/transfer.h"

#include <algorithm>

namespace orrery::memory {

std::int64_t total_bytes(const Transfer& transfer) {
  std::int64_t bytes = transfer.row_bytes;
  for (const Dimension& dimension : transfer.outer) {
    bytes *= dimension.count;
  }
  return bytes;
}

std::uint64_t end_address(const Transfer& transfer) {
  std::uint64_t end = transfer.address + static_cast<std::uint64_t>(transfer.row_bytes);
  for (const Dimension& dimension : transfer.outer) {
    end += static_cast<std::uint64_t>((dimension.count - 1) * dimension.stride);
  }
  return end;
}

namespace {

// Takes dimension `index` out; those outside of it move inwards.
void erase(Transfer& transfer, std::size_t index) {
  for (std::size_t i = index; i + 1 < transfer.outer.size(); ++i) {
    transfer.outer[i] = transfer.outer[i + 1];
  }
  transfer.outer.back() = Dimension{};
}

void drop_single_repetitions(Transfer& transfer) {
  for (std::size_t i = transfer.outer.size(); i-- > 0;) {
    if (transfer.outer[i].count == 1) {
      erase(transfer, i);
    }
  }
}

}  // namespace

Transfer coalesced(const Transfer& transfer) {
  const auto repeats = [](const Dimension& dimension) { return dimension.count != 1; };
  if (std::none_of(transfer.outer.begin(), transfer.outer.end(), repeats)) {
    return transfer;
  }
  Transfer result = transfer;
  drop_single_repetitions(result);
  while (result.outer[0].count > 1 && result.outer[0].stride == result.row_bytes) {
    result.row_bytes *= result.outer[0].count;
    erase(result, 0);
  }
  for (std::size_t i = 0; i + 1 < result.outer.size();) {
    Dimension& inner = result.outer[i];
    const Dimension& next = result.outer[i + 1];
    if (next.count > 1 && next.stride == inner.stride * inner.count) {
      inner.count *= next.count;
      erase(result, i + 1);
    } else {
      ++i;
    }
  }
  return result;
}

}  // namespace orrery::memory
