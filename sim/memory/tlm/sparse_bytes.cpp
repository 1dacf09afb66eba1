// SPDX-License-Identifier: Apache-2.0
#include "memory/tlm/sparse_bytes.h"

#include <algorithm>

namespace orrery::memory::tlm {

void SparseBytes::read(std::uint64_t address, unsigned char* to, std::size_t count) const {
  while (count > 0) {
    const std::size_t offset = address % kPageBytes;
    const std::size_t part = std::min(count, kPageBytes - offset);
    const auto found = pages_.find(address / kPageBytes);
    if (found == pages_.end()) {
      std::fill_n(to, part, static_cast<unsigned char>(0));
    } else {
      std::copy_n(found->second->begin() + static_cast<std::ptrdiff_t>(offset), part, to);
    }
    address += part;
    to += part;
    count -= part;
  }
}

void SparseBytes::write(std::uint64_t address, const unsigned char* from, std::size_t count) {
  while (count > 0) {
    const std::size_t offset = address % kPageBytes;
    const std::size_t part = std::min(count, kPageBytes - offset);
    std::unique_ptr<Page>& page = pages_[address / kPageBytes];
    if (page == nullptr) {
      page = std::make_unique<Page>();
    }
    std::copy_n(from, part, page->begin() + static_cast<std::ptrdiff_t>(offset));
    address += part;
    from += part;
    count -= part;
  }
}

}  // namespace orrery::memory::tlm
