// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "metrics/run_result.h"

namespace orrery::report {

// The spans of a run in Chrome's trace event format, which Perfetto and chrome://tracing open: one
// track for each engine and memory channel, and the layers on tracks of their own (several where
// layers overlap). Times in microseconds with nine digits after the point, exact to the femtosecond.
[[nodiscard]] std::string timeline_json(const metrics::RunResult& result);

// timeline_json(), compressed, without name and time stamp. Throws base::UserError where the file
// cannot be written; `shown` is the name for messages.
void write_timeline(const metrics::RunResult& result, const std::filesystem::path& path,
                    const std::filesystem::path& shown);

}  // namespace orrery::report
