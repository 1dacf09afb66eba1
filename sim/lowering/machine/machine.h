// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/rational.h"
#include "command/command.h"
#include "command/extents.h"
#include "lowering/machine/pim_costs.h"
#include "timing/dataflow.h"
#include "timing/row_stationary.h"
#include "timing/step_array_model.h"
#include "timing/vector_timing.h"

namespace orrery::hardware {
struct PlatformConfig;
}

namespace orrery::lowering {

// What lowering needs to know of a platform. Where its scratchpad is cut into partitions, engines
// and sizes on the chip are those of partition 0; the others have the same. Cycles are those of the
// clock of the first array (of the first vector unit where there is no array).
struct Machine {
  struct Array {
    // Sizes of m, n and k below which a tile leaves part of the array empty.
    struct Edges {
      std::int64_t m = 1;
      std::int64_t n = 1;
      std::int64_t k = 1;
    };

    command::EngineIndex engine = 0;
    std::int64_t rows = 1;  // of an array that works in steps: m and n of a step
    std::int64_t columns = 1;
    std::int64_t accumulator_bytes = 0;
    std::int64_t stream_port_bytes = 256;      // per cycle, left edge
    std::int64_t stationary_port_bytes = 256;  // per cycle, top edge
    std::vector<timing::Dataflow> dataflows;   // the first is the default
    bool folds_overlap = true;                 // false: cycles are counted as SCALE-Sim counts them
    timing::RegisterFiles registers = {};      // of a PE, for row-stationary tiles
    std::shared_ptr<const timing::StepArrayModel> steps = {};  // null: a systolic array

    [[nodiscard]] Edges edges() const;
    // Of the smallest tiles worth trying: more partitions at work may be worth more than the reuse
    // of a held block.
    [[nodiscard]] Edges least_tile(bool is_shared) const;
    [[nodiscard]] std::int64_t peak_macs() const;  // a cycle
    [[nodiscard]] bool takes(numeric::ElementType a, numeric::ElementType b) const;
    // The type of look-up tables that a must be made into; none: it takes other types.
    [[nodiscard]] std::optional<numeric::ElementType> table() const;
    // Whether tiles may be shared out among the two.
    [[nodiscard]] bool is_like(const Array& other) const;
  };
  struct VectorUnit {
    command::EngineIndex engine = 0;
    timing::VectorCosts costs;
  };
  struct Tier {
    std::string name;
    std::int64_t capacity = 0;           // bytes
    base::Rational bytes_per_cycle = 1;  // at its peak; 0: data is there at once
    std::int64_t channels = 1;
    std::int64_t interleave = 256;      // bytes on one channel before the next one's turn
    bool hashes_channels = false;       // strides of a power of two reach all of them
    std::int64_t page_bytes = 1 << 14;  // of one open row on every data bus of every channel
    std::int64_t latency_cycles = 0;    // of a lone request, there and back
    bool is_link = false;               // to other devices: holds nothing but what they exchange
    std::shared_ptr<const command::PimMemory> pim = {};  // null: none
    std::vector<numeric::ElementType> pim_types = {};    // what its banks multiply
    std::shared_ptr<const PimCosts> pim_costs = {};      // null: not known
    std::int64_t access_bytes = 64;                      // of a burst
    // Of a cache in front of it that partitions share; 0: none. One partition alone loads what its
    // scratchpad does not keep, and hardly anything twice in short order.
    std::int64_t cache_bytes = 0;
    base::Rational cache_bytes_per_cycle = 1;  // of what it holds

    // Cycles of a transfer at the peak, rounded up.
    [[nodiscard]] std::int64_t cycles(std::int64_t bytes) const;
    // The same of bytes of which the cache holds all but `fetched`.
    [[nodiscard]] std::int64_t cycles(std::int64_t bytes, std::int64_t fetched) const;
    // Bytes that cost as much time as all pieces of `part` bytes of `rows` rows of `whole` bytes
    // that are fetched piece by piece, each after the same piece of the row before: whole bursts,
    // an activation each, and only the channels that such a stride reaches. Whole rows cost what
    // they are.
    [[nodiscard]] std::int64_t bytes_in_pieces(std::int64_t rows, std::int64_t whole,
                                               std::int64_t part) const;
  };

  std::string name;
  std::vector<std::string> engines;    // by EngineIndex, in the order of the platform
  std::vector<std::string> keys = {};  // likewise: of the platform's entries; empty: as engines
  std::vector<Array> arrays;           // alike
  std::vector<Array> other_arrays;  // of other sizes or kinds, for layers whose mapping names them
  std::vector<VectorUnit> vector_units;
  std::vector<command::EngineIndex> load_engines;  // DMA engines that carry tier -> scratchpad
  std::vector<command::EngineIndex> weight_engines = {};  // load what no command wrote; none: those
  std::vector<command::EngineIndex> store_engines;        // and back; one engine may stand in both
  std::vector<command::EngineIndex> pim_engines;  // channel c is served by c modulo their number
  std::int64_t load_transfers = 1;                // under way at a time, all load engines together
  std::int64_t scratchpad_bytes = 0;
  std::vector<Tier> tiers;
  std::int64_t partitions = 1;
  // By EngineIndex: from an engine of one partition to the same of the next. Empty: one partition.
  std::vector<command::EngineIndex> partition_step = {};
  std::int64_t partition_bytes = 0;  // of the scratchpad, from one partition to the next

  // What a rule calls it: its own name or, where it has the same part in every partition, that of
  // its entry.
  [[nodiscard]] const std::string& name_of(command::EngineIndex engine) const {
    return partitions > 1 && !keys.empty() ? keys[engine] : engines[engine];
  }
  // The engine of another partition that is there what `engine` is in partition 0.
  [[nodiscard]] command::EngineIndex engine_of(command::EngineIndex engine,
                                               std::int64_t partition) const {
    return partition == 0
               ? engine
               : static_cast<command::EngineIndex>(engine + partition * partition_step[engine]);
  }
};

// Where a platform has several sizes or kinds of arrays, those like the first are used by default.
[[nodiscard]] Machine machine_from(const hardware::PlatformConfig& platform);

// The same machine with only the named arrays and vector units; of a kind that is not named, all.
// Null where a name is neither, or where the arrays are not alike.
[[nodiscard]] std::unique_ptr<const Machine> part_of(const Machine& machine,
                                                     const std::vector<std::string>& engines);

// What a stream for that machine may use.
[[nodiscard]] command::Extents extents_of(const Machine& machine);

}  // namespace orrery::lowering
