// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "timing/systolic_types.h"

namespace orrery::timing {

// Elements that one step multiplies: m x k of A by k x n of B; each at least 1.
struct StepShape {
  std::int64_t m = 1;
  std::int64_t n = 1;
  std::int64_t k = 1;
  bool operator==(const StepShape&) const = default;
};

// The operand of which a block stays in its register while blocks of the other pass by.
enum class HeldOperand : std::uint8_t { kA, kB };

inline constexpr std::array<std::pair<HeldOperand, std::string_view>, 2> kHeldOperandNames = {{
    {HeldOperand::kA, "a"},
    {HeldOperand::kB, "b"},
}};

// docs/components/step_array.md
struct StepArrayShape {
  StepShape step;  // of the whole array, copies side by side included
  HeldOperand held = HeldOperand::kA;
  std::int64_t sum_blocks = 1;  // step.m x step.n sums each: steps that a held block serves
  Cycle latency = 0;            // from the end of a step until its products stand in the sums
  bool operator==(const StepArrayShape&) const = default;
};

// Cycles of a step of a tile, the same for all its steps.
struct StepCosts {
  Cycle compute = 1;         // of the multipliers
  Cycle a = 1;               // of A's port for a block
  Cycle b = 1;               // of B's
  Cycle result = 1;          // of the result port for a block of sums
  std::int64_t group = 0;    // elements of k that share a scale, a multiple of step.k; 0: all
  Cycle dequantization = 0;  // of a block of sums at the end of a group
};

// Cycles in which a port of `width` bytes a cycle moves so many bits, at least 1; 0 is a port as
// wide as it takes.
[[nodiscard]] Cycle port_cycles(std::int64_t bits, std::int64_t width);

// groups ceil(m / M) ceil(n / N) ceil(k / K). InternalError where a size is below 1 or the count is
// above 2^62.
[[nodiscard]] std::int64_t step_count(const StepShape& step, const TileShape& tile);

// Cycles by which a tile delays the next one of its size, as an upper bound that is reached where
// compute and the output stage limit. Errors as above.
[[nodiscard]] Cycle step_array_period(const StepArrayShape& array, const TileShape& tile,
                                      const StepCosts& costs);

// The ports, sums and output stage of one array between successive tiles.
class StepArray {
 public:
  // InternalError where a size is below 1 or the latency negative.
  explicit StepArray(const StepArrayShape& shape);

  // Appends a tile, in order, as early as the registers allow; no port fetches for it before cycle
  // `earliest`. The cost is a constant number of groups, whatever the size of the tile (plus as
  // many until the output stage finds its rhythm). InternalError where a size or cost is out of its
  // range, or a count or the time above 2^62.
  TileTiming issue(Cycle earliest, const TileShape& tile, const StepCosts& costs);

  [[nodiscard]] const StepArrayShape& shape() const { return shape_; }

 private:
  // The first cycles in which ...
  struct State {
    Cycle held_free = 0;    // the held operand's shadow register is free
    Cycle moving_free = 0;  // the other's
    Cycle unit_free = 0;    // the multipliers are
    Cycle sums_free = 0;    // a step of a new group may begin
    Cycle output_free = 0;  // the output stage is free
    bool operator==(const State&) const = default;
  };

  void group(std::int64_t width, std::int64_t blocks, bool ends_pass);
  void pass(std::int64_t width);
  void product();
  template <class Body>
  void repeat(std::int64_t count, Body body);
  void shift(Cycle cycles);
  // The state without its time.
  [[nodiscard]] State rhythm() const;

  StepArrayShape shape_;
  State state_;
  Cycle busy_until_ = 0;  // latest done of all tiles

  // The tile at hand.
  StepCosts costs_;
  TileShape tile_;
  Cycle held_cycles_ = 1;    // of the held operand's port for a block
  Cycle moving_cycles_ = 1;  // of the other's
  Cycle held_fetch_ = 0;     // the last fetch of a held block begins
  Cycle moving_fetch_ = 0;   // the same for the other operand
};

}  // namespace orrery::timing
