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
  Way* const first = set_of(line);
  Way* const last = first + ways_of_set_;
  Way* const found =
      std::find_if(first, last, [line](const Way& way) { return way.used && way.line == line; });
  if (found == last) {
    return false;
  }
  found->dirty = found->dirty || write;
  std::rotate(first, found, found + 1);
  return true;
}

std::optional<CacheDirectory::Victim> CacheDirectory::insert(std::uint64_t line, bool dirty) {
  Way* const first = set_of(line);
  Way* const oldest = first + ways_of_set_ - 1;
  std::optional<Victim> victim;
  if (oldest->used) {
    victim = {oldest->line, oldest->dirty};
  }
  *oldest = {line, true, dirty};
  std::rotate(first, oldest, oldest + 1);
  return victim;
}

}  // namespace orrery::memory
