// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <queue>
#include <string>
#include <systemc>
#include <vector>

#include "base/clock.h"
#include "base/interval_sums.h"
#include "memory/address/transfer.h"
#include "memory/tier_statistics.h"

namespace orrery::memory {

using base::Femtoseconds;

// Hears when the answer to a transfer is back: all data of a read has arrived at the initiator, all
// bursts of a write are acknowledged there.
class TransferListener {
 public:
  virtual ~TransferListener() = default;
  // Called at the simulated time of the event. May submit further transfers.
  virtual void transfer_done(std::uint64_t ticket) = 0;
};

// One memory of the platform. SystemC time must have a resolution of 1 fs.
//
// Everything a tier does to others lies strictly later than what caused it, and what happens at
// equal times is ordered by (time, initiator, order of the initiator's submissions). So neither the
// order in which modules are built nor the order in which SystemC runs processes can be seen.
class Tier : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(Tier);
  // capacity in bytes.
  Tier(const sc_core::sc_module_name& name, std::int64_t capacity);

  // Requests the transfer at the current simulated time. The bytes must lie within the capacity:
  // InternalError otherwise, for placement is to be checked before (fits()). The listener must
  // outlive the answer. Several transfers of one initiator may be under way; their requests are
  // made in this order, their answers may overtake one another.
  void submit(const Transfer& transfer, std::uint64_t ticket, TransferListener& listener);

  [[nodiscard]] std::int64_t capacity() const { return capacity_; }
  [[nodiscard]] bool fits(const Transfer& transfer) const {
    return end_address(transfer) <= static_cast<std::uint64_t>(capacity_);
  }

  // Closes the accounts: refresh and standby go on up to `end`. Once, after the simulation.
  virtual void finish(Femtoseconds end) = 0;
  // After finish().
  [[nodiscard]] virtual TierStatistics statistics() const = 0;
  // Bytes in whole bursts by the time in which they took the data path.
  [[nodiscard]] virtual base::IntervalSums bytes_over_time() const = 0;

 protected:
  // A transfer under way.
  struct Request {
    std::uint64_t ticket = 0;
    TransferListener* listener = nullptr;
    std::uint32_t initiator = 0;
    std::uint64_t sequence = 0;  // counts the initiator's submissions
  };

  // The initiator's next.
  [[nodiscard]] Request next_request(std::uint32_t initiator, std::uint64_t ticket,
                                     TransferListener& listener);
  virtual void accept(const Transfer& transfer, const Request& request) = 0;

  // Tells the listener at a time later than now.
  void answer_at(Femtoseconds time, const Request& request);
  [[nodiscard]] static Femtoseconds now();

 private:
  struct Answer {
    Femtoseconds time = 0;
    Request request;
    [[nodiscard]] bool operator>(const Answer& other) const;
  };

  void deliver();

  std::int64_t capacity_;
  std::vector<std::uint64_t> sequences_;  // by initiator
  std::priority_queue<Answer, std::vector<Answer>, std::greater<>> answers_;
  sc_core::sc_event answer_due_;
};

}  // namespace orrery::memory
