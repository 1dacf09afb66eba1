// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "command/command.h"
#include "lowering/layer/hazard_tracker.h"
#include "lowering/layer/placement.h"
#include "lowering/machine/machine.h"

namespace orrery::lowering {

// A part of a tensor and the buffer in the scratchpad that it travels to or from. Addresses and
// strides in bytes; tensor_offset counts from the tensor's first byte.
struct TensorMove {
  workload::TensorId tensor = workload::kNoTensor;
  std::int64_t tensor_offset = 0;
  std::array<std::int64_t, 3> tensor_stride{};
  std::int64_t buffer = 0;
  std::array<std::int64_t, 3> buffer_stride{};
  std::array<std::int64_t, 3> count{1, 1, 1};
  std::int64_t row_bytes = 0;
};

// Rows of banks of a tensor in a memory that computes, numbered by whoever uses them: rows that can
// be the same have the same number.
struct BankRows {
  workload::TensorId tensor = workload::kNoTensor;
  command::Interval rows;
};

// Numbers the commands of a stream, finds out what each must wait for and holds them until they are
// taken. Commands are given in an order in which they could be executed one after the other.
class Emitter {
 public:
  Emitter(const Machine& machine, const std::vector<Placement>& placements);

  // machine: with the engines that the layer uses; it outlives the layer.
  void begin_layer(command::LayerIndex layer, const Machine& machine);

  // The commands that follow are those of a partition, one of the `workers` first ones that share
  // the layer: engines, accumulators and addresses in the scratchpad are given as those of
  // partition 0.
  void work_for(std::int64_t partition, std::int64_t workers);
  [[nodiscard]] std::int64_t partition() const { return partition_; }
  [[nodiscard]] std::int64_t workers() const { return workers_; }
  // Whether an item (tile, block) of the layer is the present partition's: each worker takes every
  // so manieth.
  [[nodiscard]] bool takes(std::int64_t item) const { return item % workers_ == partition_; }

  // Tier to scratchpad, on the next of the load engines in turn (of those for weights, where the
  // machine has such engines and no command has written the tensor); and back.
  void load(const TensorMove& move);
  // The same on the engine that serves a lane: lane mod engines.
  void load_on(std::int64_t lane, const TensorMove& move);
  // The same, when the layer's last one of this kind has arrived.
  void load_in_turn(const TensorMove& move);
  // The same, when the whole of another tensor is there.
  void load_after(const TensorMove& move, workload::TensorId tensor);
  // What the layer computes from here on waits for all that it has loaded so far.
  void compute_after_loads() { computation_after_ = loads_; }
  void store(const TensorMove& move);
  void store_on(std::int64_t lane, const TensorMove& move);
  // Rows of banks to scratchpad.
  void load_rows(std::int64_t lane, const TensorMove& move, const command::Interval& rows);
  // Scratchpad to rows of banks, which may be written again after they were read.
  void store_rows(std::int64_t lane, const TensorMove& move, const command::Interval& rows);
  // In the channel of the program, on the engine that serves it.
  void pim(command::PimProgram program, const std::vector<BankRows>& reads);
  // On the array (vector unit) of that index in the layer's machine.
  // A row-stationary tile that gives no window is a matrix product.
  void compute(std::size_t array, command::ComputeTile tile);
  void vector(std::size_t unit, command::VectorCommand command);

  // The accumulators of an array.
  [[nodiscard]] command::Space accumulators(std::size_t array) const;
  [[nodiscard]] static command::Space scratchpad() { return {command::SpaceKind::kScratchpad, 0}; }

  // Takes the oldest command that is held; false when there is none.
  [[nodiscard]] bool take(command::Command& command);

 private:
  void move(const TensorMove& move, bool is_load, command::EngineIndex engine, Marks after = {},
            const command::Interval* rows = nullptr);
  // The tensor itself, or the one that it is a view of.
  [[nodiscard]] workload::TensorId shown(workload::TensorId tensor) const;
  [[nodiscard]] command::EngineIndex next_load_engine(workload::TensorId tensor);
  // That of the present partition.
  [[nodiscard]] command::EngineIndex here(command::EngineIndex engine) const {
    return machine_->engine_of(engine, partition_);
  }
  [[nodiscard]] std::int64_t partition_begin() const {
    return partition_ * machine_->partition_bytes;
  }
  void place(command::View& view) const;
  [[nodiscard]] const command::PimMemory& pim_memory(std::uint16_t index) const;
  IntervalHazards& hazards(const command::Space& space);
  TensorHazards* tensor_hazards(workload::TensorId tensor, bool is_written);
  [[nodiscard]] command::Dependency next_mark(command::EngineIndex engine) const;
  void emit(command::EngineIndex engine, const Marks& after, decltype(command::Command::body) body);

  const Machine* machine_;  // of the layer
  const std::vector<Placement>& placements_;
  command::LayerIndex layer_ = 0;
  command::CommandId last_id_ = 0;
  // The DMA engines that are next in turn.
  struct Turns {
    std::size_t load = 0;
    std::size_t weight = 0;
    std::size_t store = 0;
  };
  [[nodiscard]] Turns& turns() { return turns_[static_cast<std::size_t>(partition_)]; }
  std::vector<Turns> turns_;  // by partition
  std::int64_t partition_ = 0;
  std::int64_t workers_ = 1;
  Marks last_in_turn_;       // of load_in_turn()
  Marks loads_;              // of this layer
  Marks computation_after_;  // of compute_after_loads()
  IntervalHazards scratchpad_;
  std::vector<IntervalHazards> accumulators_;            // by engine
  std::map<workload::TensorId, TensorHazards> tensors_;  // written in this stream, or replaced
  std::map<workload::TensorId, IntervalHazards> rows_;   // of banks, by their numbers
  // waited_[e][f]: commands of engine f up to this one are done before engine e starts its next
  // command, because an earlier command of e has waited for it.
  std::vector<std::vector<command::CommandId>> waited_;
  std::deque<command::Command> held_;
};

// Leaves out dimensions of one row and joins dimensions that run on into each other at both ends.
void collapse(command::Move& move);

}  // namespace orrery::lowering
