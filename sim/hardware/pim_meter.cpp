// SPDX-License-Identifier: Apache-2.0
#include "hardware/pim_meter.h"

#include <algorithm>
#include <utility>

#include "hardware/pim_memory.h"
#include "memory/dram/channel.h"

namespace orrery::hardware {
namespace {

class LastCompletion : public memory::dram::CompletionSink {
 public:
  void slice_done(std::uint64_t /*ticket*/, std::uint32_t /*initiator*/,
                  memory::dram::Cycle cycle) override {
    last_ = std::max(last_, cycle);
  }
  [[nodiscard]] memory::dram::Cycle last() const { return last_; }

 private:
  memory::dram::Cycle last_ = 0;
};

}  // namespace

base::Cycle PimMeter::cycles(const std::vector<command::PimProgram>& programs) const {
  constexpr memory::dram::Cycle kStep = 1024;
  constexpr memory::dram::Cycle kMost = 1 << 22;
  memory::dram::ChannelConfig config;
  config.controller = tier_.controller;
  config.controller.refresh_policy = memory::dram::RefreshPolicyKind::kNone;
  LastCompletion sink;
  memory::dram::Channel channel(tier_.dram, config, sink);
  const std::vector<int> commands = pim_command_indices(tier_.dram);
  for (const command::PimProgram& program : programs) {
    channel.submit_pim(dram_program(program, commands), 0);
  }
  while (!channel.idle()) {
    if (channel.horizon() > kMost) {
      return memory::dram::kNeverCycle;
    }
    channel.advance(channel.horizon() + kStep);
  }
  return sink.last();
}

}  // namespace orrery::hardware
