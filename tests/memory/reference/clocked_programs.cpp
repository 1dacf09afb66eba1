// SPDX-License-Identifier: Apache-2.0
// What the clocked controller sends for programs.
#include <algorithm>

#include "tests/memory/reference/clocked_controller.h"

namespace orrery::memory::dram::test {

ClockedPim::Rows ClockedController::memory_rows() const {
  ClockedPim::Rows rows;
  for (const Bank& each : banks_) {
    rows.push_back(each.row);
  }
  return rows;
}

std::vector<ClockedPim::Write> ClockedController::queued_writes() const {
  std::vector<ClockedPim::Write> writes;
  for (const Entry& entry : queue_) {
    if (entry.is_write) {
      writes.push_back({entry.number, entry.bank, entry.row});
    }
  }
  return writes;
}

void ClockedController::take_turn_of_pim() {
  pim_.arrive(now_, arrivals_);
  ClockedPim::Surroundings around;
  around.now = now_;
  around.nothing_queued = queue_.empty();
  around.writes = queued_writes();
  around.refresh_is_due = blocked_ != 0;
  for (const RefreshLedger& each : ledgers_) {
    if (each.exists()) {
      around.next_refresh =
          std::min(around.next_refresh.value_or(each.next_due()), each.next_due());
    }
  }
  around.rows = memory_rows();
  pim_.take_turn(around);
}

bool ClockedController::send_pim(int bus) {
  return blocked_ == 0 && send_first(bus, pim_.orders(memory_rows()));
}

bool ClockedController::send_first(int bus, const std::vector<PimOrder>& orders) {
  for (const PimOrder& order : orders) {
    if (command(order.command).bus == bus && table_.allowed(order.command, order.bank, now_)) {
      send(order);
      return true;
    }
  }
  return false;
}

void ClockedController::send(const PimOrder& order) {
  const Command& sent = command(order.command);
  const std::vector<int>& acted_on = table_.banks(order.command, order.bank);
  CommandRecord record;
  record.cycle = now_;
  record.command = order.command;
  record.bank = static_cast<std::uint32_t>(order.bank);
  record.row = static_cast<std::uint32_t>(order.row);
  record.column = static_cast<std::uint32_t>(order.column);
  record.request = kNoRequest;
  record.count = order.count;
  log_.command(record);
  ++command_counts_[static_cast<std::size_t>(order.command)];
  repetitions_[static_cast<std::size_t>(order.command)] += order.count;
  bus_free_[static_cast<std::size_t>(sent.bus)] = now_ + sent.cycles;
  const bool opens = sent.kind == CommandKind::kActivate || sent.kind == CommandKind::kPimActivate;
  const bool closes = sent.kind == CommandKind::kPrecharge ||
                      sent.kind == CommandKind::kPrechargeAll ||
                      sent.kind == CommandKind::kPimPrecharge;
  for (const int each : acted_on) {
    rank(rank_of(each)).busy = now_;
    if (sent.row_buffer == 0 && closes) {
      bank(each).row.reset();
    }
    if (sent.row_buffer == 0 && opens) {
      bank(each).row = order.row;
      bank(each).last_use = now_;
      bank(each).overtakes = 0;
    }
  }
  table_.issue(order.command, order.bank, now_, order.count);
  const std::optional<ClockedPim::Done> done = pim_.sent(order, now_);
  if (done) {
    completions_.push_back({done->ticket, done->initiator, done->cycle});
  }
}

}  // namespace orrery::memory::dram::test
