// SPDX-License-Identifier: Apache-2.0
#include "tests/timing/reference/pe_grid.h"

#include <utility>

namespace orrery::timing::reference {

PeGrid::PeGrid(const ArrayShape& array)
    : array_(array),
      elements_(static_cast<std::size_t>(array.rows * array.cols)),
      next_(elements_.size()),
      accumulator_free_(static_cast<std::size_t>(array.cols)) {
  for (std::int64_t row = 0; row < array.rows; ++row) {
    left_.emplace_back(static_cast<std::size_t>(row + 1));
  }
  for (std::int64_t col = 0; col < array.cols; ++col) {
    top_.emplace_back(static_cast<std::size_t>(col + 1));
  }
}

void PeGrid::push_left(const Fold& fold, std::int64_t index) {
  claim_port(left_last_, fold.job->intervals.left, fold.job->earliest, "left");
  for (std::int64_t row = 0; row < fold.rows; ++row) {
    left_[static_cast<std::size_t>(row)][0].activation = {&fold, index,
                                                          fold.left_value(row, index)};
  }
  if (fold.output_stationary()) {
    return;
  }
  for (std::int64_t col = 0; col < fold.cols; ++col) {
    top_[static_cast<std::size_t>(col)][0].seed = {&fold, index, 0};
  }
}

void PeGrid::push_top(const Fold& fold, std::int64_t index) {
  claim_port(top_last_, fold.job->intervals.top, fold.job->earliest, "top");
  const std::int64_t hops = fold.output_stationary() ? fold.rows - 1 : fold.rows - 1 - index;
  for (std::int64_t col = 0; col < fold.cols; ++col) {
    top_[static_cast<std::size_t>(col)][0].operand = {&fold, index, fold.top_value(col, index),
                                                      hops};
  }
}

void PeGrid::push_capture(const Fold& fold) {
  for (std::int64_t row = 0; row < fold.rows; ++row) {
    left_[static_cast<std::size_t>(row)][0].capture = {
        &fold, (fold.rows - 1 - row) * fold.job->intervals.accumulator};
  }
}

void PeGrid::step() {
  writes_.clear();
  for (std::int64_t row = 0; row < array_.rows; ++row) {
    for (std::int64_t col = 0; col < array_.cols; ++col) {
      step_element(row, col);
    }
  }
  for (std::int64_t col = 0; col < array_.cols; ++col) {
    step_bottom(col);
  }
  step_feeders();
  std::swap(elements_, next_);
  ++now_;
}

void PeGrid::step_element(std::int64_t row, std::int64_t col) {
  const LeftLane& left = left_[static_cast<std::size_t>(row)].back();
  const TopLane& top = top_[static_cast<std::size_t>(col)].back();
  const Activation activation = col == 0 ? left.activation : old(row, col - 1).activation;
  const Capture capture = col == 0 ? left.capture : old(row, col - 1).capture;
  Operand operand_above = top.operand;
  Sum sum_above = top.seed;
  if (row > 0) {
    operand_above = {};
    sum_above = {};
    const Element& above = old(row - 1, col);
    if (above.operand.fold != nullptr && above.operand.hops > 0) {
      operand_above = above.operand;
      --operand_above.hops;
    }
    if (above.sum.flows()) {
      sum_above = above.sum;
    }
  }

  Element& next = next_[static_cast<std::size_t>(row * array_.cols + col)];
  const Element& before = old(row, col);
  next = {};
  next.activation = activation;
  next.capture = capture;
  next.weight = before.weight;
  if (before.operand.waits()) {
    next.operand = before.operand;
  }
  if (before.sum.stays()) {
    next.sum = before.sum;
  }
  step_capture(capture, row, col, next);
  step_stationary(activation, sum_above, row, col, next);
  step_output_stationary(activation, operand_above, row, col, next);
  step_operand(operand_above, next);
  step_output(row, col, next);
}

// The swap and the multiplication of a wave over stationary weights.
void PeGrid::step_stationary(const Activation& in, const Sum& above, std::int64_t row,
                             std::int64_t col, Element& next) {
  const bool active = in.fold != nullptr && !in.fold->output_stationary();
  if (active && in.index == 0 && col < in.fold->cols) {
    const Operand& shadow = old(row, col).operand;
    if (!shadow.waits() || shadow.fold != in.fold) {
      fail("a wave arrives before its weight", row, col);
    }
    next.weight = shadow;
    next.operand = {};
  }
  if (above.fold == nullptr) {
    if (active && col < in.fold->cols) {
      fail("a wave without its partial sum", row, col);
    }
    return;
  }
  if (next.sum.fold != nullptr) {
    fail("a partial sum overwrites a sum that was not captured", row, col);
  }
  next.sum = above;
  if (row >= above.fold->rows) {
    return;
  }
  if (!active || in.fold != above.fold || in.index != above.index) {
    fail("a partial sum meets a wrong wave", row, col);
  }
  if (next.weight.fold != above.fold) {
    fail("a partial sum meets a wrong weight", row, col);
  }
  next.sum.value += in.value * next.weight.value;
}

void PeGrid::step_output_stationary(const Activation& in, const Operand& above, std::int64_t row,
                                    std::int64_t col, Element& next) {
  const bool left = in.fold != nullptr && in.fold->output_stationary() && col < in.fold->cols;
  const bool top = above.fold != nullptr && above.fold->output_stationary();
  if (!left && !top) {
    return;
  }
  if (!left || !top || in.fold != above.fold || in.index != above.index) {
    fail("operands do not meet", row, col);
    return;
  }
  if (in.index == 0) {
    if (next.sum.fold != nullptr) {
      fail("a sum begins before the one before it was captured", row, col);
    }
    next.sum = {in.fold, 0, 0};
  }
  if (next.sum.fold != in.fold || next.sum.index != in.index) {
    fail("a product is added to a wrong sum", row, col);
  }
  next.sum.index = in.index + 1;
  next.sum.value += in.value * above.value;
}

void PeGrid::step_capture(const Capture& in, std::int64_t row, std::int64_t col, Element& next) {
  if (in.fold == nullptr || col >= in.fold->cols) {
    return;
  }
  const Sum& sum = old(row, col).sum;
  if (sum.fold != in.fold || sum.index != in.fold->length) {
    fail("a sum is captured before it is complete", row, col);
  }
  next.output = {in.fold, row, sum.value, in.wait};
  next.sum = {};
}

void PeGrid::step_operand(const Operand& above, Element& next) {
  if (above.fold == nullptr) {
    return;
  }
  if (next.operand.fold != nullptr) {
    fail("an operand overwrites a weight that waits for its wave");
  }
  next.operand = above;
}

void PeGrid::step_output(std::int64_t row, std::int64_t col, Element& next) {
  const Output& here = old(row, col).output;
  if (here.fold != nullptr && here.wait > 0) {
    if (next.output.fold != nullptr) {
      fail("a captured sum overwrites one that waits", row, col);
    }
    next.output = here;
    --next.output.wait;
  }
  if (row > 0 && old(row - 1, col).output.moves()) {
    if (next.output.fold != nullptr) {
      fail("two sums meet in the drain chain", row, col);
    }
    next.output = old(row - 1, col).output;
  }
}

void PeGrid::step_bottom(std::int64_t col) {
  const Element& last = old(array_.rows - 1, col);
  OutputWrite write;
  write.col = col;
  if (last.sum.flows()) {
    write.fold = last.sum.fold;
    write.index = last.sum.index;
    write.value = last.sum.value;
  }
  if (last.output.moves()) {
    if (write.fold != nullptr) {
      fail("two values leave a column at once");
    }
    write.fold = last.output.fold;
    write.index = last.output.row;
    write.value = last.output.value;
  }
  if (write.fold == nullptr) {
    return;
  }
  Cycle& free = accumulator_free_[static_cast<std::size_t>(col)];
  if (now_ < free) {
    fail("the accumulator port is busy");
  }
  free = now_ + write.fold->job->intervals.accumulator;
  write.end = free;
  writes_.push_back(write);
}

void PeGrid::step_feeders() {
  for (auto& lane : left_) {
    for (std::size_t i = lane.size() - 1; i > 0; --i) {
      lane[i] = lane[i - 1];
    }
    lane[0] = {};
  }
  for (auto& lane : top_) {
    for (std::size_t i = lane.size() - 1; i > 0; --i) {
      lane[i] = lane[i - 1];
    }
    lane[0] = {};
  }
}

// A vector that enters in cycle t was fetched in the cycles (t - interval, t].
void PeGrid::claim_port(Cycle& last, Cycle interval, Cycle earliest, const char* port) {
  if (now_ - interval < last) {
    fail(std::string("the port is still fetching at the edge: ") + port);
  }
  if (now_ - interval + 1 < earliest) {
    fail(std::string("fetched before the operands are there: ") + port);
  }
  last = now_;
}

void PeGrid::fail(const std::string& what, std::int64_t row, std::int64_t col) {
  fail(what + " in row " + std::to_string(row) + ", column " + std::to_string(col));
}

void PeGrid::fail(const std::string& what) {
  if (fault_.empty()) {
    fault_ = what + " in cycle " + std::to_string(now_);
  }
}

}  // namespace orrery::timing::reference
