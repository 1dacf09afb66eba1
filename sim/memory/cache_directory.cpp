// SPDX-License-Identifier: Apache-2.0
#include "memory/cache_directory.h"

#include <algorithm>

#include "base/error.h"

namespace orrery::memory {

CacheDirectory::CacheDirectory(std::int64_t sets, std::int64_t ways)
    : sets_(static_cast<std::uint64_t>(sets)), ways_of_set_(static_cast<std::size_t>(ways)) {
  base::require_invariant(sets >= 1 && ways >= 1, "a cache has sets and ways", "directory");
  ways_.resize(static_cast<std::size_t>(sets) * ways_of_set_);
}

bool CacheDirectory::touch(std::uint64_t line, bool write) {
  const Way wanted = way(line);
  Way* const first = set_of(line);
  Way* const last = first + ways_of_set_;
  Way* const found =
      std::find_if(first, last, [wanted](Way other) { return (other & ~kDirty) == wanted; });
  if (found == last) {
    return false;
  }
  put_first(first, found, *found | (write ? kDirty : 0));
  return true;
}

std::optional<CacheDirectory::Victim> CacheDirectory::insert(std::uint64_t line, bool dirty) {
  Way* const first = set_of(line);
  Way* const oldest = first + ways_of_set_ - 1;
  std::optional<Victim> victim;
  if (*oldest != 0) {
    victim = {*oldest >> 2, (*oldest & kDirty) != 0};
  }
  put_first(first, oldest, way(line) | (dirty ? kDirty : 0));
  return victim;
}

void CacheDirectory::put_first(Way* first, Way* place, Way way) {
  std::copy_backward(first, place, place + 1);
  *first = way;
}

}  // namespace orrery::memory
