// SPDX-License-Identifier: Apache-2.0
#include "engine/vector_unit.h"

#include "command/vector_passes.h"

namespace orrery::engine {
namespace {

const char* read_action(const command::Space& space) {
  return space.kind == command::SpaceKind::kAccumulator ? "accumulator.read_byte"
                                                        : "scratchpad.read_byte";
}

const char* write_action(const command::Space& space) {
  return space.kind == command::SpaceKind::kAccumulator ? "accumulator.write_byte"
                                                        : "scratchpad.write_byte";
}

}  // namespace

VectorUnit::VectorUnit(EngineContext context, const hardware::VectorUnitConfig& config)
    : Engine(std::move(context)), costs_(config.costs()) {}

std::optional<Cycle> VectorUnit::ready_cycle(Cycle /*now_cycle*/) const {
  return free_;
}

std::optional<Cycle> VectorUnit::start(const command::Command& command, Ticket /*ticket*/,
                                       Cycle cycle) {
  const auto& body = std::get<command::VectorCommand>(command.body);
  const timing::VectorTiming timing = timing::vector_timing(
      costs_, body.rows, body.columns, command::vector_passes(body), command::row_lengths(body));
  free_ = cycle + timing.cycles;

  metrics::EngineLayerAccount& account = layer_account(command.layer);
  account.macs_useful += body.macs_useful;
  account.macs_executed += body.macs_useful;
  account.bytes_read += timing.bytes_read;
  account.bytes_written += timing.bytes_written;
  account.actions["vector.operation"] += timing.operations;
  account.actions[read_action(body.source.space)] += timing.bytes_read;
  account.actions[write_action(body.destination.space)] += timing.bytes_written;
  return free_;
}

}  // namespace orrery::engine
