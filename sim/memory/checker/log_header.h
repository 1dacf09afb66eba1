// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "memory/dram/controller_config.h"

namespace orrery::memory::checker {

inline constexpr int kLogVersion = 1;

// The first line of a log:
//   orrery_memory_log 1 page_policy=open page_timeout=200 ... spec=DDR4-2400 8Gb x8
// The parameters have the names of the `controller` block and may stand in any order; one that is
// missing has its default. `spec` comes last and takes the rest of the line.
struct LogHeader {
  std::string spec;  // Spec::name
  dram::ControllerConfig controller;
};

// Without the end of the line. What the log does not show (arbiter, response queue, active
// transactions) is left out.
[[nodiscard]] std::string to_text(const LogHeader& header);

// Throws base::UserError with every mistake of the line: another format or version, an unknown
// parameter or value, no spec.
[[nodiscard]] LogHeader parse_header(std::string_view line, const base::SourcePosition& where);

}  // namespace orrery::memory::checker
