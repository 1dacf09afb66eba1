// SPDX-License-Identifier: Apache-2.0
#include "memory/trace/trace_options.h"

#include <fmt/format.h>

#include <string>

#include "base/error.h"

namespace orrery::memory::trace {

void TraceOptions::check(const dram::Spec& spec) const {
  base::Diagnostics errors;
  const auto require = [&errors](bool holds, std::string key, std::int64_t value,
                                 std::string expected) {
    if (!holds) {
      errors.add({{}, std::move(key), fmt::format("found {}", value), std::move(expected), ""});
    }
  };
  constexpr std::int64_t kMostChannels = 256;
  constexpr std::int64_t kLargestRequest = 1 << 20;
  require(channels >= 1 && channels <= kMostChannels, "channels", channels,
          fmt::format("1 to {}", kMostChannels));
  const bool whole_bursts = interleave > 0 && interleave % spec.access_bytes == 0;
  require(whole_bursts && spec.capacity_bytes() % interleave == 0, "interleave", interleave,
          fmt::format("a multiple of {} bytes that divides {}", spec.access_bytes,
                      spec.capacity_bytes()));
  require(request_bytes >= 0 && request_bytes <= kLargestRequest, "request_bytes", request_bytes,
          fmt::format("at most {} bytes", kLargestRequest));
  controller.check(spec, errors);
  errors.throw_if_any();
}

}  // namespace orrery::memory::trace
