// SPDX-License-Identifier: Apache-2.0
#include "tests/timing/reference/step_machine.h"

#include <algorithm>

namespace orrery::timing::reference {
namespace {

constexpr Cycle kLongestRun = 10'000'000;

void add(Matrix& to, const Matrix& from) {
  if (to.values.empty()) {
    to = Matrix(from.rows, from.cols);
  }
  for (std::size_t i = 0; i < from.values.size(); ++i) {
    to.values[i] += from.values[i];
  }
}

// Row `row` of a times bit plane `plane` of column `col` of b, whose value v stands for the code
// (v + 2^bits - 1) / 2: the entry of the half table that the plane's pattern selects.
std::int64_t look_up(const Matrix& a, const Matrix& b, std::int64_t row, std::int64_t col,
                     std::int64_t bits, Cycle plane) {
  const std::int64_t width = a.cols;
  std::uint64_t pattern = 0;
  for (std::int64_t i = 0; i < width; ++i) {
    const std::int64_t code = (b.at(i, col) + (std::int64_t{1} << bits) - 1) / 2;
    pattern |= (static_cast<std::uint64_t>(code >> plane) & 1U) << static_cast<unsigned>(i);
  }
  const std::uint64_t sign = std::uint64_t{1} << static_cast<unsigned>(width - 1);
  const bool negated = (pattern & sign) != 0;
  const std::uint64_t index = (negated ? ~pattern : pattern) & (sign - 1);
  std::int64_t entry = -a.at(row, width - 1);
  for (std::int64_t i = 0; i + 1 < width; ++i) {
    entry += (index >> static_cast<unsigned>(i) & 1U) != 0 ? a.at(row, i) : -a.at(row, i);
  }
  return (negated ? -entry : entry) * (std::int64_t{1} << plane);
}

// Radix-4 digit `index` of a two's-complement number, times its weight.
std::int64_t booth_digit(std::int64_t value, Cycle index) {
  const auto bit = [&](Cycle i) { return i < 0 ? std::int64_t{0} : value >> i & 1; };
  return (bit(2 * index - 1) + bit(2 * index) - 2 * bit(2 * index + 1)) *
         (std::int64_t{1} << (2 * index));
}

}  // namespace

StepMachine::StepMachine(const StepArrayShape& shape, const std::vector<StepJob>& jobs)
    : shape_(shape),
      jobs_(jobs),
      outcomes_(jobs.size()),
      sums_(static_cast<std::size_t>(shape.sum_blocks)),
      output_(sums_.size()),
      results_(sums_.size()) {
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    list_steps(i);
    outcomes_[i].product = Matrix(jobs[i].shape.m, jobs[i].shape.n * jobs[i].shape.groups);
  }
  held_.of_a = shape.held == HeldOperand::kA;
  moving_.of_a = !held_.of_a;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    moving_.sequence.push_back(i);
    if (steps_[i].needs_held) {
      held_.sequence.push_back(i);
    }
  }
  pipeline_.resize(static_cast<std::size_t>(shape.latency));
}

void StepMachine::list_steps(std::size_t job) {
  const auto& [m, n, k, groups] = jobs_[job].shape;
  const bool a_held = shape_.held == HeldOperand::kA;
  const std::int64_t outer = a_held ? m : n;
  const std::int64_t outer_step = a_held ? shape_.step.m : shape_.step.n;
  const std::int64_t inner = a_held ? n : m;
  const std::int64_t inner_step = (a_held ? shape_.step.n : shape_.step.m) * shape_.sum_blocks;
  for (std::int64_t product = 0; product < groups; ++product) {
    for (std::int64_t o = 0; o < outer; o += outer_step) {
      for (std::int64_t i = 0; i < inner; i += inner_step) {
        list_pass(job, product, {o, std::min(o + outer_step, outer)},
                  {i, std::min(i + inner_step, inner)});
      }
    }
  }
}

