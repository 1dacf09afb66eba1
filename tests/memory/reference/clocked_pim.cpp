// SPDX-License-Identifier: Apache-2.0
#include "tests/memory/reference/clocked_pim.h"

#include <algorithm>
#include <string_view>

#include "memory/specification/expression.h"

namespace orrery::memory::dram::test {

namespace {

// Banks stand in ascending order everywhere.
bool contains(const std::vector<int>& banks, int bank) {
  return std::binary_search(banks.begin(), banks.end(), bank);
}

std::int64_t count_in(const std::vector<int>& banks, const std::vector<int>& among) {
  return std::count_if(banks.begin(), banks.end(), [&](int bank) { return contains(among, bank); });
}

void remove(std::vector<int>& banks, const std::vector<int>& gone) {
  banks.erase(
      std::remove_if(banks.begin(), banks.end(), [&](int bank) { return contains(gone, bank); }),
      banks.end());
}

std::optional<std::int64_t>& at(ClockedPim::Rows& rows, int bank) {
  return rows[static_cast<std::size_t>(bank)];
}

const std::optional<std::int64_t>& at(const ClockedPim::Rows& rows, int bank) {
  return rows[static_cast<std::size_t>(bank)];
}

}  // namespace

ClockedPim::ClockedPim(const Spec& spec, const ControllerConfig& config,
                       const ConstraintHistory& table)
    : spec_(spec),
      config_(config),
      table_(table),
      further_(spec.row_buffers.size() - 1, Rows(static_cast<std::size_t>(spec.banks()))) {}

void ClockedPim::submit(const PimProgram& program, Cycle arrival) {
  waiting_.push_back({program, arrival, 0});
}

void ClockedPim::arrive(Cycle now, std::uint64_t next_arrival) {
  while (!waiting_.empty() && waiting_.front().arrival <= now) {
    queue_.push_back(waiting_.front());
    queue_.back().next_arrival = next_arrival;
    waiting_.pop_front();
  }
}

// Every row of every step is listed.
bool ClockedPim::waits_for(const std::vector<Write>& writes) const {
  if (queue_.empty() || begun_) {
    return false;
  }
  const auto& [program, arrival, next_arrival] = queue_.front();
  for (const PimStep& step : program.steps) {
    const Command& command = info(step.command);
    const bool works = command.kind == CommandKind::kPimCompute ||
                       command.kind == CommandKind::kPimMove ||
                       command.kind == CommandKind::kPimHeader ||
                       command.kind == CommandKind::kRead || command.kind == CommandKind::kWrite;
    if (!works || command.row_buffer < 0) {
      continue;
    }
    const std::vector<int>& banks = table_.banks(step.command, static_cast<int>(step.bank));
    const std::uint32_t repetitions = step.once ? 1 : program.repetitions;
    for (std::uint32_t repetition = 0; repetition < repetitions; ++repetition) {
      for (const Write& write : writes) {
        if (write.number < next_arrival && write.row == step.row + repetition * step.row_step &&
            std::find(banks.begin(), banks.end(), write.bank) != banks.end()) {
          return true;
        }
      }
    }
  }
  return false;
}

void ClockedPim::take_turn(const Surroundings& around) {
  if (turn_ == Turn::kMemory && !queue_.empty() && (concurrent() || around.nothing_queued)) {
    turn_ = spec_.enter_pim.empty() ? Turn::kPim : Turn::kEntering;
    step_ = 0;
  } else if (turn_ == Turn::kPim &&
             (queue_.empty() || (!concurrent() && waits_for(around.writes)))) {
    turn_ = spec_.leave_pim.empty() ? Turn::kMemory : Turn::kLeaving;
    step_ = 0;
  }
  if (turn_ == Turn::kPim && !queue_.empty()) {
    if (!begun_ && !waits_for(around.writes)) {
      begun_ = true;
      began_ = around.now;
      step_ = 0;
      repetition_ = 0;
    }
    while (begun_ && !admitted_) {
      const PimStep step = step_of_program();
      if (!info(step.command).admission.empty() && !admits(step, around)) {
        break;
      }
      if (info(step.command).kind == CommandKind::kPimHeader) {
        header_ = step;
        advance();
      } else {
        admitted_ = true;
      }
    }
  }
  waits_ = !queue_.empty() && !begun_;
}

bool ClockedPim::admits(const PimStep& step, const Surroundings& around) {
  slack_.reset();
  if (around.refresh_is_due) {
    return false;
  }
  const Cycle needed = estimate(step, around.rows);
  if (!around.next_refresh) {
    return true;
  }
  const Cycle left = *around.next_refresh - around.now;
  if (needed >= left) {
    return false;
  }
  slack_ = left - needed;
  return true;
}

Cycle ClockedPim::estimate(const PimStep& step, const Rows& first) const {
  PimOrder order;
  order.command = step.command;
  order.bank = static_cast<int>(step.bank);
  order.row = step.row;
  const Missing missing = missing_for(order, first);
  const auto lookup = [&](std::string_view name) -> std::optional<base::Rational> {
    const auto number = [](auto value) { return base::Rational(static_cast<std::int64_t>(value)); };
    if (name == "activates") {
      return number(missing.opening.size() + missing.opening_later.size());
    }
    if (name == "precharges") {
      return number(missing.closing.size());
    }
    if (name == "count") {
      return number(step.count);
    }
    if (name == "results") {
      return number(step.results);
    }
    return base::Rational(spec_.parameter(name));
  };
  const base::Rational value = evaluate(info(step.command).admission, spec_.tck, lookup);
  return value < 0 ? 0 : base::ceil(value);
}

PimStep ClockedPim::step_of_program() const {
  PimStep step = queue_.front().program.steps[step_];
  step.row += repetition_ * step.row_step;
  step.column += repetition_ * step.column_step;
  return step;
}

void ClockedPim::advance() {
  admitted_ = false;
  const std::vector<PimStep>& steps = queue_.front().program.steps;
  do {
    if (++step_ == steps.size()) {
      step_ = 0;
      ++repetition_;
    }
  } while (repetition_ > 0 && steps[step_].once);
}

std::optional<PimOrder> ClockedPim::head() const {
  PimOrder order;
  order.is_step = true;
  const auto take = [&order](const CommandStep& step) {
    order.command = step.command;
    order.bank = static_cast<int>(step.bank);
    order.row = step.row;
    order.column = step.column;
  };
  if (turn_ == Turn::kEntering || turn_ == Turn::kLeaving) {
    take(turn_ == Turn::kEntering ? spec_.enter_pim[step_] : spec_.leave_pim[step_]);
    return order;
  }
  if (turn_ != Turn::kPim || !begun_ || !admitted_) {
    return std::nullopt;
  }
  const PimStep step = step_of_program();
  take(step);
  order.count = step.count;
  return order;
}

ClockedPim::Rows ClockedPim::rows_of(int buffer, const Rows& first) const {
  return buffer == 0 ? first : further_[static_cast<std::size_t>(buffer) - 1];
}

bool ClockedPim::needs_row(int command) const {
  const CommandKind kind = info(command).kind;
  return info(command).row_buffer >= 0 &&
         (kind == CommandKind::kRead || kind == CommandKind::kWrite ||
          kind == CommandKind::kPimCompute || kind == CommandKind::kPimMove ||
          kind == CommandKind::kPimHeader);
}

ClockedPim::Missing ClockedPim::missing_for(const PimOrder& step, const Rows& first) const {
  Missing missing;
  if (!needs_row(step.command)) {
    return missing;
  }
  const Command& command = info(step.command);
  const std::vector<int>& banks = table_.banks(step.command, step.bank);
  std::vector<int> must_close;  // before their rows are opened
  for (int buffer = 0; buffer < static_cast<int>(spec_.row_buffers.size()); ++buffer) {
    if (buffer == command.row_buffer) {
      continue;
    }
    std::vector<int> same;
    for (const int bank : banks) {
      if (at(rows_of(buffer, first), bank) == step.row) {
        same.push_back(bank);
        must_close.push_back(bank);
      }
    }
    close(buffer, same, {}, missing.closing);
  }
  const Rows rows = rows_of(command.row_buffer, first);
  std::vector<int> right;
  std::vector<int> closed;
  for (const int bank : banks) {
    if (at(rows, bank) == step.row) {
      right.push_back(bank);
    } else if (at(rows, bank)) {
      must_close.push_back(bank);
    } else {
      closed.push_back(bank);
    }
  }
  std::vector<PimOrder> opening;
  if (command.opens_with < 0) {
    std::vector<int> wrong;
    std::vector<int> to_open;
    for (const int bank : banks) {
      if (!contains(right, bank)) {
        to_open.push_back(bank);
        if (!contains(closed, bank)) {
          wrong.push_back(bank);
        }
      }
    }
    close(command.row_buffer, wrong, right, missing.closing);
    open(command.row_buffer, to_open, step.row, opening);
  } else if (right.size() != banks.size()) {
    // In all the banks on which these commands act.
    const std::vector<int>& wide = table_.banks(command.opens_with, step.bank);
    std::vector<int> in_the_way;
    for (const int bank : wide) {
      if (at(rows, bank)) {
        in_the_way.push_back(bank);
        must_close.push_back(bank);
      }
    }
    if (!in_the_way.empty() && command.closes_with >= 0) {
      const int lowest = table_.banks(command.closes_with, step.bank).front();
      missing.closing.push_back({command.closes_with, lowest});
    } else {
      close(command.row_buffer, in_the_way, {}, missing.closing);
    }
    opening.push_back({command.opens_with, wide.front(), step.row});
  }
  std::sort(must_close.begin(), must_close.end());
  for (const PimOrder& order : opening) {
    const bool waits = count_in(table_.banks(order.command, order.bank), must_close) > 0;
    (waits ? missing.opening_later : missing.opening).push_back(order);
  }
  return missing;
}

bool ClockedPim::is_row_command(int command, bool opens, int buffer) const {
  const CommandKind kind = info(command).kind;
  const bool of_kind = opens ? kind == CommandKind::kActivate || kind == CommandKind::kPimActivate
                             : kind == CommandKind::kPrecharge ||
                                   kind == CommandKind::kPrechargeAll ||
                                   kind == CommandKind::kPimPrecharge;
  return of_kind && info(command).row_buffer == buffer;
}

void ClockedPim::close(int buffer, const std::vector<int>& banks, const std::vector<int>& kept,
                       std::vector<PimOrder>& result) const {
  std::vector<int> left = banks;
  while (!left.empty()) {
    std::optional<int> best;
    const auto closes = [&](int command) {
      return count_in(table_.banks(command, left.front()), left);
    };
    const auto acts_on = [&](int command) { return table_.banks(command, left.front()).size(); };
    for (int command = 0; command < static_cast<int>(spec_.commands.size()); ++command) {
      if (!is_row_command(command, false, buffer) ||
          count_in(table_.banks(command, left.front()), kept) > 0) {
        continue;
      }
      if (!best || closes(command) > closes(*best) ||
          (closes(command) == closes(*best) && acts_on(command) < acts_on(*best))) {
        best = command;
      }
    }
    if (!best) {
      return;
    }
    const std::vector<int>& closed = table_.banks(*best, left.front());
    result.push_back({*best, closed.front()});
    remove(left, closed);
  }
}

void ClockedPim::open(int buffer, std::vector<int> banks, std::int64_t row,
                      std::vector<PimOrder>& result) const {
  std::vector<PimOrder> found;
  while (!banks.empty()) {
    // The widest command anywhere that fits, the lowest bank first.
    std::optional<PimOrder> best;
    std::size_t most = 0;
    for (const int bank : banks) {
      for (int command = 0; command < static_cast<int>(spec_.commands.size()); ++command) {
        const std::vector<int>& acted_on = table_.banks(command, bank);
        const bool fits = is_row_command(command, true, buffer) && acted_on.size() > most &&
                          count_in(acted_on, banks) == static_cast<std::int64_t>(acted_on.size());
        if (fits) {
          most = acted_on.size();
          best = PimOrder{command, acted_on.front(), row};
        }
      }
    }
    if (!best) {
      break;
    }
    found.push_back(*best);
    remove(banks, table_.banks(best->command, best->bank));
  }
  result.insert(result.end(), found.begin(), found.end());
}

std::vector<PimOrder> ClockedPim::closing(const std::vector<int>& banks) const {
  std::vector<PimOrder> result;
  for (int buffer = 1; buffer < static_cast<int>(spec_.row_buffers.size()); ++buffer) {
    std::vector<int> open;
    for (const int bank : banks) {
      if (at(further_[static_cast<std::size_t>(buffer) - 1], bank)) {
        open.push_back(bank);
      }
    }
    close(buffer, open, {}, result);
  }
  return result;
}

std::vector<PimOrder> ClockedPim::orders(const Rows& rows) const {
  const std::optional<PimOrder> step = head();
  if (!step) {
    std::vector<int> all;
    for (int bank = 0; bank < spec_.banks(); ++bank) {
      all.push_back(bank);
    }
    return queue_.empty() || waits_ ? closing(all) : std::vector<PimOrder>();
  }
  const Missing missing = missing_for(*step, rows);
  std::vector<PimOrder> result = missing.closing;
  result.insert(result.end(), missing.opening.begin(), missing.opening.end());
  // Closing ones before opening ones, the lowest bank first.
  const auto by_bank = [](const PimOrder& a, const PimOrder& b) { return a.bank < b.bank; };
  const auto middle = result.begin() + static_cast<std::ptrdiff_t>(missing.closing.size());
  std::sort(result.begin(), middle, by_bank);
  std::sort(middle, result.end(), by_bank);
  if (missing.closing.empty() && missing.opening.empty() && missing.opening_later.empty()) {
    result.push_back(*step);
    result.back().bank = table_.banks(step->command, step->bank).front();
  }
  return result;
}

std::optional<ClockedPim::Done> ClockedPim::sent(const PimOrder& order, Cycle now) {
  const Command& command = info(order.command);
  const bool opens = is_row_command(order.command, true, command.row_buffer);
  const bool closes = is_row_command(order.command, false, command.row_buffer);
  if (command.row_buffer > 0 && (opens || closes)) {
    for (const int bank : table_.banks(order.command, order.bank)) {
      at(further_[static_cast<std::size_t>(command.row_buffer) - 1], bank) =
          opens ? std::optional<std::int64_t>(order.row) : std::nullopt;
    }
  }
  Account& account = accounts_[queue_.empty() ? 0 : queue_.front().program.layer];
  if (!order.is_step) {
    ++account.row_commands;
    return std::nullopt;
  }
  ++account.steps;
  account.bytes_in += static_cast<std::uint64_t>(command.bytes_in) * order.count;
  account.bytes_out += static_cast<std::uint64_t>(command.bytes_out);
  return step_sent(order, now);
}

std::optional<ClockedPim::Done> ClockedPim::step_sent(const PimOrder& order, Cycle now) {
  if (turn_ != Turn::kPim) {
    const std::size_t steps =
        turn_ == Turn::kEntering ? spec_.enter_pim.size() : spec_.leave_pim.size();
    if (++step_ == steps) {
      turn_ = turn_ == Turn::kEntering ? Turn::kPim : Turn::kMemory;
    }
    return std::nullopt;
  }
  const Command& command = info(order.command);
  const Cycle latency = command.latency.empty() ? command.cycles : command.latency[order.count];
  complete_ = std::max(complete_, now + latency);
  advance();
  const PimProgram& program = queue_.front().program;
  if (repetition_ < program.repetitions) {
    const Command& next = info(program.steps[step_].command);
    admitted_ = next.admission.empty() && next.kind != CommandKind::kPimHeader;
    return std::nullopt;
  }
  const Done done = {program.ticket, program.initiator, complete_};
  busy_ += std::max<Cycle>(complete_ - std::max(began_, busy_until_), 0);
  busy_until_ = std::max(busy_until_, complete_);
  queue_.pop_front();
  begun_ = false;
  waits_ = false;
  complete_ = 0;
  slack_.reset();
  header_.reset();
  return done;
}

bool ClockedPim::slack_at_most(std::int64_t cycles) const {
  return slack_ && head() && *slack_ <= cycles;
}

bool ClockedPim::withholds_all() const {
  return concurrent() ? slack_at_most(config_.pim_slack_memory - 1) : turn_ != Turn::kMemory;
}

bool ClockedPim::withholds_bank(int bank) const {
  const std::optional<PimOrder> step = head();
  return step && needs_row(step->command) && info(step->command).row_buffer == 0 &&
         contains(table_.banks(step->command, step->bank), bank);
}

bool ClockedPim::withholds_activate(int bank, std::int64_t row) const {
  if (slack_at_most(config_.pim_slack_activate)) {
    return true;
  }
  const bool reserved =
      header_ && info(header_->command).row_buffer > 0 && header_->row == row &&
      contains(table_.banks(header_->command, static_cast<int>(header_->bank)), bank);
  return reserved || std::any_of(further_.begin(), further_.end(),
                                 [&](const Rows& rows) { return at(rows, bank) == row; });
}

bool ClockedPim::withholds_precharge() const {
  return slack_at_most(config_.pim_slack_precharge);
}

bool ClockedPim::withholds_optional_refresh() const {
  return !queue_.empty() || turn_ != Turn::kMemory;
}

void ClockedPim::row_command_of_memory() {
  if (slack_) {
    *slack_ -= config_.pim_slack_cost;
  }
}

}  // namespace orrery::memory::dram::test
