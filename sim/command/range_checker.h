// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "command/command.h"
#include "command/extents.h"
#include "command/stream_checker.h"

namespace orrery::command {

// Whether what commands touch lies inside the memories and inside what the header says is used.
class RangeChecker {
 public:
  // engine: whose commands they are; none: it may reach the whole scratchpad.
  RangeChecker(const StreamHeader& header, const std::optional<Extents>& extents,
               Problems& problems, std::optional<EngineIndex> engine = std::nullopt)
      : header_(header), extents_(extents), problems_(problems), engine_(engine) {}

  // Whether something is known of where commands may reach.
  [[nodiscard]] bool known() const { return extents_ || !header_.uses.empty(); }
  // Bytes [begin, end), which are those of `field`.
  void check(const std::string& field, const Space& space, std::int64_t begin, std::int64_t end);

 private:
  void check_partition(const std::string& field, std::int64_t begin, std::int64_t end);
  void check_used(const std::string& field, const Space& space, std::int64_t begin,
                  std::int64_t end);
  void add(const std::string& field, std::string message, std::string expected);

  const StreamHeader& header_;
  const std::optional<Extents>& extents_;
  Problems& problems_;
  std::optional<EngineIndex> engine_;
};

}  // namespace orrery::command
