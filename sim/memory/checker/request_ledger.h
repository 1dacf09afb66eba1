// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "memory/checker/log_event.h"
#include "memory/dram/controller_config.h"
#include "memory/specification/spec.h"

namespace orrery::memory::checker {

struct QueuedRequest {
  std::uint64_t number = 0;
  bool is_write = false;
  std::uint32_t row = 0;
  std::uint32_t column = 0;
};

// The requests that have arrived and wait for their column command, by bank in order of arrival.
class RequestLedger {
 public:
  explicit RequestLedger(int banks) : by_bank_(static_cast<std::size_t>(banks)) {}

  [[nodiscard]] const std::vector<QueuedRequest>& of_bank(unsigned bank) const {
    return by_bank_[bank];
  }
  [[nodiscard]] std::int64_t reads() const { return reads_; }
  [[nodiscard]] std::int64_t writes() const { return writes_; }
  // The number that the next burst must have: they count from 0, forwarded ones included.
  [[nodiscard]] std::uint64_t next_number() const { return next_number_; }
  // Whether a write to the same burst waits.
  [[nodiscard]] bool holds_write(const LogEvent& arrival) const;
  // Whether a burst can enter: its list has a free place.
  [[nodiscard]] bool has_place(const LogEvent& arrival, const dram::ControllerConfig& config) const;
  // nullptr when it does not wait in this bank.
  [[nodiscard]] const QueuedRequest* find(unsigned bank, std::uint64_t number) const;

  // A burst enters; of a forwarded one only the number is kept.
  void arrive(const LogEvent& arrival);
  // Nothing happens when it does not wait in this bank.
  void serve(unsigned bank, std::uint64_t number);

 private:
  std::vector<std::vector<QueuedRequest>> by_bank_;
  std::int64_t reads_ = 0;
  std::int64_t writes_ = 0;
  std::uint64_t next_number_ = 0;
};

}  // namespace orrery::memory::checker
