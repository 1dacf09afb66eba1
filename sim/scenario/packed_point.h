// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "scenario/study_points.h"
#include "sweep/line_channel.h"

namespace orrery::scenario {

struct PointLimits {
  std::optional<double> seconds;
  std::optional<std::uint64_t> bytes;
};

// A point with the content of every file that its simulation needs, as one line of text for a
// machine that has none of them. Throws base::UserError where they can no longer be read.
[[nodiscard]] std::string pack_point(const sweep::Study& study, const StudyPoint& point,
                                     const PointLimits& limits);

// Simulates packed points, one line of `channel` after the other, and answers each with a line of
// sweep::write_answer(), until the other end is closed. Every point has a process of its own.
// `limit_bytes` is of points that name none. Must be called by a process of one thread.
void serve_points(sweep::LineChannel& channel, std::optional<std::uint64_t> limit_bytes);

}  // namespace orrery::scenario