void StepMachine::list_pass(std::size_t job, std::int64_t product, Range outer, Range inner) {
  const bool a_held = shape_.held == HeldOperand::kA;
  const std::int64_t k = jobs_[job].shape.k;
  const std::int64_t group = jobs_[job].costs.group == 0 ? k : jobs_[job].costs.group;
  const std::int64_t inner_step = a_held ? shape_.step.n : shape_.step.m;
  for (std::int64_t x = 0; x < k; x += shape_.step.k) {
    const std::int64_t x_end = std::min(x + shape_.step.k, k);
    for (std::int64_t i = inner.begin; i < inner.end; i += inner_step) {
      const Range block{i, std::min(i + inner_step, inner.end)};
      Step step;
      step.job = job;
      step.product = product;
      step.m = a_held ? outer : block;
      step.n = a_held ? block : outer;
      step.k = {x, x_end};
      step.slot = (i - inner.begin) / inner_step;
      step.width = (inner.size() + inner_step - 1) / inner_step;
      step.needs_held = i == inner.begin;
      const bool last_block = block.end == inner.end;
      step.starts_group = step.needs_held && x % group == 0;
      step.ends_group = last_block && (x_end % group == 0 || x_end == k);
      step.ends_pass = last_block && x_end == k;
      steps_.push_back(step);
    }
  }
}

std::vector<StepOutcome> StepMachine::run() {
  while (jobs_done_ < jobs_.size() && fault_.empty()) {
    cycle();
    if (++now_ > kLongestRun) {
      fail("the machine stands still");
    }
  }
  return outcomes_;
}

void StepMachine::cycle() {
  pipeline_.emplace_back();
  capture();
  begin_step();
  fetch(held_);
  fetch(moving_);
  work();
  const Wave wave = pipeline_.front();
  pipeline_.pop_front();
  behind(wave);
  output_busy_ = std::max<Cycle>(0, output_busy_ - 1);
}

void StepMachine::capture() {
  if (uncaptured_ == nullptr || working_ != nullptr || output_busy_ > 0) {
    return;
  }
  const StepCosts& costs = jobs_[uncaptured_->job].costs;
  pipeline_.back().capture = uncaptured_;
  output_busy_ = uncaptured_->width * costs.dequantization;
  if (uncaptured_->ends_pass) {
    output_busy_ += uncaptured_->width * costs.result;
  }
  uncaptured_ = nullptr;
}

void StepMachine::begin_step() {
  if (working_ != nullptr || uncaptured_ != nullptr || next_step_ == steps_.size()) {
    return;
  }
  const Step& step = steps_[next_step_];
  if (!moving_.shadow_full || (step.needs_held && !held_.shadow_full)) {
    return;
  }
  const auto take = [](Port& port) {
    port.active = port.shadow;
    port.shadow_full = false;
  };
  take(moving_);
  if (step.needs_held) {
    take(held_);
  }
  working_ = &step;
  worked_ = 0;
  ++next_step_;
}

void StepMachine::fetch(Port& port) {
  if (port.remaining == 0) {
    if (port.shadow_full || port.next == port.sequence.size()) {
      return;
    }
    const std::size_t job = steps_[port.sequence[port.next]].job;
    if (jobs_[job].earliest > now_) {
      return;
    }
    port.remaining = port.of_a ? jobs_[job].costs.a : jobs_[job].costs.b;
    if (outcomes_[job].start < 0) {
      outcomes_[job].start = now_;
    }
  }
  if (--port.remaining == 0) {
    const Step& step = steps_[port.sequence[port.next]];
    port.shadow = read_block(step, port.of_a);
    port.shadow_full = true;
    ++port.next;
    (port.of_a ? outcomes_[step.job].a_free : outcomes_[step.job].b_free) = now_ + 1;
  }
}

Matrix StepMachine::read_block(const Step& step, bool of_a) {
  const StepJob& job = jobs_[step.job];
  const std::int64_t k_origin = step.product * job.shape.k + step.k.begin;
  // Elements beyond the tile are zero.
  Matrix block = of_a ? Matrix(step.m.size(), shape_.step.k) : Matrix(shape_.step.k, step.n.size());
  for (std::int64_t x = 0; x < step.k.size(); ++x) {
    for (std::int64_t i = 0; i < (of_a ? block.rows : block.cols); ++i) {
      if (of_a) {
        block.at(i, x) = job.a.at(step.m.begin + i, k_origin + x);
      } else {
        block.at(x, i) = job.b.at(k_origin + x, step.n.begin + i);
      }
    }
  }
  StepOutcome& outcome = outcomes_[step.job];
  (of_a ? outcome.a_elements : outcome.b_elements) +=
      (of_a ? block.rows : block.cols) * step.k.size();
  return block;
}

