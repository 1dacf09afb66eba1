// SPDX-License-Identifier: Apache-2.0
#include "memory/dram/pim_unit.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "base/error.h"

namespace orrery::memory::dram {

namespace {

// The banks of the mask whose row is (is not) `row`, and the closed ones.
struct RowMasks {
  std::uint64_t right = 0;
  std::uint64_t wrong = 0;
  std::uint64_t closed = 0;
};

RowMasks masks_of(const PimUnit::Rows& rows, std::uint64_t banks, std::int64_t row) {
  RowMasks masks;
  for (std::uint64_t left = banks; left != 0; left &= left - 1) {
    const auto bank = static_cast<unsigned>(std::countr_zero(left));
    std::uint64_t& mask = rows[bank] < 0      ? masks.closed
                          : rows[bank] == row ? masks.right
                                              : masks.wrong;
    mask |= left & -left;
  }
  return masks;
}

bool needs_row(const Command& command) {
  switch (command.kind) {
    case CommandKind::kRead:
    case CommandKind::kWrite:
    case CommandKind::kPimCompute:
    case CommandKind::kPimMove:
    case CommandKind::kPimHeader:
      return command.row_buffer >= 0;
    default:
      return false;
  }
}

}  // namespace

PimUnit::PimUnit(const Spec& spec, const ControllerConfig& config, const Rows& memory_rows)
    : spec_(spec),
      config_(config),
      memory_rows_(memory_rows),
      commands_(spec),
      concurrent_(config.pim_policy == PimPolicyKind::kConcurrent),
      further_rows_(spec.row_buffers.size() - 1) {
  for (Rows& rows : further_rows_) {
    rows.fill(kClosed);
  }
}

void PimUnit::submit(PimProgram program, Cycle arrival) {
  base::require_invariant(!program.steps.empty() && program.repetitions > 0 &&
                              info(program.steps.back().command).kind != CommandKind::kPimHeader,
                          "a PIM program ends with a command that is sent", spec_.name);
  const auto is_once = [](const PimStep& step) { return step.once; };
  base::require_invariant(
      !program.steps.back().once &&
          std::is_partitioned(program.steps.begin(), program.steps.end(), is_once),
      "a PIM program begins with what it does once and ends with what it repeats", spec_.name);
  const auto first =
      static_cast<std::size_t>(std::count_if(program.steps.begin(), program.steps.end(), is_once));
  waiting_.push_back({std::move(program), arrival, 0, first});
}

void PimUnit::arrive(Cycle cycle, std::uint64_t first_request) {
  while (!waiting_.empty() && waiting_.front().arrival <= cycle) {
    queue_.push_back(std::move(waiting_.front()));
    queue_.back().first_request = first_request;
    waiting_.pop_front();
  }
}

bool PimUnit::waits_for_write(std::uint64_t number, unsigned bank, std::uint32_t row) const {
  const Queued& first = queue_.front();
  if (number >= first.first_request) {
    return false;
  }
  return std::any_of(
      first.program.steps.begin(), first.program.steps.end(), [&](const PimStep& step) {
        const std::uint32_t above = row - step.row;
        const bool is_needed =
            row >= step.row &&
            (step.row_step == 0 || step.once
                 ? above == 0
                 : above % step.row_step == 0 && above / step.row_step < first.program.repetitions);
        return is_needed && needs_row(info(step.command)) &&
               (commands_.banks_of(step.command, step.bank) >> bank & 1) != 0;
      });
}

bool PimUnit::is_unsettled() const {
  switch (mode_) {
    case Mode::kMemory:
      return !queue_.empty();
    case Mode::kWorking:
      return !head_;
    case Mode::kEntering:
    case Mode::kLeaving:
      break;
  }
  return false;
}

void PimUnit::turn(const Memory& memory) {
  if (mode_ == Mode::kMemory && !queue_.empty() && (concurrent_ || memory.empty)) {
    mode_ = spec_.enter_pim.empty() ? Mode::kWorking : Mode::kEntering;
    step_ = 0;
  } else if (mode_ == Mode::kWorking &&
             (queue_.empty() || (!concurrent_ && !begun_ && memory.must_write))) {
    mode_ = spec_.leave_pim.empty() ? Mode::kMemory : Mode::kLeaving;
    step_ = 0;
  }
}

void PimUnit::settle(Cycle cycle, const Memory& memory) {
  turn(memory);
  if (mode_ == Mode::kWorking && !queue_.empty()) {
    if (!begun_ && !memory.must_write) {
      begun_ = true;
      begin_ = cycle;
      step_ = 0;
      repetition_ = 0;
    }
    if (begun_) {
      admit(cycle, memory);
    }
  }
  waits_ = !queue_.empty() && !begun_;
  find_head();
}

void PimUnit::admit(Cycle cycle, const Memory& memory) {
  while (!admitted_) {
    const PimStep step = step_of_program();
    const Command& command = info(step.command);
    if (!command.admission.empty() && !fits(step, cycle, memory)) {
      return;
    }
    if (command.kind != CommandKind::kPimHeader) {
      admitted_ = true;
      return;
    }
    announced_row_ = step.row;
    announced_buffer_ = command.row_buffer;
    announced_banks_ = commands_.banks_of(step.command, step.bank);
    next_step();
  }
}

bool PimUnit::fits(const PimStep& step, Cycle cycle, const Memory& memory) {
  if (memory.must_refresh) {
    return false;
  }
  needs_of(step, needs_);
  const PimCommands::Work work = {static_cast<std::int64_t>(needs_.openers.size()),
                                  static_cast<std::int64_t>(needs_.closers.size()), step.count,
                                  step.results};
  const Cycle estimate = commands_.estimate(step.command, work);
  if (memory.next_refresh == kNeverCycle || estimate < memory.next_refresh - cycle) {
    slack_ = memory.next_refresh == kNeverCycle ? kNoSlack : memory.next_refresh - cycle - estimate;
    refusals_ = 0;
    return true;
  }
  slack_ = kNoSlack;
  refusals_ += refused_before_ == memory.next_refresh ? 0 : 1;
  refused_before_ = memory.next_refresh;
  if (refusals_ > 2 * spec_.ranks() + 2) {
    throw base::UserError(base::Diagnostic{
        {},
        "",
        fmt::format("{}: '{}' announces work of {} cycles, which fits between no two refreshes",
                    spec_.name, info(step.command).name, estimate),
        fmt::format("less than {} cycles", spec_.refresh_interval / spec_.ranks()),
        ""});
  }
  return false;
}

PimStep PimUnit::step_of_program() const {
  PimStep step = queue_.front().program.steps[step_];
  step.row += repetition_ * step.row_step;
  step.column += repetition_ * step.column_step;
  return step;
}

void PimUnit::find_head() {
  head_.reset();
  if (mode_ == Mode::kEntering || mode_ == Mode::kLeaving) {
    const auto& steps = mode_ == Mode::kEntering ? spec_.enter_pim : spec_.leave_pim;
    head_.emplace();
    static_cast<CommandStep&>(*head_) = steps[step_];
  } else if (mode_ == Mode::kWorking && admitted_) {
    head_ = step_of_program();
  }
}

void PimUnit::needs_of(const PimStep& step, Needs& needs) const {
  needs.closers.clear();
  needs.openers.clear();
  const Command& command = info(step.command);
  if (!needs_row(command)) {
    return;
  }
  const std::uint64_t banks = commands_.banks_of(step.command, step.bank);
  // A row is open in one buffer of its bank at most.
  std::uint64_t elsewhere = 0;
  for (int buffer = 0; buffer < static_cast<int>(spec_.row_buffers.size()); ++buffer) {
    if (buffer != command.row_buffer) {
      const std::uint64_t same = masks_of(rows(buffer), banks, step.row).right;
      commands_.closers(buffer, same, 0, needs.closers);
      elsewhere |= same;
    }
  }
  const RowMasks masks = masks_of(rows(command.row_buffer), banks, step.row);
  if (command.opens_with >= 0) {
    needs_of_wide(command, step.bank, masks.right == banks, needs);
    unready_ |= elsewhere;
    return;
  }
  commands_.closers(command.row_buffer, masks.wrong, masks.right, needs.closers);
  commands_.openers(command.row_buffer, banks & ~masks.right, needs.openers);
  // What must be closed first is no candidate yet.
  unready_ = (elsewhere | masks.wrong) & banks;
}

// A command that opens more banks than are needed asks for all of them closed.
void PimUnit::needs_of_wide(const Command& command, unsigned bank, bool is_open,
                            Needs& needs) const {
  unready_ = 0;
  if (is_open) {
    return;
  }
  const std::uint64_t wide = commands_.banks_of(command.opens_with, bank);
  const std::uint64_t open = masks_of(rows(command.row_buffer), wide, kClosed).wrong;
  if (open != 0 && command.closes_with >= 0) {
    const std::uint64_t closed = commands_.banks_of(command.closes_with, bank);
    needs.closers.push_back(
        {command.closes_with, static_cast<unsigned>(std::countr_zero(closed)), closed});
  } else if (open != 0) {
    commands_.closers(command.row_buffer, open, 0, needs.closers);
  }
  needs.openers.push_back(
      {command.opens_with, static_cast<unsigned>(std::countr_zero(wide)), wide});
  unready_ = open;
}

PimUnit::Choice PimUnit::choose(const TimingState& timing,
                                const std::vector<Cycle>& bus_floor) const {
  Choice best;
  const auto consider = [&](int command, std::uint64_t banks, const PimStep& operands,
                            bool is_step) {
    const auto bus = static_cast<std::size_t>(info(command).bus);
    const Cycle cycle = std::max(bus_floor[bus], timing.earliest_of_nodes(command, banks));
    if (cycle < best.cycle || (cycle == best.cycle && operands.bank < best.operands.bank)) {
      best = {cycle, command, is_step, operands, banks};
    }
  };
  if (!head_) {
    const bool may_close = queue_.empty() || waits_;
    return may_close ? close_further(~std::uint64_t{0}, timing, bus_floor) : best;
  }
  needs_of(*head_, needs_);
  PimStep operands;
  for (const PimCommands::RowCommand& row : needs_.closers) {
    operands.bank = row.bank;
    consider(row.command, row.banks, operands, false);
  }
  // Closing ones go before opening ones that could be sent in the same cycle.
  const Choice closing = std::exchange(best, {});
  operands.row = head_->row;
  for (const PimCommands::RowCommand& row : needs_.openers) {
    if ((row.banks & unready_) == 0) {
      operands.bank = row.bank;
      consider(row.command, row.banks, operands, false);
    }
  }
  best = closing.cycle <= best.cycle ? closing : best;
  if (needs_.closers.empty() && needs_.openers.empty()) {
    consider(head_->command, commands_.banks_of(head_->command, head_->bank), *head_, true);
  }
  return best;
}

bool PimUnit::any_further_open(std::uint64_t banks) const {
  return std::any_of(further_rows_.begin(), further_rows_.end(), [&](const Rows& rows) {
    const RowMasks masks = masks_of(rows, banks & all_banks(), kClosed);
    return masks.wrong != 0;
  });
}

PimUnit::Choice PimUnit::close_further(std::uint64_t banks, const TimingState& timing,
                                       const std::vector<Cycle>& bus_floor) const {
  Choice best;
  for (int buffer = 1; buffer < static_cast<int>(spec_.row_buffers.size()); ++buffer) {
    needs_.closers.clear();
    commands_.closers(buffer, masks_of(rows(buffer), banks & all_banks(), kClosed).wrong, 0,
                      needs_.closers);
    for (const PimCommands::RowCommand& row : needs_.closers) {
      const auto bus = static_cast<std::size_t>(info(row.command).bus);
      const Cycle cycle =
          std::max(bus_floor[bus], timing.earliest_of_nodes(row.command, row.banks));
      if (cycle < best.cycle) {
        best.cycle = cycle;
        best.command = row.command;
        best.operands.bank = row.bank;
        best.banks = row.banks;
      }
    }
  }
  return best;
}

std::optional<PimUnit::Completion> PimUnit::issued(const Choice& choice, Cycle cycle) {
  const Command& command = info(choice.command);
  if (command.row_buffer > 0 &&
      (command.kind == CommandKind::kPimActivate || command.kind == CommandKind::kPimPrecharge)) {
    Rows& rows = further_rows_[static_cast<std::size_t>(command.row_buffer) - 1];
    for (std::uint64_t left = choice.banks; left != 0; left &= left - 1) {
      rows[static_cast<unsigned>(std::countr_zero(left))] =
          command.kind == CommandKind::kPimActivate ? static_cast<std::int64_t>(choice.operands.row)
                                                    : kClosed;
    }
  }
  if (!choice.is_step) {
    return std::nullopt;
  }
  if (mode_ != Mode::kWorking) {
    const auto& steps = mode_ == Mode::kEntering ? spec_.enter_pim : spec_.leave_pim;
    if (++step_ == steps.size()) {
      mode_ = mode_ == Mode::kEntering ? Mode::kWorking : Mode::kMemory;
    }
    find_head();
    return std::nullopt;
  }
  complete_ = std::max(complete_, cycle + command.latency_of(choice.operands.count));
  const Queued& queued = queue_.front();
  const Completion completion = {queued.program.ticket, queued.program.initiator, complete_};
  const bool complete = next_step();
  // A step that asks for nothing goes on without a settlement.
  if (!complete) {
    const Command& next = info(queue_.front().program.steps[step_].command);
    admitted_ = next.admission.empty() && next.kind != CommandKind::kPimHeader;
  }
  find_head();
  return complete ? std::optional<Completion>(completion) : std::nullopt;
}

bool PimUnit::next_step() {
  admitted_ = false;
  const PimProgram& program = queue_.front().program;
  if (++step_ < program.steps.size()) {
    return false;
  }
  step_ = queue_.front().first_repeated;
  if (++repetition_ < program.repetitions) {
    return false;
  }
  busy_ += std::max<Cycle>(complete_ - std::max(begin_, busy_until_), 0);
  busy_until_ = std::max(busy_until_, complete_);
  queue_.pop_front();
  begun_ = false;
  waits_ = false;
  complete_ = 0;
  slack_ = kNoSlack;
  announced_row_ = kClosed;
  return true;
}

bool PimUnit::holds_memory_back() const {
  return concurrent_ ? lacks_slack(config_.pim_slack_memory - 1) : mode_ != Mode::kMemory;
}

std::uint64_t PimUnit::held_banks() const {
  return head_ && info(head_->command).row_buffer == 0 && needs_row(info(head_->command))
             ? commands_.banks_of(head_->command, head_->bank)
             : 0;
}

bool PimUnit::owns(unsigned bank, std::int64_t row) const {
  if (announced_row_ == row && announced_buffer_ > 0 && (announced_banks_ >> bank & 1U) != 0) {
    return true;
  }
  return std::any_of(further_rows_.begin(), further_rows_.end(),
                     [&](const Rows& rows) { return rows[bank] == row; });
}

Cycle PimUnit::completion_bound(Cycle horizon) const {
  const auto buses = static_cast<Cycle>(spec_.command_buses.size());
  Cycle bound = kNeverCycle;
  // A later program with a short last step can be complete before an earlier one. It begins in the
  // cycle after the last step of that at the soonest.
  Cycle begin = horizon;
  const auto pass = [&](const Queued& queued, std::uint32_t done) {
    const PimProgram& program = queued.program;
    const auto sent =
        std::count_if(program.steps.begin(), program.steps.end(), [this](const PimStep& step) {
          return !step.once && info(step.command).kind != CommandKind::kPimHeader;
        });
    const PimStep& last = program.steps.back();
    const Cycle last_sent = std::max(begin, queued.arrival) +
                            static_cast<Cycle>(program.repetitions - done - 1) * sent / buses;
    bound = std::min(bound, last_sent + info(last.command).latency_of(last.count));
    begin = last_sent + 1;
  };
  for (std::size_t i = 0; i < queue_.size() && begin < bound; ++i) {
    pass(queue_[i], i == 0 && begun_ ? repetition_ : 0);
  }
  for (std::size_t i = 0; i < waiting_.size() && begin < bound; ++i) {
    pass(waiting_[i], 0);
  }
  return bound;
}

}  // namespace orrery::memory::dram
