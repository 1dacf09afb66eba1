// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "memory/dram/pim_program.h"
#include "memory/tier.h"

namespace orrery::memory {

// A tier whose channels execute programs in their banks.
class PimPort {
 public:
  virtual ~PimPort() = default;
  // Requests the program at the current simulated time; the channel takes it when the writes that
  // were requested before it are done, and its programs in the order of their requests. The
  // listener hears when the last result is back; it must outlive that.
  virtual void submit_program(int channel, dram::PimProgram program, std::uint64_t ticket,
                              TransferListener& listener) = 0;
};

}  // namespace orrery::memory
