// SPDX-License-Identifier: Apache-2.0
#include "platform/stream_audit.h"

#include <algorithm>

#include "command/vector_passes.h"
#include "command/view.h"
#include "hardware/dma_config.h"
#include "hardware/pim_memory.h"
#include "hardware/step_array_config.h"
#include "hardware/systolic_array_config.h"

namespace orrery::platform {
namespace {

constexpr std::int64_t kPartialSumBytes = 4;

std::int64_t folds(std::int64_t size, std::int64_t edge) {
  return (size + edge - 1) / edge;
}

// How often a tile's operands are read from the scratchpad and its sums written to the
// accumulators: once for every fold over the dimensions that they do not have. Groups that share a
// fold have one fold each in every dimension, so that packing changes none of this.
std::int64_t reuse(const command::ComputeTile& tile, const hardware::SystolicArrayConfig& array,
                   timing::Dimension lacking) {
  using timing::Dimension;
  const std::int64_t extent = lacking == Dimension::kM   ? tile.m
                              : lacking == Dimension::kN ? tile.n
                                                         : tile.k;
  if (tile.dataflow.rows() == lacking) {
    return folds(extent, array.rows);
  }
  return tile.dataflow.columns() == lacking ? folds(extent, array.columns) : 1;
}

// Input rows and columns once for each pass that needs them, filters for each pass that holds them,
// sums for each pass over other channels or taps.
timing::TileTiming row_stationary_counts(const command::ComputeTile& tile,
                                         const hardware::SystolicArrayConfig& array) {
  const timing::ArrayShape shape{array.rows, array.columns};
  const timing::RowStationaryTile rows{{tile.m, tile.n, tile.k, tile.groups}, tile.window};
  const timing::RowStationaryPlan plan =
      timing::plan_row_stationary(shape, array.register_files(), rows,
                                  {numeric::bits_per_element(tile.a.type),
                                   numeric::bits_per_element(tile.b.type), 8 * kPartialSumBytes},
                                  {array.stream_port_bytes, array.stationary_port_bytes, 0});
  timing::TileTiming counts;
  timing::count_row_stationary_actions(shape, rows, plan, counts);
  return counts;
}

// Every block of one side of the products reads the other operand again, the side of the moving one
// as often as its blocks have no sums of their own; sums are written once.
std::int64_t step_bytes_read(const command::ComputeTile& tile,
                             const hardware::StepArrayConfig& array) {
  std::int64_t a_reads = folds(tile.n, array.n * array.arrays_n);
  std::int64_t b_reads = folds(tile.m, array.m * array.arrays_m);
  std::int64_t& held_reads = array.held == timing::HeldOperand::kA ? a_reads : b_reads;
  held_reads = folds(held_reads, array.sum_blocks);
  return numeric::row_bytes(tile.a.type, tile.groups * tile.m * tile.k * a_reads) +
         numeric::row_bytes(tile.b.type, tile.groups * tile.k * tile.n * b_reads);
}

}  // namespace

StreamAudit::StreamAudit(const hardware::PlatformConfig& platform)
    : instances_(platform.instances()),
      engines_(instances_.size()),
      tiers_(platform.memory.size()),
      pim_memories_(hardware::pim_memories_of(platform)) {}

void StreamAudit::add(const command::Command& command) {
  if (command::is_for_sequencer(command)) {
    return;
  }
  Engine& engine = engines_[command.engine];
  ++engine.commands;
  if (const auto* move = std::get_if<command::Move>(&command.body)) {
    add_move(*move, command.engine, engine);
  } else if (const auto* tile = std::get_if<command::ComputeTile>(&command.body)) {
    add_tile(*tile, command.engine, engine);
  } else if (const auto* vector = std::get_if<command::VectorCommand>(&command.body)) {
    add_vector(*vector, engine);
  } else if (const auto* program = std::get_if<command::PimProgram>(&command.body)) {
    add_pim(*program, engine);
  }
}

void StreamAudit::add_move(const command::Move& move, command::EngineIndex index, Engine& engine) {
  using command::SpaceKind;
  std::int64_t rows = move.count[0] * move.count[1] * move.count[2];
  if (move.source.space.kind == SpaceKind::kTier &&
      move.destination.space.kind == SpaceKind::kTier) {
    // Copied in pieces: a row is cut at the multiples of the piece size that lie in it.
    const auto* dma = dynamic_cast<const hardware::DmaConfig*>(instances_[index].config.get());
    base::require_invariant(dma != nullptr, "moves are sent to DMA engines",
                            instances_[index].name);
    rows *= 1 + folds(move.row_bytes, dma->copy_piece.value);
  }
  engine.bytes_read += move.bytes();
  engine.bytes_written += move.bytes();
  if (move.source.space.kind == SpaceKind::kTier) {
    Tier& tier = tiers_[move.source.space.index];
    tier.bytes_read += move.bytes();
    tier.rows_read += rows;
    tier.end_address = std::max(tier.end_address, command::touched_bytes(move.source, move).end);
  }
  if (move.destination.space.kind == SpaceKind::kTier) {
    Tier& tier = tiers_[move.destination.space.index];
    tier.bytes_written += move.bytes();
    tier.rows_written += rows;
    tier.end_address =
        std::max(tier.end_address, command::touched_bytes(move.destination, move).end);
  }
}

void StreamAudit::add_tile(const command::ComputeTile& tile, command::EngineIndex index,
                           Engine& engine) {
  const hardware::EngineConfig* const config = instances_[index].config.get();
  if (const auto* steps = dynamic_cast<const hardware::StepArrayConfig*>(config)) {
    engine.bytes_read += step_bytes_read(tile, *steps);
    engine.bytes_written += tile.groups * tile.m * tile.n * kPartialSumBytes;
    return;
  }
  const auto* array = dynamic_cast<const hardware::SystolicArrayConfig*>(config);
  base::require_invariant(array != nullptr, "tiles are sent to arrays", instances_[index].name);
  if (tile.dataflow.machine() == timing::Dataflow::Machine::kRowsStay) {
    const timing::TileTiming counts = row_stationary_counts(tile, *array);
    engine.bytes_read += numeric::row_bytes(tile.a.type, counts.a_elements_read) +
                         numeric::row_bytes(tile.b.type, counts.b_elements_read);
    engine.bytes_written += counts.partial_sums_written * kPartialSumBytes;
    return;
  }
  using timing::Dimension;
  const std::int64_t groups = tile.groups;
  engine.bytes_read += numeric::row_bytes(tile.a.type, groups * tile.m * tile.k *
                                                           reuse(tile, *array, Dimension::kN)) +
                       numeric::row_bytes(tile.b.type, groups * tile.k * tile.n *
                                                           reuse(tile, *array, Dimension::kM));
  engine.bytes_written +=
      groups * tile.m * tile.n * reuse(tile, *array, Dimension::kK) * kPartialSumBytes;
}

void StreamAudit::add_vector(const command::VectorCommand& command, Engine& engine) {
  for (const timing::PassWork& pass : command::vector_passes(command)) {
    engine.bytes_read += pass.bytes_read;
    engine.bytes_written += pass.bytes_written;
  }
}

void StreamAudit::add_pim(const command::PimProgram& program, Engine& engine) {
  const command::PimMemory& memory = pim_memories_[program.memory];
  const command::PimTraffic traffic = command::pim_traffic(program, memory);
  engine.bytes_read += traffic.bytes_in;
  engine.bytes_written += traffic.bytes_out;
  tiers_[memory.tier].pim_bytes_in += traffic.bytes_in;
  tiers_[memory.tier].pim_bytes_out += traffic.bytes_out;
}

}  // namespace orrery::platform
