// SPDX-License-Identifier: Apache-2.0
#include "engine/step_array_engine.h"

namespace orrery::engine {

using timing::kStepSumBytes;

StepArrayEngine::StepArrayEngine(EngineContext context, const hardware::StepArrayConfig& config)
    : Engine(std::move(context)), config_(config), model_(config.model()), array_(model_.shape) {}

std::optional<Cycle> StepArrayEngine::ready_cycle(Cycle /*now_cycle*/) const {
  return next_issue_;
}

std::optional<Cycle> StepArrayEngine::start(const command::Command& command, Ticket /*ticket*/,
                                            Cycle cycle) {
  const auto& tile = std::get<command::ComputeTile>(command.body);
  const timing::TileShape shape{tile.m, tile.n, tile.k, tile.groups};
  const timing::TileTiming timing =
      array_.issue(cycle, shape, model_.costs(shape, tile.a.type, tile.b.type));
  next_issue_ = timing.next_issue;

  const std::int64_t operand_bytes = numeric::row_bytes(tile.a.type, timing.a_elements_read) +
                                     numeric::row_bytes(tile.b.type, timing.b_elements_read);
  const std::int64_t sums = timing.partial_sums_written;
  const auto operations = config_.operations(tile.a.type, tile.b.type, timing.macs_useful);
  metrics::EngineLayerAccount& account = layer_account(command.layer);
  account.macs_useful += tile.macs_useful;
  account.macs_executed += timing.macs_executed;
  account.bytes_read += operand_bytes;
  account.bytes_written += sums * kStepSumBytes;
  account.actions[operations.action] += operations.count;
  if (config_.registers_apart()) {
    // Operands that are fetched into registers, and sums that each step adds to.
    const timing::StepShape& step = model_.shape.step;
    account.actions["array.register_byte"] +=
        operand_bytes + timing.folds * step.m * step.n * kStepSumBytes;
  }
  account.actions["scratchpad.read_byte"] += operand_bytes;
  account.actions["accumulator.read_byte"] += tile.accumulate ? sums * kStepSumBytes : 0;
  account.actions["accumulator.write_byte"] += sums * kStepSumBytes;
  return timing.done;
}

}  // namespace orrery::engine
