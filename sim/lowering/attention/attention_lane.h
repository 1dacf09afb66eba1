// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "base/generator.h"
#include "command/command.h"
#include "lowering/attention/attention_problem.h"
#include "lowering/layer/emitter.h"
#include "lowering/layer/slot_ring.h"

namespace orrery::lowering {

// Buffers that tiles of keys (or of values) take in turn, head after head. Tiles are counted from
// key 0 of each head, so that row blocks which see parts of the same tile find it in the same
// place; the row blocks of a head follow on each other.
class AttentionTiles {
 public:
  AttentionTiles(const AttentionProblem& problem, const AttentionOperand& operand,
                 std::int64_t keys, std::int64_t slots, std::int64_t base)
      : problem_(problem),
        operand_(operand),
        keys_(keys),
        ring_(base, aligned_buffer(keys * operand.head_bytes), slots) {}

  // What the block sees of a tile.
  [[nodiscard]] workload::Attention::Keys part(const AttentionBlock& block,
                                               std::int64_t tile) const;
  // Loads that part unless it is there. Returns the address of its first key.
  std::int64_t load(Emitter& emitter, const AttentionBlock& block, std::int64_t tile);

 private:
  const AttentionProblem& problem_;
  const AttentionOperand& operand_;
  std::int64_t keys_;
  SlotRing ring_;
  std::int64_t head_ = -1;       // of all sequences, the one at hand
  std::int64_t first_tile_ = 0;  // its number in the lane's count
  std::int64_t next_tile_ = 0;   // that of the next head
};

// What the lanes of all forms of attention have in common: an array and its vector units.
class AttentionLane {
 public:
  AttentionLane(const AttentionProblem& problem, const Machine& machine, Emitter& emitter,
                std::int64_t lane, std::int64_t lanes)
      : problem_(problem),
        machine_(machine),
        emitter_(emitter),
        lane_(static_cast<std::size_t>(lane)),
        lanes_(static_cast<std::size_t>(lanes)) {}

  [[nodiscard]] Emitter& emitter() { return emitter_; }

  // On the units of this lane in turn: lane, lane + lanes, ...
  void vector(const command::VectorCommand& command);

  // A store waits until the next loads have been given.
  void defer_store(const TensorMove& store) { deferred_ = store; }
  void flush_stores();

  // sums = q * keys^T of a part; keys lie one after the other. Returns the view of the sums.
  command::View logits(const AttentionBlock& block, workload::Attention::Keys part,
                       std::int64_t query_address, std::int64_t key_address,
                       std::int64_t sums_address);
  // sums (+)= weights * values of a part.
  void values(const AttentionBlock& block, workload::Attention::Keys part, command::View weights,
              std::int64_t value_address, command::View sums, bool accumulate);
  // The block's result from its sums, through a buffer, to memory.
  void write_out(const AttentionBlock& block, command::View sums, std::int64_t buffer);
  // Sums of a product whose left operand has that type, in this lane's accumulators.
  [[nodiscard]] command::View sums(numeric::ElementType type, std::int64_t address,
                                   std::int64_t rows, std::int64_t columns) const;

 private:
  const AttentionProblem& problem_;
  const Machine& machine_;
  Emitter& emitter_;
  std::size_t lane_;
  std::size_t lanes_;
  std::size_t next_unit_ = 0;
  std::optional<TensorMove> deferred_;
};

// A step of each lane in turn, so that their commands reach the arrays side by side.
[[nodiscard]] base::Generator<Step> lanes_in_turn(
    std::int64_t lanes, std::function<base::Generator<Step>(std::int64_t lane)> steps_of);

// logits * scale from the accumulators to where they are wanted.
[[nodiscard]] command::VectorCommand scale_logits(const AttentionProblem& problem,
                                                  command::View sums, command::View destination,
                                                  std::int64_t rows, std::int64_t columns);

}  // namespace orrery::lowering
