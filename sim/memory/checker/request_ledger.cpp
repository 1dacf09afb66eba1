// SPDX-License-Identifier: Apache-2.0
#include "memory/checker/request_ledger.h"

#include <algorithm>

namespace orrery::memory::checker {

bool RequestLedger::holds_write(const LogEvent& arrival) const {
  const auto& requests = by_bank_[arrival.bank];
  return std::any_of(requests.begin(), requests.end(), [&](const QueuedRequest& request) {
    return request.is_write && request.row == arrival.row && request.column == arrival.column;
  });
}

bool RequestLedger::has_place(const LogEvent& arrival, const dram::ControllerConfig& config) const {
  std::int64_t taken = 0;
  switch (config.buffer) {
    case dram::BufferKind::kReadWrite:
      taken = arrival.is_write ? writes_ : reads_;
      break;
    case dram::BufferKind::kShared:
      taken = reads_ + writes_;
      break;
    case dram::BufferKind::kBankwise:
      taken = static_cast<std::int64_t>(by_bank_[arrival.bank].size());
      break;
  }
  return taken < config.buffer_size;
}

const QueuedRequest* RequestLedger::find(unsigned bank, std::uint64_t number) const {
  const auto& requests = by_bank_[bank];
  const auto found = std::find_if(requests.begin(), requests.end(),
                                  [&](const QueuedRequest& r) { return r.number == number; });
  return found == requests.end() ? nullptr : &*found;
}

void RequestLedger::arrive(const LogEvent& arrival) {
  next_number_ = arrival.number + 1;
  if (arrival.kind == EventKind::kForward) {
    return;
  }
  (arrival.is_write ? writes_ : reads_) += 1;
  by_bank_[arrival.bank].push_back({arrival.number, arrival.is_write, arrival.row, arrival.column});
}

void RequestLedger::serve(unsigned bank, std::uint64_t number) {
  const QueuedRequest* request = find(bank, number);
  if (request == nullptr) {
    return;
  }
  (request->is_write ? writes_ : reads_) -= 1;
  auto& requests = by_bank_[bank];
  requests.erase(requests.begin() + (request - requests.data()));
}

}  // namespace orrery::memory::checker
