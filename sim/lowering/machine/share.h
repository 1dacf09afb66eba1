// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "command/command.h"
#include "lowering/machine/machine.h"

namespace orrery::lowering {

// The part of every memory of a machine that one of several streams keeps to, in percent. Borders
// lie at multiples of 256 bytes on the chip and of 1 MiB in a tier (256 bytes in a tier below
// 128 MiB; whole rows of all banks in one that computes), downwards: parts that meet in percent
// meet in bytes.
struct Share {
  std::int64_t from = 0;
  std::int64_t to = 100;

  // Bytes [begin, end) of a memory.
  struct Part {
    std::int64_t begin = 0;
    std::int64_t end = 0;
    [[nodiscard]] std::int64_t bytes() const { return end - begin; }
  };
  [[nodiscard]] Part on_chip(std::int64_t bytes) const;
  [[nodiscard]] Part of(const Machine::Tier& tier) const;
};

// The machine with memories of the sizes of a part: what a stream for the part is planned for.
// Throws base::UserError where the scratchpad has several partitions.
[[nodiscard]] Machine part_of_memories(const Machine& machine, const Share& share);

// A stream that was planned for a part of a machine, moved to where the part lies. Its header says
// what it uses. Before the first command of each of `meetings`, layers in their order, it has a
// rendezvous: 1, 2, ...; those of layers without commands come before the next that has some.
class SharedStream : public command::Source {
 public:
  SharedStream(std::unique_ptr<command::Source> stream, const Machine& machine, const Share& share,
               std::vector<command::LayerIndex> meetings = {});

  [[nodiscard]] const command::StreamHeader& header() const override { return header_; }
  [[nodiscard]] bool next(command::Command& command) override;

 private:
  [[nodiscard]] std::int64_t offset(const command::Space& space) const;
  void move(command::Command& command) const;
  void move(command::View& view) const { view.base += offset(view.space); }
  void meet(command::Command& command);
  [[nodiscard]] command::CommandId renumbered(command::CommandId id) const;

  std::unique_ptr<command::Source> stream_;
  command::StreamHeader header_;
  std::vector<std::int64_t> tier_offsets_;
  std::vector<std::int64_t> row_offsets_;  // by PIM memory
  std::int64_t scratchpad_offset_ = 0;
  std::vector<std::int64_t> accumulator_offsets_;  // by engine
  std::vector<command::LayerIndex> meetings_;
  std::vector<command::CommandId> met_before_;  // numbers, as they were, of the commands behind
  command::Command waiting_;                    // taken, while a rendezvous goes before it
  bool has_waiting_ = false;
  command::CommandId given_ = 0;
};

}  // namespace orrery::lowering
