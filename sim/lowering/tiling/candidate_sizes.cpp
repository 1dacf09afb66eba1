// SPDX-License-Identifier: Apache-2.0
#include "lowering/tiling/candidate_sizes.h"

#include <algorithm>

#include "base/integer.h"

namespace orrery::lowering {

std::vector<std::int64_t> candidate_sizes(std::int64_t whole, std::int64_t edge,
                                          std::int64_t granule) {
  std::vector<std::int64_t> result{whole};
  for (const std::int64_t first : {std::int64_t{1}, edge}) {
    for (std::int64_t size = first; size < whole; size *= 2) {
      if (size % granule == 0) {
        result.push_back(size);
      }
    }
  }
  std::sort(result.begin(), result.end());
  result.erase(std::unique(result.begin(), result.end()), result.end());
  return result;
}

std::vector<std::int64_t> fine_candidate_sizes(std::int64_t whole, std::int64_t edge,
                                               std::int64_t granule) {
  constexpr std::int64_t kMostParts = 6;
  std::vector<std::int64_t> result = candidate_sizes(whole, edge, granule);
  for (std::int64_t parts = 2; parts <= kMostParts; ++parts) {
    const std::int64_t part = base::divide_up(whole, parts);
    for (const std::int64_t size :
         {base::divide_up(part, granule) * granule, base::divide_up(part, edge) * edge}) {
      if (size < whole && size % granule == 0) {
        result.push_back(size);
      }
    }
  }
  std::sort(result.begin(), result.end());
  result.erase(std::unique(result.begin(), result.end()), result.end());
  return result;
}

}  // namespace orrery::lowering
