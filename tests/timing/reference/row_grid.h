// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/timing/reference/row_passes.h"

namespace orrery::timing::reference {

// What the grid did with one job.
struct RowOutcome {
  Cycle start = -1;
  Cycle inputs_free = 0;
  Cycle filters_free = 0;
  Cycle done = 0;
  std::int64_t passes = 0;
  std::int64_t inputs = 0;   // that entered
  std::int64_t filters = 0;  // that entered
  std::int64_t writes = 0;   // into the accumulators
  std::vector<std::int64_t> sums;
};

// A row-stationary array, cycle by cycle and PE by PE, with numbers in its registers. Ports count
// bits; row i does in cycle t what row 0 did in cycle t - i.
class RowGrid {
 public:
  // The jobs must outlive the grid.
  RowGrid(const ArrayShape& array, const std::vector<RowJob>& jobs);

  // In the order of the jobs. `fault` is empty where every register held what it had to.
  std::vector<RowOutcome> run();
  [[nodiscard]] const std::string& fault() const { return fault_; }

 private:
  struct Program {  // of a job: what its widest pass needs
    std::int64_t filter_bits = 0;
    std::int64_t first_bits = 0;
    std::int64_t next_bits = 0;
    std::int64_t levels = 1;
    Cycle accumulator = 1;
    Cycle compute = 1;
    Cycle drain = 1;
    std::vector<ColumnStep> order;
  };
  struct Pass {
    std::size_t job = 0;
    RowPass work;
  };
  struct Column {  // an output column of a pass
    std::size_t pass = 0;
    std::size_t step = 0;
    bool operator==(const Column&) const = default;
  };
  struct Port {
    std::int64_t bits_left = 0;
    bool fetching = false;
  };
  // What row 0 does in a cycle.
  struct Actions {
    std::optional<std::size_t> fill;  // pass whose filters are complete at the end of the cycle
    std::optional<Column> product;
    Cycle product_index = 0;
    std::optional<Column> leave;  // sums of this output column
    std::int64_t slot = 0;
  };
  struct Element {
    const RowSet* set = nullptr;  // of the active filters
    std::size_t active_pass = 0;
    std::optional<std::size_t> shadow;
    std::vector<std::int64_t> sums;
    std::vector<std::int64_t> leaving;
    std::optional<Column> leaving_of;
  };

  void make_programs();
  void start_column();
  void fetch_filters(Actions& actions);
  void fetch_inputs();
  void compute(Actions& actions);
  void drain(Actions& actions);
  void do_row(std::int64_t row, const Actions& actions);
  void multiply(Element& element, std::int64_t row, std::int64_t column, const Actions& actions);
  void add_to_chain(Element& element, std::int64_t column, const Actions& actions);
  void accumulate(const Actions& actions);
  [[nodiscard]] std::optional<Column> after(const Column& column) const;
  [[nodiscard]] const Program& program(std::size_t pass) const;
  [[nodiscard]] const RowSet* set_at(std::size_t pass, std::int64_t row, std::int64_t column) const;
  void fail(const std::string& what);

  ArrayShape array_;
  const std::vector<RowJob>& jobs_;
  std::vector<Program> programs_;
  std::vector<Pass> passes_;
  std::vector<RowOutcome> outcomes_;
  std::string fault_;
  Cycle now_ = 0;

  Port filter_port_;
  std::size_t next_filters_ = 0;              // pass
  std::optional<std::size_t> filters_ready_;  // pass whose filters wait
  Port input_port_;
  std::optional<Column> next_inputs_;
  std::optional<Column> inputs_ready_;
  std::map<std::size_t, std::set<RowJob::Position>> fed_;  // by pass
  std::set<RowJob::Position> last_fed_;

  std::optional<Column> next_column_;
  std::optional<Column> running_;
  Cycle product_index_ = 0;
  std::optional<Column> leaving_;
  Cycle leave_index_ = 0;

  std::deque<Actions> history_;  // newest first
  std::vector<std::vector<Element>> elements_;
  std::map<std::pair<std::size_t, std::int64_t>, std::vector<std::int64_t>> chain_;
};

}  // namespace orrery::timing::reference
