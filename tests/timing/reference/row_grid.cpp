// SPDX-License-Identifier: Apache-2.0
#include "tests/timing/reference/row_grid.h"

#include <algorithm>

namespace orrery::timing::reference {
namespace {

constexpr Cycle kLongest = 1'000'000;

std::int64_t size_of(const std::set<RowJob::Position>& positions) {
  return static_cast<std::int64_t>(positions.size());
}

std::set<RowJob::Position> without(const std::set<RowJob::Position>& all,
                                   const std::set<RowJob::Position>& some) {
  std::set<RowJob::Position> rest;
  std::set_difference(all.begin(), all.end(), some.begin(), some.end(),
                      std::inserter(rest, rest.end()));
  return rest;
}

}  // namespace

RowGrid::RowGrid(const ArrayShape& array, const std::vector<RowJob>& jobs)
    : array_(array),
      jobs_(jobs),
      outcomes_(jobs.size()),
      elements_(static_cast<std::size_t>(array.rows),
                std::vector<Element>(static_cast<std::size_t>(array.cols))) {
  for (std::size_t job = 0; job < jobs.size(); ++job) {
    for (RowPass& pass : passes_of(array, jobs[job])) {
      passes_.push_back({job, std::move(pass)});
      ++outcomes_[job].passes;
    }
    outcomes_[job].sums.assign(
        static_cast<std::size_t>(jobs[job].tile.shape.m * jobs[job].tile.shape.n *
                                 jobs[job].groups()),
        0);
  }
  make_programs();
  next_column_ = Column{};
  next_inputs_ = Column{};
}

void RowGrid::make_programs() {
  programs_.resize(jobs_.size());
  for (std::size_t i = 0; i < jobs_.size(); ++i) {
    programs_[i].order = column_order(jobs_[i].tile.window);
    programs_[i].compute = jobs_[i].features * jobs_[i].channels * jobs_[i].filter_columns;
  }
  for (const Pass& pass : passes_) {
    const RowJob& job = jobs_[pass.job];
    Program& program = programs_[pass.job];
    program.filter_bits =
        std::max(program.filter_bits, base::ceil(size_of(pass.work.filters()) * job.bits.b));
    std::set<RowJob::Position> held;
    for (const ColumnStep& step : program.order) {
      const auto needed = pass.work.inputs(job, step.output);
      std::int64_t& bits = step.is_first ? program.first_bits : program.next_bits;
      const auto fresh = step.is_first ? needed : without(needed, held);
      bits = std::max(bits, base::ceil(size_of(fresh) * job.bits.a));
      held = needed;
    }
    for (const RowSet& set : pass.work.sets) {
      program.levels = std::max(program.levels, set.level + 1);
      const std::int64_t width = 8 * job.widths.accumulator;
      const std::int64_t bits =
          base::ceil((set.column + set.output_rows.size) * job.bits.accumulator);
      if (width > 0) {
        program.accumulator = std::max(program.accumulator, (bits + width - 1) / width);
      }
    }
  }
  for (std::size_t i = 0; i < jobs_.size(); ++i) {
    programs_[i].drain = programs_[i].levels * jobs_[i].features * programs_[i].accumulator;
  }
}

std::vector<RowOutcome> RowGrid::run() {
  Cycle empty_cycles = 0;
  while (fault_.empty() && empty_cycles <= array_.rows + 1) {
    Actions actions;
    start_column();
    fetch_filters(actions);
    fetch_inputs();
    drain(actions);
    compute(actions);
    history_.push_front(actions);
    for (std::size_t row = 0; row < elements_.size() && row < history_.size(); ++row) {
      do_row(static_cast<std::int64_t>(row), history_[row]);
    }
    if (history_.size() > elements_.size()) {
      accumulate(history_.back());
      history_.pop_back();
    }
    const bool works = next_column_ || running_ || leaving_;
    empty_cycles = works ? 0 : empty_cycles + 1;
    if (++now_ > kLongest) {
      fail("no end");
    }
  }
  return outcomes_;
}

// The controller starts an output column when its inputs and filters are there, and so that its
// sums find the registers empty into which they move.
void RowGrid::start_column() {
  if (running_ || !next_column_ || inputs_ready_ != next_column_) {
    return;
  }
  const Program& one = program(next_column_->pass);
  const Cycle draining = leaving_ ? program(leaving_->pass).drain - leave_index_ : 0;
  const bool needs_filters = next_column_->step == 0;
  if (draining > one.compute || (needs_filters && filters_ready_ != next_column_->pass)) {
    return;
  }
  if (needs_filters) {
    filters_ready_.reset();
  }
  inputs_ready_.reset();
  running_ = next_column_;
  product_index_ = 0;
  next_column_ = after(*next_column_);
}

void RowGrid::fetch_filters(Actions& actions) {
  if (next_filters_ == passes_.size()) {
    return;
  }
  const std::size_t job = passes_[next_filters_].job;
  if (!filter_port_.fetching) {
    if (filters_ready_ || now_ < jobs_[job].earliest) {
      return;
    }
    filter_port_ = {programs_[job].filter_bits, true};
    outcomes_[job].start = outcomes_[job].start < 0 ? now_ : outcomes_[job].start;
  }
  const std::int64_t width = 8 * jobs_[job].widths.top;
  filter_port_.bits_left = width == 0 ? 0 : filter_port_.bits_left - width;
  if (filter_port_.bits_left <= 0) {
    filter_port_.fetching = false;
    filters_ready_ = actions.fill = next_filters_;
    outcomes_[job].filters += size_of(passes_[next_filters_].work.filters());
    outcomes_[job].filters_free = now_ + 1;
    ++next_filters_;
  }
}

void RowGrid::fetch_inputs() {
  if (!next_inputs_) {
    return;
  }
  const Pass& pass = passes_[next_inputs_->pass];
  const RowJob& job = jobs_[pass.job];
  const Program& one = programs_[pass.job];
  const ColumnStep& step = one.order[next_inputs_->step];
  RowOutcome& outcome = outcomes_[pass.job];
  if (!input_port_.fetching) {
    if (inputs_ready_ || now_ < job.earliest) {
      return;
    }
    input_port_ = {step.is_first ? one.first_bits : one.next_bits, true};
    outcome.start = outcome.start < 0 ? now_ : outcome.start;
  }
  const std::int64_t width = 8 * job.widths.left;
  input_port_.bits_left = width == 0 ? 0 : input_port_.bits_left - width;
  if (input_port_.bits_left <= 0) {
    input_port_.fetching = false;
    const auto needed = pass.work.inputs(job, step.output);
    const auto fresh = step.is_first ? needed : without(needed, last_fed_);
    last_fed_ = needed;
    fed_[next_inputs_->pass].insert(fresh.begin(), fresh.end());
    outcome.inputs += size_of(fresh);
    outcome.inputs_free = now_ + 1;
    inputs_ready_ = next_inputs_;
    next_inputs_ = after(*next_inputs_);
  }
}

void RowGrid::compute(Actions& actions) {
  if (!running_) {
    return;
  }
  actions.product = running_;
  actions.product_index = product_index_;
  if (++product_index_ == program(running_->pass).compute) {
    if (leaving_) {
      fail("sums are complete while others leave");
    }
    leaving_ = running_;
    leave_index_ = 0;
    running_.reset();
  }
}

void RowGrid::drain(Actions& actions) {
  if (!leaving_) {
    return;
  }
  const Program& one = program(leaving_->pass);
  if (leave_index_ % one.accumulator == 0) {
    actions.leave = leaving_;
    actions.slot = leave_index_ / one.accumulator;
  }
  if (++leave_index_ == one.drain) {
    outcomes_[passes_[leaving_->pass].job].done = now_ + 1 + array_.rows;
    leaving_.reset();
  }
}

void RowGrid::do_row(std::int64_t row, const Actions& actions) {
  auto& elements = elements_[static_cast<std::size_t>(row)];
  for (std::size_t column = 0; column < elements.size(); ++column) {
    Element& element = elements[column];
    if (actions.leave && set_at(actions.leave->pass, row, static_cast<std::int64_t>(column))) {
      const RowSet& set = *set_at(actions.leave->pass, row, static_cast<std::int64_t>(column));
      const std::int64_t features = jobs_[passes_[actions.leave->pass].job].features;
      if (set.level == actions.slot / features) {
        add_to_chain(element, static_cast<std::int64_t>(column), actions);
      }
    }
    // Sums move into the registers from which they leave at the end of the cycle.
    if (actions.product) {
      multiply(element, row, static_cast<std::int64_t>(column), actions);
    }
    if (actions.fill) {
      if (element.shadow) {
        fail("filters overwritten before their pass");
      }
      element.shadow = actions.fill;
    }
  }
}

void RowGrid::multiply(Element& element, std::int64_t row, std::int64_t column,
                       const Actions& actions) {
  const Column& at = *actions.product;
  const RowJob& job = jobs_[passes_[at.pass].job];
  if (at.step == 0 && actions.product_index == 0) {
    if (element.shadow != at.pass) {
      fail("a pass begins without its filters");
    }
    element.shadow.reset();
    element.active_pass = at.pass;
    element.set = set_at(at.pass, row, column);
  }
  if (actions.product_index == 0) {
    element.sums.assign(static_cast<std::size_t>(job.features), 0);
  }
  const std::int64_t tap = actions.product_index % job.filter_columns;
  const std::int64_t channel = actions.product_index / job.filter_columns % job.channels;
  const std::int64_t feature = actions.product_index / job.filter_columns / job.channels;
  const RowSet* const set = element.set;
  if (set != nullptr && tap < set->filter_columns.size && channel < set->channels.size &&
      feature < set->features.size) {
    const ConvolutionWindow& w = job.tile.window;
    const std::int64_t output = programs_[passes_[at.pass].job].order[at.step].output;
    const std::int64_t tap_row = row - set->row + set->filter_rows.begin;
    const std::int64_t output_row = column - set->column + set->output_rows.begin;
    const RowJob::Position input{
        set->image, set->group, set->channels.begin + channel,
        output_row * w.stride_h + tap_row * w.dilation_h,
        output * w.stride_w + (set->filter_columns.begin + tap) * w.dilation_w};
    if (!fed_[at.pass].contains(input)) {
      fail("an input that was not fed");
    }
    element.sums[static_cast<std::size_t>(feature)] +=
        job.input(input) *
        job.filter({set->group, set->features.begin + feature, set->channels.begin + channel,
                    tap_row, set->filter_columns.begin + tap});
  }
  if (actions.product_index + 1 == program(at.pass).compute) {
    element.leaving = element.sums;
    element.leaving_of = at;
  }
}

void RowGrid::add_to_chain(Element& element, std::int64_t column, const Actions& actions) {
  const Column& at = *actions.leave;
  if (element.leaving_of != at) {
    fail("sums overwritten before they left");
    return;
  }
  const Program& one = program(at.pass);
  const std::int64_t features = jobs_[passes_[at.pass].job].features;
  auto& values = chain_[{at.pass, static_cast<std::int64_t>(at.step) * one.drain + actions.slot}];
  values.resize(static_cast<std::size_t>(array_.cols), 0);
  values[static_cast<std::size_t>(column)] +=
      element.leaving[static_cast<std::size_t>(actions.slot % features)];
}

void RowGrid::accumulate(const Actions& actions) {
  if (!actions.leave) {
    return;
  }
  const Column& at = *actions.leave;
  const std::size_t index = passes_[at.pass].job;
  const RowJob& job = jobs_[index];
  const std::int64_t feature = actions.slot % job.features;
  const auto key = std::pair(
      at.pass, static_cast<std::int64_t>(at.step) * programs_[index].drain + actions.slot);
  std::vector<bool> written(static_cast<std::size_t>(array_.cols), false);
  for (const RowSet& set : passes_[at.pass].work.sets) {
    if (set.level != actions.slot / job.features || feature >= set.features.size) {
      continue;
    }
    for (std::int64_t e = 0; e < set.output_rows.size; ++e) {
      const auto column = static_cast<std::size_t>(set.column + e);
      if (written[column]) {
        continue;  // one of the sets stacked on this one
      }
      written[column] = true;
      outcomes_[index].sums[job.sum_index(
          {set.image, set.group, set.features.begin + feature, set.output_rows.begin + e,
           programs_[index].order[at.step].output})] += chain_[key][column];
      ++outcomes_[index].writes;
    }
  }
  chain_.erase(key);
}

std::optional<RowGrid::Column> RowGrid::after(const Column& column) const {
  if (column.step + 1 < program(column.pass).order.size()) {
    return Column{column.pass, column.step + 1};
  }
  return column.pass + 1 < passes_.size() ? std::optional(Column{column.pass + 1, 0})
                                          : std::nullopt;
}

const RowGrid::Program& RowGrid::program(std::size_t pass) const {
  return programs_[passes_[pass].job];
}

const RowSet* RowGrid::set_at(std::size_t pass, std::int64_t row, std::int64_t column) const {
  for (const RowSet& set : passes_[pass].work.sets) {
    if (row >= set.row && row < set.row + set.filter_rows.size && column >= set.column &&
        column < set.column + set.output_rows.size) {
      return &set;
    }
  }
  return nullptr;
}

void RowGrid::fail(const std::string& what) {
  if (fault_.empty()) {
    fault_ = what + " in cycle " + std::to_string(now_);
  }
}

}  // namespace orrery::timing::reference
