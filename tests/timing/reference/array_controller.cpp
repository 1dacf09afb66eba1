// SPDX-License-Identifier: Apache-2.0
#include "tests/timing/reference/array_controller.h"

#include <algorithm>

namespace orrery::timing::reference {

namespace {

constexpr Cycle kWatchdog = 1'000'000;

Cycle spacing(const Fold& fold) {
  const FeedIntervals& intervals = fold.job->intervals;
  return std::max(intervals.left, fold.output_stationary() ? intervals.top : intervals.accumulator);
}

}  // namespace

ArrayController::ArrayController(const ArrayShape& array, const std::vector<TileJob>& jobs)
    : array_(array), jobs_(jobs), folds_(list_folds(array, jobs)), grid_(array) {
  for (const TileJob& job : jobs_) {
    TileOutcome tile;
    tile.start = -1;
    tile.product = Matrix(job.shape.m, job.shape.groups * job.shape.n);
    result_.tiles.push_back(tile);
  }
  result_.events.resize(folds_.size());
  for (const Fold& fold : folds_) {
    writes_due_ += fold.cols * (fold.output_stationary() ? fold.rows : fold.length);
  }
}

RunOutcome ArrayController::run() {
  while (!finished()) {
    swaps_now_ = false;
    fetch(left_, false);
    fetch(top_, true);
    try_capture();
    try_left();
    try_top();
    end_cycle();
  }
  return outcome();
}

RunOutcome ArrayController::replay(const std::vector<FoldEvents>& events) {
  while (!finished()) {
    const Cycle now = grid_.now();
    for (std::size_t i = 0; i < folds_.size(); ++i) {
      if (folds_[i].output_stationary() && events[i].capture == now) {
        grid_.push_capture(folds_[i]);
      }
    }
    while (left_.fold < folds_.size() &&
           events[left_.fold].left + left_.index * spacing(folds_[left_.fold]) <= now) {
      push_left();
    }
    while (top_.fold < folds_.size()) {
      const Fold& fold = folds_[top_.fold];
      const Cycle step = fold.output_stationary() ? spacing(fold) : fold.job->intervals.top;
      if (events[top_.fold].top + top_.index * step > now) {
        break;
      }
      push_top();
    }
    end_cycle();
  }
  return outcome();
}

void ArrayController::fetch(Edge& edge, bool top) {
  if (edge.fold < folds_.size() && grid_.now() >= folds_[edge.fold].job->earliest &&
      !fetched(edge, top)) {
    ++edge.fetched;
  }
}

bool ArrayController::fetched(const Edge& edge, bool top) const {
  const FeedIntervals& intervals = folds_[edge.fold].job->intervals;
  return edge.fetched == (top ? intervals.top : intervals.left);
}

void ArrayController::try_capture() {
  while (next_capture_ < left_.fold && !folds_[next_capture_].output_stationary()) {
    ++next_capture_;
  }
  // All pairs of the fold entered in earlier cycles, and the column is free for its sums.
  if (next_capture_ >= left_.fold || grid_.now() < output_free_) {
    return;
  }
  const Fold& fold = folds_[next_capture_];
  grid_.push_capture(fold);
  result_.events[next_capture_].capture = grid_.now();
  output_free_ = grid_.now() + fold.rows * fold.job->intervals.accumulator;
  ++next_capture_;
}

void ArrayController::try_left() {
  if (left_.fold == folds_.size() || !fetched(left_, false)) {
    return;
  }
  const Fold& fold = folds_[left_.fold];
  const bool earlier_captured = next_capture_ >= left_.fold;
  if (fold.output_stationary()) {
    const bool pair = top_.fold == left_.fold && top_.index == left_.index && fetched(top_, true);
    if (pair && earlier_captured) {
      push_top();
      push_left();
    }
    return;
  }
  const bool preloaded = top_.fold > left_.fold;
  if (preloaded && earlier_captured && grid_.now() >= output_free_) {
    swaps_now_ = left_.index == 0;
    output_free_ = grid_.now() + fold.job->intervals.accumulator;
    push_left();
  }
}

void ArrayController::try_top() {
  if (top_.fold == folds_.size() || folds_[top_.fold].output_stationary() || !fetched(top_, true)) {
    return;
  }
  if (top_.index > 0 || swaps_now_ || !grid_.first_shadow_waits()) {
    push_top();
  }
}

void ArrayController::push_left() {
  const Fold& fold = folds_[left_.fold];
  TileOutcome& tile = result_.tiles[fold.tile];
  const Cycle fetch_start = grid_.now() - fold.job->intervals.left + 1;
  tile.start = tile.start < 0 ? fetch_start : std::min(tile.start, fetch_start);
  tile.left_free = grid_.now() + 1;
  tile.left_elements += fold.rows;
  ++tile.streamed_vectors;
  if (left_.index == 0) {
    result_.events[left_.fold].left = grid_.now();
  }
  grid_.push_left(fold, left_.index);
  advance(left_, fold.length);
}

void ArrayController::push_top() {
  const Fold& fold = folds_[top_.fold];
  TileOutcome& tile = result_.tiles[fold.tile];
  const Cycle fetch_start = grid_.now() - fold.job->intervals.top + 1;
  tile.start = tile.start < 0 ? fetch_start : std::min(tile.start, fetch_start);
  tile.top_free = grid_.now() + 1;
  tile.top_elements += fold.top_elements(top_.index);
  if (top_.index == 0) {
    result_.events[top_.fold].top = grid_.now();
  }
  grid_.push_top(fold, top_.index);
  advance(top_, fold.top_length());
}

void ArrayController::advance(Edge& edge, std::int64_t length) {
  edge.fetched = 0;
  if (++edge.index == length) {
    edge.index = 0;
    ++edge.fold;
  }
}

void ArrayController::end_cycle() {
  grid_.step();
  for (const OutputWrite& write : grid_.writes()) {
    TileOutcome& tile = result_.tiles[write.fold->tile];
    write.fold->output(tile.product, write.col, write.index) += write.value;
    tile.done = std::max(tile.done, write.end);
    ++tile.writes;
    --writes_due_;
  }
}

bool ArrayController::finished() const {
  return writes_due_ == 0 || !grid_.fault().empty() || grid_.now() >= kWatchdog;
}

RunOutcome ArrayController::outcome() {
  result_.fault = grid_.fault();
  if (result_.fault.empty() && writes_due_ > 0) {
    result_.fault = "the watchdog ended the run";
  }
  return result_;
}

}  // namespace orrery::timing::reference