Matrix StepMachine::partial_products(const StepJob& job, Cycle index) const {
  const Matrix& a = held_.of_a ? held_.active : moving_.active;
  const Matrix& b = held_.of_a ? moving_.active : held_.active;
  Matrix products(a.rows, b.cols);
  for (std::int64_t m = 0; m < a.rows; ++m) {
    for (std::int64_t n = 0; n < b.cols; ++n) {
      std::int64_t& sum = products.at(m, n);
      if (job.unit == StepUnit::kLookUp) {
        sum = look_up(a, b, m, n, job.weight_bits, index);
        continue;
      }
      for (std::int64_t k = 0; k < a.cols; ++k) {
        if (job.unit == StepUnit::kBooth) {
          sum += a.at(m, k) * booth_digit(b.at(k, n), index);
        } else if (index + 1 == job.costs.compute) {
          sum += a.at(m, k) * b.at(k, n);
        }
      }
    }
  }
  return products;
}

void StepMachine::work() {
  if (working_ == nullptr) {
    return;
  }
  const StepJob& job = jobs_[working_->job];
  pipeline_.back().step = working_;
  pipeline_.back().products = partial_products(job, worked_);
  if (++worked_ < job.costs.compute) {
    return;
  }
  ++outcomes_[working_->job].steps;
  if (working_->ends_group) {
    uncaptured_ = working_;
  }
  working_ = nullptr;
}

void StepMachine::behind(const Wave& wave) {
  if (wave.capture != nullptr) {
    take_sums(*wave.capture);
  }
  output_cycle();
  if (wave.step == nullptr) {
    return;
  }
  if (sums_owner_ != nullptr && wave.step->starts_group && sums_owner_->ends_group &&
      sums_owner_ != wave.step) {
    fail("products reach sums that have not been captured");
  }
  sums_owner_ = wave.step;
  add(sums_[static_cast<std::size_t>(wave.step->slot)], wave.products);
}

void StepMachine::take_sums(const Step& last) {
  if (sums_owner_ != &last) {
    fail("sums are captured that are not complete");
  }
  if (output_step_ != nullptr) {
    fail("sums are captured while the output stage works");
  }
  output_ = sums_;
  sums_.assign(sums_.size(), Matrix());
  sums_owner_ = nullptr;
  output_step_ = &last;
  output_worked_ = 0;
  if (jobs_[last.job].costs.dequantization == 0) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(last.width); ++i) {
      add(results_[i], output_[i]);
    }
    if (!last.ends_pass) {
      output_step_ = nullptr;
    }
  }
}

void StepMachine::output_cycle() {
  if (output_step_ == nullptr) {
    return;
  }
  const Step& step = *output_step_;
  const StepCosts& costs = jobs_[step.job].costs;
  const Cycle dequantization = step.width * costs.dequantization;
  ++output_worked_;
  if (output_worked_ <= dequantization) {
    if (output_worked_ % costs.dequantization == 0) {
      const auto block = static_cast<std::size_t>(output_worked_ / costs.dequantization - 1);
      add(results_[block], output_[block]);
    }
    if (output_worked_ == dequantization && !step.ends_pass) {
      output_step_ = nullptr;
    }
    return;
  }
  const Cycle written = output_worked_ - dequantization;
  if (written % costs.result != 0) {
    return;
  }
  const std::int64_t slot = written / costs.result - 1;
  const bool a_held = shape_.held == HeldOperand::kA;
  // The blocks of the pass stand one beside the other, the last one ends where the last step's
  // does.
  const std::int64_t behind = step.width - 1 - slot;
  const std::int64_t m = step.m.begin - (a_held ? 0 : behind * shape_.step.m);
  const std::int64_t n = step.n.begin - (a_held ? behind * shape_.step.n : 0);
  Matrix& result = results_[static_cast<std::size_t>(slot)];
  StepOutcome& outcome = outcomes_[step.job];
  for (std::int64_t i = 0; i < result.rows; ++i) {
    for (std::int64_t j = 0; j < result.cols; ++j) {
      outcome.product.at(m + i, step.product * jobs_[step.job].shape.n + n + j) = result.at(i, j);
      ++outcome.writes;
    }
  }
  result = Matrix();
  if (slot + 1 < step.width) {
    return;
  }
  output_step_ = nullptr;
  const bool more = &step != &steps_.back() && (&step)[1].job == step.job;
  if (!more) {
    outcome.done = now_ + 1;
    ++jobs_done_;
  }
}

void StepMachine::fail(const std::string& what) {
  if (fault_.empty()) {
    fault_ = what + " in cycle " + std::to_string(now_);
  }
}

}  // namespace orrery::timing::reference
