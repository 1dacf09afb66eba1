// SPDX-License-Identifier: Apache-2.0
#include "command/extents.h"

namespace orrery::command {
namespace {

std::int64_t find(const std::map<std::string, std::int64_t>& sizes, const std::string& name) {
  const auto found = sizes.find(name);
  return found == sizes.end() ? 0 : found->second;
}

}  // namespace

std::int64_t Extents::size_of(const Space& space, const StreamHeader& header) const {
  switch (space.kind) {
    case SpaceKind::kTier:
      return find(tiers, header.tiers[space.index]);
    case SpaceKind::kScratchpad:
      return scratchpad;
    case SpaceKind::kAccumulator:
      return find(accumulators, header.engines[space.index]);
  }
  return 0;
}

}  // namespace orrery::command
