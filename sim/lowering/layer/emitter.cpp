// SPDX-License-Identifier: Apache-2.0
#include "lowering/layer/emitter.h"

#include <algorithm>
#include <utility>

#include "command/view.h"

namespace orrery::lowering {
namespace {

using command::Interval;
using command::Move;

constexpr std::size_t kDimensions = 3;

command::EngineIndex of_lane(const std::vector<command::EngineIndex>& engines, std::int64_t lane) {
  return engines[static_cast<std::size_t>(lane) % engines.size()];
}

// Bytes of the scratchpad that a program reads and writes, from the first to the last.
struct PimTouches {
  Interval source;
  Interval destination;
};

Interval touched_end(const command::PimProgram::End& end, std::int64_t repetitions,
                     std::int64_t steps, std::int64_t bytes) {
  if (steps == 0) {
    return {};
  }
  return {end.address,
          end.address + (repetitions - 1) * end.stride[0] + (steps - 1) * end.stride[1] + bytes};
}

PimTouches touched_bytes(const command::PimProgram& program, const command::PimMemory& memory) {
  std::int64_t loads = 0;
  std::int64_t reads = 0;
  std::int64_t load_bytes = 0;
  std::int64_t read_bytes = 0;
  for (const command::PimStep& step : program.steps) {
    const command::PimCommand& command = memory.commands.at(step.command);
    if (command.operation == command::PimOperation::kLoad) {
      ++loads;
      load_bytes = std::max(load_bytes, command.bytes * step.count);
    } else if (command.operation == command::PimOperation::kRead ||
               command.operation == command::PimOperation::kDotRead) {
      ++reads;
      read_bytes = std::max(read_bytes, command.bytes);
    }
  }
  return {touched_end(program.source, program.repetitions, loads, load_bytes),
          touched_end(program.destination, program.repetitions, reads, read_bytes)};
}

}  // namespace

void collapse(Move& move) {
  struct Dimension {
    std::int64_t count;
    std::int64_t source;
    std::int64_t destination;
  };
  std::vector<Dimension> kept;  // innermost first
  for (std::size_t i = kDimensions; i-- > 0;) {
    const Dimension next{move.count[i], move.source.stride[i], move.destination.stride[i]};
    if (next.count == 1) {
      continue;
    }
    if (kept.empty() && next.source == move.row_bytes && next.destination == move.row_bytes) {
      move.row_bytes *= next.count;
      continue;
    }
    if (!kept.empty() && next.source == kept.back().source * kept.back().count &&
        next.destination == kept.back().destination * kept.back().count) {
      kept.back().count *= next.count;
      continue;
    }
    kept.push_back(next);
  }
  for (std::size_t i = 0; i < kDimensions; ++i) {
    const Dimension dimension = i < kept.size() ? kept[i] : Dimension{1, 0, 0};
    const std::size_t place = kDimensions - 1 - i;
    move.count[place] = dimension.count;
    move.source.stride[place] = dimension.source;
    move.destination.stride[place] = dimension.destination;
  }
}

Emitter::Emitter(const Machine& machine, const std::vector<Placement>& placements)
    : machine_(&machine),
      placements_(placements),
      turns_(static_cast<std::size_t>(machine.partitions)),
      accumulators_(machine.engines.size()),
      waited_(machine.engines.size(), std::vector<command::CommandId>(machine.engines.size(), 0)) {}

void Emitter::begin_layer(command::LayerIndex layer, const Machine& machine) {
  layer_ = layer;
  machine_ = &machine;
  work_for(0, 1);
  last_in_turn_ = {};
  loads_ = {};
  computation_after_ = {};
  for (auto& [tensor, state] : tensors_) {
    if (placements_[static_cast<std::size_t>(tensor)].last_layer < layer) {
      state.retire();
      rows_.erase(tensor);
    }
  }
}

void Emitter::work_for(std::int64_t partition, std::int64_t workers) {
  partition_ = partition;
  workers_ = workers;
}

void Emitter::place(command::View& view) const {
  if (view.space.kind == command::SpaceKind::kScratchpad) {
    view.base += partition_begin();
  }
}

command::Space Emitter::accumulators(std::size_t array) const {
  return {command::SpaceKind::kAccumulator, here(machine_->arrays.at(array).engine)};
}

IntervalHazards& Emitter::hazards(const command::Space& space) {
  base::require_invariant(space.kind != command::SpaceKind::kTier, "views lie on the chip");
  return space.kind == command::SpaceKind::kScratchpad ? scratchpad_
                                                       : accumulators_.at(space.index);
}

// Null for a tensor that nobody writes and whose memory nobody writes later.
TensorHazards* Emitter::tensor_hazards(workload::TensorId tensor, bool is_written) {
  const auto found = tensors_.find(tensor);
  if (found != tensors_.end()) {
    return &found->second;
  }
  if (!is_written) {
    return nullptr;
  }
  const Placement& placement = placements_.at(static_cast<std::size_t>(tensor));
  Marks blockers;
  for (const workload::TensorId earlier : placement.replaces) {
    const auto users = tensors_.find(earlier);
    if (users != tensors_.end()) {
      blockers.add(users->second.users());
    }
  }
  return &tensors_.emplace(tensor, TensorHazards(placement.bytes, blockers)).first->second;
}

command::Dependency Emitter::next_mark(command::EngineIndex engine) const {
  return {engine, last_id_ + 1};
}

workload::TensorId Emitter::shown(workload::TensorId tensor) const {
  const workload::TensorId base = placements_.at(static_cast<std::size_t>(tensor)).base;
  return base == workload::kNoTensor ? tensor : base;
}

command::EngineIndex Emitter::next_load_engine(workload::TensorId tensor) {
  const bool ahead = !machine_->weight_engines.empty() && !tensors_.contains(shown(tensor));
  const auto& engines = ahead ? machine_->weight_engines : machine_->load_engines;
  return here(engines[(ahead ? turns().weight : turns().load)++ % engines.size()]);
}

void Emitter::load(const TensorMove& tensor_move) {
  move(tensor_move, true, next_load_engine(tensor_move.tensor));
}

void Emitter::load_in_turn(const TensorMove& tensor_move) {
  const command::EngineIndex engine = next_load_engine(tensor_move.tensor);
  const Marks after = std::exchange(last_in_turn_, {});
  last_in_turn_.add(next_mark(engine));
  move(tensor_move, true, engine, after);
}

void Emitter::load_after(const TensorMove& tensor_move, workload::TensorId tensor) {
  const auto& engines = machine_->load_engines;  // it waits for another tensor in any case
  const command::EngineIndex engine = here(engines[turns().load++ % engines.size()]);
  Marks after;
  if (TensorHazards* hazards = tensor_hazards(shown(tensor), false)) {
    const Placement& placement = placements_.at(static_cast<std::size_t>(tensor));
    hazards->read({0, placement.bytes}, next_mark(engine), after);
  }
  move(tensor_move, true, engine, std::move(after));
}

void Emitter::store(const TensorMove& tensor_move) {
  const auto& engines = machine_->store_engines;
  move(tensor_move, false, here(engines[turns().store++ % engines.size()]));
}

void Emitter::move(const TensorMove& tensor_move, bool is_load, command::EngineIndex engine,
                   Marks after, const Interval* rows) {
  const Placement& placement = placements_.at(static_cast<std::size_t>(tensor_move.tensor));
  base::require_invariant(placement.placed, "tensors that move lie in a tier");
  const Move::End tier{{command::SpaceKind::kTier, placement.tier},
                       placement.address + tensor_move.tensor_offset,
                       tensor_move.tensor_stride};
  const Move::End buffer{scratchpad(), partition_begin() + tensor_move.buffer,
                         tensor_move.buffer_stride};
  Move body{is_load ? tier : buffer, is_load ? buffer : tier, tensor_move.count,
            tensor_move.row_bytes};
  collapse(body);

  const command::Dependency mark = next_mark(engine);
  Interval in_tier = command::touched_bytes(is_load ? body.source : body.destination, body);
  in_tier = {in_tier.begin - placement.address, in_tier.end - placement.address};
  base::require_invariant(in_tier.begin >= 0 && in_tier.end <= placement.bytes,
                          "moves stay inside their tensor");
  const Interval in_buffer = command::touched_bytes(is_load ? body.destination : body.source, body);
  const workload::TensorId base = shown(tensor_move.tensor);
  if (rows != nullptr) {
    tensor_hazards(base, true)->use(mark, after);
    is_load ? rows_[base].read(*rows, mark, after) : rows_[base].write(*rows, mark, after);
  } else if (TensorHazards* tensor = tensor_hazards(base, !is_load)) {
    is_load ? tensor->read(in_tier, mark, after) : tensor->write(in_tier, mark, after);
  }
  is_load ? scratchpad_.write(in_buffer, mark, after) : scratchpad_.read(in_buffer, mark, after);
  if (is_load) {
    loads_.add(mark);
  }
  emit(engine, after, std::move(body));
}

void Emitter::load_on(std::int64_t lane, const TensorMove& tensor_move) {
  move(tensor_move, true, here(of_lane(machine_->load_engines, lane)));
}

void Emitter::store_on(std::int64_t lane, const TensorMove& tensor_move) {
  move(tensor_move, false, here(of_lane(machine_->store_engines, lane)));
}

void Emitter::load_rows(std::int64_t lane, const TensorMove& tensor_move, const Interval& rows) {
  move(tensor_move, true, of_lane(machine_->load_engines, lane), {}, &rows);
}

void Emitter::store_rows(std::int64_t lane, const TensorMove& tensor_move, const Interval& rows) {
  move(tensor_move, false, of_lane(machine_->store_engines, lane), {}, &rows);
}

const command::PimMemory& Emitter::pim_memory(std::uint16_t index) const {
  for (const Machine::Tier& tier : machine_->tiers) {
    if (tier.pim && index-- == 0) {
      return *tier.pim;
    }
  }
  throw base::InternalError("a program names a PIM memory of the machine", "lowering");
}

void Emitter::pim(command::PimProgram program, const std::vector<BankRows>& reads) {
  const auto& engines = machine_->pim_engines;
  const command::EngineIndex engine =
      engines.at(static_cast<std::size_t>(program.channel) % engines.size());
  const command::Dependency mark = next_mark(engine);
  Marks after;
  const PimTouches touched = touched_bytes(program, pim_memory(program.memory));
  scratchpad_.write(touched.destination, mark, after);
  scratchpad_.read(touched.source, mark, after);
  for (const BankRows& read : reads) {
    tensor_hazards(read.tensor, true)->use(mark, after);
    rows_[read.tensor].read(read.rows, mark, after);
  }
  emit(engine, after, std::move(program));
}

void Emitter::compute(std::size_t array, command::ComputeTile tile) {
  const command::EngineIndex engine = here(machine_->arrays.at(array).engine);
  place(tile.a);
  place(tile.b);
  place(tile.c);
  timing::ConvolutionWindow& window = tile.window;
  if (tile.dataflow.machine() == timing::Dataflow::Machine::kRowsStay &&
      window.images * window.output_rows * window.output_columns != tile.m) {
    window.output_columns = tile.m;
  }
  const command::Dependency mark = next_mark(engine);
  Marks after = computation_after_;
  hazards(tile.a.space).read(command::touched_bytes(tile.a), mark, after);
  hazards(tile.b.space).read(command::touched_bytes(tile.b), mark, after);
  hazards(tile.c.space).write(command::touched_bytes(tile.c), mark, after);
  // An array adds to its own accumulators in order: it never waits for itself.
  waited_[engine][engine] = last_id_;
  emit(engine, after, std::move(tile));
}

void Emitter::vector(std::size_t unit, command::VectorCommand command) {
  const command::EngineIndex engine = here(machine_->vector_units.at(unit).engine);
  place(command.source);
  place(command.destination);
  const command::Dependency mark = next_mark(engine);
  Marks after;
  // Written before read: in place, the command would else find itself among the readers.
  hazards(command.destination.space)
      .write(command::touched_bytes(command.destination), mark, after);
  hazards(command.source.space).read(command::touched_bytes(command.source), mark, after);
  for (command::VectorStage& stage : command.stages) {
    if (!stage.operand.row.empty()) {
      place(stage.operand);
      hazards(stage.operand.space).read(command::touched_bytes(stage.operand), mark, after);
    }
  }
  emit(engine, after, std::move(command));
}

void Emitter::emit(command::EngineIndex engine, const Marks& after,
                   decltype(command::Command::body) body) {
  command::Command& command = held_.emplace_back();
  command.id = ++last_id_;
  command.engine = engine;
  command.layer = layer_;
  for (const command::Dependency& dependency : after) {
    command::CommandId& waited = waited_[engine][dependency.engine];
    if (dependency.id > waited) {
      waited = dependency.id;
      command.after.push_back(dependency);
    }
  }
  command.body = std::move(body);
}

bool Emitter::take(command::Command& command) {
  if (held_.empty()) {
    return false;
  }
  command = std::move(held_.front());
  held_.pop_front();
  return true;
}

}  // namespace orrery::lowering
