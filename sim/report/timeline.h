// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "metrics/run_result.h"

namespace orrery::report {

// The part of a run that a timeline shows.
struct TimelineWindow {
  base::Femtoseconds begin = 0;
  base::Femtoseconds end = INT64_MAX;
};

// The spans of a run and those of its layers that touch the window, in Chrome's trace event format,
// which Perfetto and chrome://tracing open: a track for the layers, for each engine and for each
// memory channel; further ones, numbered, where spans overlap. Times in microseconds with nine
// digits after the point, exact to the femtosecond.
[[nodiscard]] std::string timeline_json(const metrics::RunResult& result,
                                        const TimelineWindow& window = {});

// timeline_json(), compressed, without name and time stamp. Throws base::UserError where the file
// cannot be written; `shown` is the name for messages.
void write_timeline(const metrics::RunResult& result, const TimelineWindow& window,
                    const std::filesystem::path& path, const std::filesystem::path& shown);

}  // namespace orrery::report
