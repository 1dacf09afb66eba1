// SPDX-License-Identifier: Apache-2.0
#include "command/range_checker.h"

#include <fmt/format.h>

#include "command/body_checker.h"
#include "command/form_names.h"

namespace orrery::command {

void RangeChecker::add(const std::string& field, std::string message, std::string expected) {
  problems_.push_back({field, std::move(message), std::move(expected), ""});
}

void RangeChecker::check(const std::string& field, const Space& space, std::int64_t begin,
                         std::int64_t end) {
  if (begin >= end) {
    return;
  }
  const std::int64_t size = extents_ ? extents_->size_of(space, header_) : kLargestAddress;
  if (begin >= 0 && end <= size) {
    if (space.kind == SpaceKind::kScratchpad) {
      check_partition(field, begin, end);
    }
    check_used(field, space, begin, end);
    return;
  }
  add(field, fmt::format("bytes {} to {} of {}", begin, end - 1, describe(space, header_)),
      size == 0 ? "a memory that the platform has" : fmt::format("bytes 0 to {}", size - 1));
}

void RangeChecker::check_partition(const std::string& field, std::int64_t begin, std::int64_t end) {
  if (!extents_ || extents_->scratchpad_partitions == 1 || !engine_ ||
      *engine_ >= extents_->engines.size()) {
    return;
  }
  const Extents::Engine& engine = extents_->engines[*engine_];
  const std::int64_t size = extents_->scratchpad / extents_->scratchpad_partitions;
  const std::int64_t first = engine.partition * size;
  if (begin < first || end > first + size) {
    add(field,
        fmt::format("bytes {} to {} of the scratchpad, out of reach of {}", begin, end - 1,
                    engine.name),
        fmt::format("bytes {} to {}, its partition", first, first + size - 1));
  }
}

// A stream that says what it uses on the chip uses nothing else there.
void RangeChecker::check_used(const std::string& field, const Space& space, std::int64_t begin,
                              std::int64_t end) {
  bool names_chip = false;
  for (const UsedRange& range : header_.uses) {
    names_chip = names_chip || range.space.kind != SpaceKind::kTier;
    if (range.space == space) {
      if (begin < range.begin || end > range.end) {
        add(field, fmt::format("bytes {} to {} of {}", begin, end - 1, describe(space, header_)),
            fmt::format("bytes {} to {}, which the header says are used", range.begin,
                        range.end - 1));
      }
      return;
    }
  }
  if (names_chip && space.kind != SpaceKind::kTier) {
    add(field, fmt::format("bytes of {}", describe(space, header_)),
        "memories that the header says are used");
  }
}

}  // namespace orrery::command
