// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "tests/timing/reference/fold.h"
#include "timing/step_array.h"

namespace orrery::timing::reference {

// What the multipliers of a step do in each of its cycles.
enum class StepUnit {
  kMultiply,  // nothing until the last cycle, then all products
  kLookUp,    // one bit of every weight: an entry of a table of signed sums, shifted
  kBooth,     // one radix-4 digit of every weight
};

// One tile with its numbers: a is m x (groups k), b is (groups k) x n.
struct StepJob {
  TileShape shape;
  StepCosts costs;
  Cycle earliest = 0;
  StepUnit unit = StepUnit::kMultiply;
  std::int64_t weight_bits = 8;  // as many cycles (look-up), or half as many digits (Booth)
  Matrix a;
  Matrix b;
};

// What the machine did with one tile.
struct StepOutcome {
  Cycle start = -1;
  Cycle a_free = 0;
  Cycle b_free = 0;
  Cycle done = 0;
  std::int64_t a_elements = 0;
  std::int64_t b_elements = 0;
  std::int64_t steps = 0;
  std::int64_t writes = 0;
  Matrix product;
};

// The registers of docs/components/step_array.md, one cycle after the other. Ports, unit and output
// stage begin as soon as flags and counters of the present cycle let them; what lies behind the
// pipeline decides nothing, and reports values that meet or get lost as a fault.
class StepMachine {
 public:
  // The jobs must outlive the machine.
  StepMachine(const StepArrayShape& shape, const std::vector<StepJob>& jobs);

  std::vector<StepOutcome> run();
  // Empty where all went well.
  [[nodiscard]] const std::string& fault() const { return fault_; }

 private:
  struct Range {
    std::int64_t begin = 0;
    std::int64_t end = 0;
    [[nodiscard]] std::int64_t size() const { return end - begin; }
  };
  struct Step {
    std::size_t job = 0;
    std::int64_t product = 0;  // which of the job's groups
    Range m, n, k;
    std::int64_t slot = 0;  // block of sums
    bool needs_held = false;
    bool starts_group = false;
    bool ends_group = false;
    bool ends_pass = false;
    std::int64_t width = 1;  // blocks of sums in the pass
  };
  struct Port {
    bool of_a = true;
    std::vector<std::size_t> sequence;  // the steps whose blocks it fetches
    std::size_t next = 0;
    Cycle remaining = 0;
    bool shadow_full = false;
    Matrix shadow;
    Matrix active;
  };
  // Leaves the unit in one cycle.
  struct Wave {
    const Step* step = nullptr;     // null: a bubble
    Matrix products;                // m x n
    const Step* capture = nullptr;  // the last step of a group whose sums are captured before
  };

  void list_steps(std::size_t job);
  void list_pass(std::size_t job, std::int64_t product, Range outer, Range inner);
  void cycle();
  void capture();
  void begin_step();
  void fetch(Port& port);
  [[nodiscard]] Matrix read_block(const Step& step, bool of_a);
  void work();
  void behind(const Wave& wave);
  void take_sums(const Step& last);
  void output_cycle();
  [[nodiscard]] Matrix partial_products(const StepJob& job, Cycle index) const;
  void fail(const std::string& what);

  StepArrayShape shape_;
  const std::vector<StepJob>& jobs_;
  std::vector<Step> steps_;
  std::vector<StepOutcome> outcomes_;
  Port held_;
  Port moving_;
  Cycle now_ = 0;
  std::string fault_;

  // The unit.
  std::size_t next_step_ = 0;
  const Step* working_ = nullptr;
  Cycle worked_ = 0;
  const Step* uncaptured_ = nullptr;  // the last step of a group whose sums wait

  Cycle output_busy_ = 0;  // in front of the pipeline

  // Behind the pipeline.
  std::deque<Wave> pipeline_;
  std::vector<Matrix> sums_;
  const Step* sums_owner_ = nullptr;
  std::vector<Matrix> output_;
  std::vector<Matrix> results_;
  const Step* output_step_ = nullptr;
  Cycle output_worked_ = 0;
  std::size_t jobs_done_ = 0;
};

}  // namespace orrery::timing::reference
