// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "memory/dram/controller_config.h"
#include "memory/specification/spec.h"

namespace orrery::memory::trace {

// The memory that a trace runs on.
struct TraceOptions {
  std::int64_t channels = 1;
  std::int64_t interleave = 256;   // bytes on one channel before the next one's turn
  std::int64_t request_bytes = 0;  // of one line of the trace; 0: one burst
  dram::ControllerConfig controller;

  // Throws base::UserError with everything that does not hold.
  void check(const dram::Spec& spec) const;
  // Bytes of a request, at least one burst.
  [[nodiscard]] std::int64_t bytes_of_request(const dram::Spec& spec) const {
    return request_bytes == 0 ? spec.access_bytes : request_bytes;
  }
  // Of all channels.
  [[nodiscard]] std::int64_t capacity(const dram::Spec& spec) const {
    return channels * spec.capacity_bytes();
  }
};

}  // namespace orrery::memory::trace
