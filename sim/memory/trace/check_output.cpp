// SPDX-License-Identifier: Apache-2.0
#include "memory/trace/check_output.h"

#include "memory/checker/channel_recorder.h"

namespace orrery::memory::trace {

std::unique_ptr<dram::ChannelObserver> CheckOutput::observe(int channel) {
  return std::make_unique<checker::ChannelRecorder>(static_cast<std::uint32_t>(channel), checker_);
}

}  // namespace orrery::memory::trace
