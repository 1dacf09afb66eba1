// SPDX-License-Identifier: Apache-2.0
#include "engine/systolic_array.h"

#include "timing/systolic_timing.h"

namespace orrery::engine {
namespace {

constexpr std::int64_t kPartialSumBytes = 4;  // int32 and fp32 accumulators

std::int64_t bytes_of(numeric::ElementType type, std::int64_t elements) {
  return numeric::row_bytes(type, elements);
}

}  // namespace

SystolicArray::SystolicArray(EngineContext context, const hardware::SystolicArrayConfig& config)
    : Engine(std::move(context)),
      config_(config),
      pipeline_({config.rows, config.columns}, config.convention) {}

std::optional<Cycle> SystolicArray::ready_cycle(Cycle /*now_cycle*/) const {
  return next_issue_;
}

timing::TileTiming SystolicArray::issue(const command::ComputeTile& tile, Cycle cycle) {
  const timing::TileShape shape{tile.m, tile.n, tile.k, tile.groups};
  const timing::OperandBits bits{numeric::bits_per_element(tile.a.type),
                                 numeric::bits_per_element(tile.b.type), 8 * kPartialSumBytes};
  const timing::PortWidths widths{config_.stream_port_bytes, config_.stationary_port_bytes, 0};
  if (tile.dataflow.machine() == timing::Dataflow::Machine::kRowsStay) {
    const timing::RowStationaryTile rows{shape, tile.window};
    return pipeline_.issue(cycle, rows,
                           timing::plan_row_stationary(pipeline_.array(), config_.register_files(),
                                                       rows, bits, widths));
  }
  return pipeline_.issue(
      cycle, tile.dataflow, shape,
      timing::feed_intervals(pipeline_.array(), tile.dataflow, shape, bits, widths));
}

std::optional<Cycle> SystolicArray::start(const command::Command& command, Ticket /*ticket*/,
                                          Cycle cycle) {
  const auto& tile = std::get<command::ComputeTile>(command.body);
  const timing::TileTiming timing = issue(tile, cycle);
  next_issue_ = timing.next_issue;

  const std::int64_t sums_read =
      timing.partial_sums_read + (tile.accumulate ? tile.m * tile.n * tile.groups : 0);
  const auto wider = numeric::code_bits(tile.a.type) >= numeric::code_bits(tile.b.type)
                         ? tile.a.type
                         : tile.b.type;
  metrics::EngineLayerAccount& account = layer_account(command.layer);
  account.macs_useful += tile.macs_useful;
  account.macs_executed += timing.macs_executed;
  const std::int64_t operand_bytes =
      bytes_of(tile.a.type, timing.a_elements_read) + bytes_of(tile.b.type, timing.b_elements_read);
  account.bytes_read += operand_bytes;
  account.bytes_written += timing.partial_sums_written * kPartialSumBytes;
  account.actions["mac." + numeric::name(wider)] += timing.macs_useful;
  // Of a row-stationary PE both operands come from its register files.
  const int register_bits = tile.dataflow.machine() == timing::Dataflow::Machine::kRowsStay
                                ? numeric::code_bits(tile.a.type) + numeric::code_bits(tile.b.type)
                                : numeric::code_bits(wider);
  account.actions["array.register_byte"] +=
      timing.macs_executed * register_bits / 8 + timing.macs_executed * kPartialSumBytes;
  account.actions["scratchpad.read_byte"] += operand_bytes;
  account.actions["accumulator.read_byte"] += sums_read * kPartialSumBytes;
  account.actions["accumulator.write_byte"] += timing.partial_sums_written * kPartialSumBytes;
  return timing.done;
}

}  // namespace orrery::engine
