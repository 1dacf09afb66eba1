// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "tests/timing/reference/fold.h"
#include "tests/timing/reference/pe_grid.h"

namespace orrery::timing::reference {

// When a fold begins what; further vectors follow at their intervals.
struct FoldEvents {
  Cycle top = 0;      // first vector at the top edge; os: with the first at the left edge
  Cycle left = 0;     // first vector at the left edge
  Cycle capture = 0;  // os only: the sums begin to move into the output registers
};

// What the grid did with one tile.
struct TileOutcome {
  Cycle start = 0;
  Cycle left_free = 0;  // first cycle after the last vector at the left edge
  Cycle top_free = 0;
  Cycle done = 0;
  std::int64_t left_elements = 0;  // that entered at the left edge
  std::int64_t top_elements = 0;
  std::int64_t streamed_vectors = 0;
  std::int64_t writes = 0;  // into the accumulators
  Matrix product;
};

struct RunOutcome {
  std::vector<TileOutcome> tiles;
  std::vector<FoldEvents> events;  // of every fold
  std::string fault;               // empty where all went well
};

// Feeds a grid cycle by cycle. In run() it lets each vector enter in the first cycle in which the
// hardware is free for it, judged by flags and counters of the present cycle; in replay() it
// follows a given list of events, right or wrong.
class ArrayController {
 public:
  // The jobs must outlive the controller.
  ArrayController(const ArrayShape& array, const std::vector<TileJob>& jobs);

  RunOutcome run();
  RunOutcome replay(const std::vector<FoldEvents>& events);

 private:
  // The place of one edge in the list of all vectors.
  struct Edge {
    std::size_t fold = 0;
    std::int64_t index = 0;
    Cycle fetched = 0;  // cycles spent on the vector at hand
  };

  void fetch(Edge& edge, bool top);
  void try_capture();
  void try_left();
  void try_top();
  void push_left();
  void push_top();
  void advance(Edge& edge, std::int64_t length);
  void end_cycle();
  [[nodiscard]] bool finished() const;
  [[nodiscard]] bool fetched(const Edge& edge, bool top) const;
  RunOutcome outcome();

  ArrayShape array_;
  const std::vector<TileJob>& jobs_;
  std::vector<Fold> folds_;
  PeGrid grid_;
  RunOutcome result_;

  Edge left_;
  Edge top_;
  std::size_t next_capture_ = 0;  // first fold whose sums are not captured; ws and is have none
  bool swaps_now_ = false;        // a wave takes the weight of the first element in this cycle
  Cycle output_free_ = 0;         // when the next wave of outputs may begin
  std::int64_t writes_due_ = 0;
};

}  // namespace orrery::timing::reference
