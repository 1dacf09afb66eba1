// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "timing/row_stationary.h"
#include "timing/systolic_loop_nest.h"
#include "timing/systolic_types.h"

namespace orrery::timing {

// The ports of one systolic array between successive tiles. Everything in column c happens exactly
// c cycles after the same event in column 0, so column 0 is all that is kept; the derivation of
// each bound stands in docs/components/systolic_array.md.
class SystolicPipeline {
 public:
  // InternalError where a side of the array is below 1.
  explicit SystolicPipeline(const ArrayShape& array,
                            FoldConvention convention = FoldConvention::kPipelined);

  // Appends a tile, in order, as early as the ports allow; no port fetches for it before cycle
  // `earliest`. The cost is a constant number of folds, whatever the size of the tile (plus at most
  // max(intervals) repetitions until the ports find their rhythm). FoldConvention::kScaleSim has no
  // ports: it ignores the intervals and starts each tile when the one before is done.
  // InternalError where a size or an interval is below 1, or a count or the time is above 2^62.
  TileTiming issue(Cycle earliest, Dataflow dataflow, const TileShape& tile,
                   const FeedIntervals& intervals = {});

  // The same for a row-stationary tile. The array changes between this dataflow and the others when
  // it is empty: the first tile after a change begins when all before it are done.
  TileTiming issue(Cycle earliest, const RowStationaryTile& tile, const RowStationaryPlan& plan);

  [[nodiscard]] const ArrayShape& array() const { return array_; }

 private:
  // What the next fold depends on: the first cycle its first vector may enter, and how far the
  // other resource it waits for lags behind. Folds repeat exactly once the lag repeats.
  struct Rhythm {
    Cycle time = 0;
    Cycle lag = 0;
  };

  void pass(const SystolicLoopNest& nest);
  void fold(std::int64_t outer_size, std::int64_t inner_size);
  void stationary_fold(std::int64_t depth, std::int64_t used_cols);
  void output_stationary_fold(std::int64_t used_rows, std::int64_t used_cols);
  template <class Body>
  void repeat(std::int64_t count, Body body);
  void shift(Cycle cycles);
  [[nodiscard]] bool sums_stay() const {
    return dataflow_.machine() == Dataflow::Machine::kSumsStay;
  }
  [[nodiscard]] Rhythm rhythm() const;
  [[nodiscard]] Cycle first_fetch() const;
  [[nodiscard]] Cycle enter(bool rows_stay, Cycle earliest);
  void account(TileTiming& timing);
  TileTiming issue_unpipelined(Cycle earliest, Dataflow dataflow, const TileShape& tile);

  ArrayShape array_;
  FoldConvention convention_;

  // Entry cycles in column 0: a vector that enters in cycle t occupies its port in the cycles
  // (t - interval, t].
  Cycle left_last_ = -1;   // last vector that entered at the left edge
  Cycle top_last_ = -1;    // last vector that entered at the top edge
  Cycle shadow_free_ = 0;  // first cycle a weight may enter the shadow register of row 0
  Cycle sum_free_ = 0;     // first cycle an output-stationary sum may begin in row 0
  Cycle output_free_ = 0;  // first cycle a wave that leaves rows cycles later may begin
  Cycle busy_until_ = 0;   // latest done of all tiles

  // Row-stationary tiles: starts of output columns in row 0 of the array.
  bool rows_stay_ = false;     // the last tile was one
  Cycle filters_free_ = 0;     // first cycle the next filters may enter: the last pass has begun
  Cycle inputs_free_ = 0;      // the same for inputs: the last output column has begun
  Cycle products_free_ = 0;    // first cycle after the products of the last output column
  Cycle row_output_free_ = 0;  // first cycle after its sums have left row 0

  // The tile at hand.
  Dataflow dataflow_ = Dataflow::kWeightStationary;
  FeedIntervals intervals_;
  std::int64_t streamed_ = 1;
  bool rows_outside_ = false;
  Cycle done_ = 0;  // latest done of its folds
};

}  // namespace orrery::timing
