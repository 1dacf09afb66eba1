// SPDX-License-Identifier: Apache-2.0
#include "lowering/machine/share.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "command/vector_kinds.h"

namespace orrery::lowering {
namespace {

using command::Command;
using command::SpaceKind;

constexpr std::int64_t kChipAlignment = 256;
constexpr std::int64_t kTierAlignment = 1 << 20;

std::int64_t border(std::int64_t bytes, std::int64_t percent, std::int64_t alignment) {
  if (percent == 100) {
    return bytes;
  }
  const auto part = static_cast<std::int64_t>(static_cast<__int128>(bytes) * percent / 100);
  return part / alignment * alignment;
}

std::int64_t alignment_of(const Machine::Tier& tier) {
  if (tier.pim && tier.pim->row.size() == 1) {
    return tier.pim->row.front().stride;
  }
  return tier.capacity >= 128 * kTierAlignment ? kTierAlignment : kChipAlignment;
}

void require_one_partition(const Machine& machine) {
  if (machine.partitions > 1) {
    base::Diagnostics diagnostics;
    diagnostics.add({{},
                     "platform.scratchpad.partitions",
                     "streams cannot share a scratchpad of several partitions",
                     "1 where several streams are made: sub-batches, parts",
                     ""});
    diagnostics.throw_if_any();
  }
}

}  // namespace

Share::Part Share::on_chip(std::int64_t bytes) const {
  return {border(bytes, from, kChipAlignment), border(bytes, to, kChipAlignment)};
}

Share::Part Share::of(const Machine::Tier& tier) const {
  const std::int64_t alignment = alignment_of(tier);
  return {border(tier.capacity, from, alignment), border(tier.capacity, to, alignment)};
}

Machine part_of_memories(const Machine& machine, const Share& share) {
  if (share.to - share.from < 100) {
    require_one_partition(machine);
  }
  Machine part = machine;
  part.scratchpad_bytes = share.on_chip(machine.scratchpad_bytes).bytes();
  for (auto* arrays : {&part.arrays, &part.other_arrays}) {
    for (Machine::Array& array : *arrays) {
      array.accumulator_bytes = share.on_chip(array.accumulator_bytes).bytes();
    }
  }
  for (Machine::Tier& tier : part.tiers) {
    const std::int64_t bytes = share.of(tier).bytes();
    if (tier.pim && tier.pim->row.size() == 1) {
      command::PimMemory rows = *tier.pim;
      rows.row.front().extent = bytes / rows.row.front().stride;
      tier.pim = std::make_shared<const command::PimMemory>(std::move(rows));
    }
    tier.capacity = bytes;
  }
  return part;
}

SharedStream::SharedStream(std::unique_ptr<command::Source> stream, const Machine& machine,
                           const Share& share, std::vector<command::LayerIndex> meetings)
    : stream_(std::move(stream)),
      header_(stream_->header()),
      accumulator_offsets_(machine.engines.size(), 0),
      meetings_(std::move(meetings)) {
  require_one_partition(machine);
  const auto use = [&](SpaceKind kind, std::size_t index, const Share::Part& part) {
    const command::UsedRange range{{kind, static_cast<std::uint16_t>(index)}, part.begin, part.end};
    // A part without bytes is not used.
    if (range.begin < range.end) {
      header_.uses.push_back(range);
    }
    return range.begin;
  };
  scratchpad_offset_ = use(SpaceKind::kScratchpad, 0, share.on_chip(machine.scratchpad_bytes));
  for (const auto* arrays : {&machine.arrays, &machine.other_arrays}) {
    for (const Machine::Array& array : *arrays) {
      accumulator_offsets_[array.engine] =
          use(SpaceKind::kAccumulator, array.engine, share.on_chip(array.accumulator_bytes));
    }
  }
  for (std::size_t i = 0; i < machine.tiers.size(); ++i) {
    tier_offsets_.push_back(use(SpaceKind::kTier, i, share.of(machine.tiers[i])));
  }
  for (command::PimMemory& memory : header_.pim_memories) {
    memory = *machine.tiers[memory.tier].pim;
    row_offsets_.push_back(
        memory.row.size() == 1 ? tier_offsets_[memory.tier] / memory.row.front().stride : 0);
  }
  for (std::size_t i = 0; i < meetings_.size(); ++i) {
    header_.rendezvous.push_back(i + 1);
  }
}

std::int64_t SharedStream::offset(const command::Space& space) const {
  switch (space.kind) {
    case SpaceKind::kTier:
      return tier_offsets_[space.index];
    case SpaceKind::kScratchpad:
      return scratchpad_offset_;
    case SpaceKind::kAccumulator:
      return accumulator_offsets_[space.index];
  }
  return 0;
}

void SharedStream::move(Command& command) const {
  if (auto* move_body = std::get_if<command::Move>(&command.body)) {
    for (command::Move::End* end : {&move_body->source, &move_body->destination}) {
      end->address += offset(end->space);
    }
  } else if (auto* tile = std::get_if<command::ComputeTile>(&command.body)) {
    for (command::View* view : {&tile->a, &tile->b, &tile->c}) {
      move(*view);
    }
  } else if (auto* vector = std::get_if<command::VectorCommand>(&command.body)) {
    move(vector->source);
    for (command::VectorStage& stage : vector->stages) {
      if (command::takes_operand(stage.kind)) {
        move(stage.operand);
      }
    }
    move(vector->destination);
  } else if (auto* program = std::get_if<command::PimProgram>(&command.body)) {
    program->source.address += scratchpad_offset_;
    program->destination.address += scratchpad_offset_;
    for (command::PimStep& step : program->steps) {
      step.row += row_offsets_[program->memory];
    }
  }
}

command::CommandId SharedStream::renumbered(command::CommandId id) const {
  return id +
         static_cast<command::CommandId>(
             std::upper_bound(met_before_.begin(), met_before_.end(), id) - met_before_.begin());
}

void SharedStream::meet(Command& command) {
  command = Command{};
  command.id = ++given_;
  command.layer =
      has_waiting_ ? waiting_.layer : static_cast<command::LayerIndex>(header_.layers.size() - 1);
  met_before_.push_back(has_waiting_ ? waiting_.id : UINT64_MAX);
  command.body = command::Rendezvous{met_before_.size()};
}

bool SharedStream::next(Command& command) {
  if (!has_waiting_) {
    has_waiting_ = stream_->next(waiting_);
  }
  const bool has_meetings = met_before_.size() < meetings_.size();
  if (has_meetings && (!has_waiting_ || waiting_.layer >= meetings_[met_before_.size()])) {
    meet(command);
    return true;
  }
  if (!has_waiting_) {
    return false;
  }
  command = std::move(waiting_);
  has_waiting_ = false;
  command.id = ++given_;
  for (command::Dependency& dependency : command.after) {
    dependency.id = renumbered(dependency.id);
  }
  move(command);
  return true;
}

}  // namespace orrery::lowering
