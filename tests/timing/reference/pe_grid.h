// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/timing/reference/fold.h"
#include "timing/systolic_types.h"

namespace orrery::timing::reference {

// A value that the accumulator of a column takes.
struct OutputWrite {
  const Fold* fold = nullptr;
  std::int64_t col = 0;
  std::int64_t index = 0;  // as Fold::output
  std::int64_t value = 0;
  Cycle end = 0;  // first cycle after the read-modify-write
};

// A grid of processing elements, register by register. In each cycle every register takes a value
// computed from the registers as the cycle before left them and from what was pushed at the edges
// in this cycle. Nothing here decides when something happens: a push that comes at a wrong time
// makes two values meet, or lets one be lost, and that is reported as a fault.
class PeGrid {
 public:
  explicit PeGrid(const ArrayShape& array);

  // What enters at the edges in this cycle, before the skew of row r by r and column c by c cycles.
  void push_left(const Fold& fold, std::int64_t index);
  void push_top(const Fold& fold, std::int64_t index);
  void push_capture(const Fold& fold);

  // Ends the cycle.
  void step();

  [[nodiscard]] Cycle now() const { return now_; }
  // The writes that began in the cycle that ended last.
  [[nodiscard]] const std::vector<OutputWrite>& writes() const { return writes_; }
  // Empty while nothing went wrong; then the first fault.
  [[nodiscard]] const std::string& fault() const { return fault_; }
  // Whether the shadow register of the first element holds a weight that no wave has taken.
  [[nodiscard]] bool first_shadow_waits() const { return elements_[0].operand.waits(); }

 private:
  // Travels right: an element of a streamed vector.
  struct Activation {
    const Fold* fold = nullptr;
    std::int64_t index = 0;
    std::int64_t value = 0;
  };
  // Travels right, one row after the other: the finished sums move into the output registers.
  struct Capture {
    const Fold* fold = nullptr;
    Cycle wait = 0;
  };
  // Travels down `hops` rows more: a weight, which then waits for its wave, or an element of B
  // (os).
  struct Operand {
    const Fold* fold = nullptr;
    std::int64_t index = 0;
    std::int64_t value = 0;
    std::int64_t hops = 0;

    [[nodiscard]] bool waits() const {
      return fold != nullptr && hops == 0 && !fold->output_stationary();
    }
  };
  // A partial sum that travels down (ws, is) or stays (os).
  struct Sum {
    const Fold* fold = nullptr;
    std::int64_t index = 0;  // stream vector it belongs to; os: pairs added so far
    std::int64_t value = 0;

    [[nodiscard]] bool stays() const { return fold != nullptr && fold->output_stationary(); }
    [[nodiscard]] bool flows() const { return fold != nullptr && !fold->output_stationary(); }
  };
  // A finished sum that waits, then travels down one row a cycle.
  struct Output {
    const Fold* fold = nullptr;
    std::int64_t row = 0;
    std::int64_t value = 0;
    Cycle wait = 0;

    [[nodiscard]] bool moves() const { return fold != nullptr && wait == 0; }
  };
  struct Element {
    Activation activation;
    Capture capture;
    Operand operand;  // the shadow register
    Operand weight;   // the active register
    Sum sum;
    Output output;
  };
  struct LeftLane {
    Activation activation;
    Capture capture;
  };
  struct TopLane {
    Operand operand;
    Sum seed;
  };

  [[nodiscard]] const Element& old(std::int64_t row, std::int64_t col) const {
    return elements_[static_cast<std::size_t>(row * array_.cols + col)];
  }
  void step_element(std::int64_t row, std::int64_t col);
  void step_stationary(const Activation& in, const Sum& above, std::int64_t row, std::int64_t col,
                       Element& next);
  void step_output_stationary(const Activation& in, const Operand& above, std::int64_t row,
                              std::int64_t col, Element& next);
  void step_capture(const Capture& in, std::int64_t row, std::int64_t col, Element& next);
  void step_operand(const Operand& above, Element& next);
  void step_output(std::int64_t row, std::int64_t col, Element& next);
  void step_bottom(std::int64_t col);
  void step_feeders();
  void claim_port(Cycle& last, Cycle interval, Cycle earliest, const char* port);
  void fail(const std::string& what, std::int64_t row, std::int64_t col);
  void fail(const std::string& what);

  ArrayShape array_;
  Cycle now_ = 0;
  std::vector<Element> elements_;
  std::vector<Element> next_;
  // Lane i is a delay line of i registers behind what enters in this cycle, which stands at [0].
  std::vector<std::vector<LeftLane>> left_;
  std::vector<std::vector<TopLane>> top_;
  std::vector<Cycle> accumulator_free_;
  Cycle left_last_ = -1;
  Cycle top_last_ = -1;
  std::vector<OutputWrite> writes_;
  std::string fault_;
};

}  // namespace orrery::timing::reference
