// SPDX-License-Identifier: Apache-2.0
#include "engine/pim_engine.h"

#include <utility>

#include "base/error.h"
#include "hardware/pim_memory.h"

namespace orrery::engine {

PimEngine::PimEngine(EngineContext context, const hardware::PimConfig& config,
                     std::uint32_t initiator, std::vector<PimTarget> targets,
                     std::int64_t peak_macs)
    : Engine(std::move(context)),
      config_(config),
      initiator_(initiator),
      targets_(std::move(targets)),
      peak_macs_(peak_macs) {}

std::optional<Cycle> PimEngine::ready_cycle(Cycle now_cycle) const {
  if (under_way() >= static_cast<std::size_t>(config_.programs)) {
    return std::nullopt;
  }
  return now_cycle;
}

std::optional<Cycle> PimEngine::start(const command::Command& command, Ticket ticket,
                                      Cycle /*cycle*/) {
  const auto& program = std::get<command::PimProgram>(command.body);
  base::require_invariant(program.memory < targets_.size(), "a PIM program names a memory with PIM",
                          context().name);
  const PimTarget& target = targets_[program.memory];
  memory::dram::PimProgram request = hardware::dram_program(program, target.commands);
  request.initiator = initiator_;
  request.layer = command.layer;
  const command::PimTraffic traffic = command::pim_traffic(program, target.memory);
  metrics::EngineLayerAccount& account = layer_account(command.layer);
  account.macs_useful += program.macs_useful;
  account.macs_executed += traffic.macs;
  account.bytes_read += traffic.bytes_in;
  account.bytes_written += traffic.bytes_out;
  account.actions["fabric.byte"] += traffic.bytes_in + traffic.bytes_out;
  account.actions["scratchpad.read_byte"] += traffic.bytes_in;
  account.actions["scratchpad.write_byte"] += traffic.bytes_out;
  target.port->submit_program(static_cast<int>(program.channel), std::move(request), ticket, *this);
  return std::nullopt;
}

}  // namespace orrery::engine
