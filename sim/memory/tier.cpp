// SPDX-License-Identifier: Apache-2.0
#include "memory/tier.h"

#include <tuple>

#include "base/error.h"

namespace orrery::memory {

Tier::Tier(const sc_core::sc_module_name& name, std::int64_t capacity)
    : sc_core::sc_module(name), capacity_(capacity) {
  SC_METHOD(deliver);
  sensitive << answer_due_;
  dont_initialize();
}

void Tier::submit(const Transfer& transfer, std::uint64_t ticket, TransferListener& listener) {
  base::require_invariant(fits(transfer), "a transfer lies within its memory", name());
  base::require_invariant(transfer.row_bytes > 0, "a transfer moves bytes", name());
  accept(transfer, next_request(transfer.initiator, ticket, listener));
}

Tier::Request Tier::next_request(std::uint32_t initiator, std::uint64_t ticket,
                                 TransferListener& listener) {
  if (sequences_.size() <= initiator) {
    sequences_.resize(initiator + 1, 0);
  }
  return {ticket, &listener, initiator, sequences_[initiator]++};
}

void Tier::answer_at(Femtoseconds time, const Request& request) {
  base::require_invariant(time > now(), "an answer lies in the future", name());
  answers_.push({time, request});
  answer_due_.notify(
      sc_core::sc_time::from_value(static_cast<sc_dt::uint64>(answers_.top().time - now())));
}

void Tier::deliver() {
  while (!answers_.empty() && answers_.top().time <= now()) {
    const Request request = answers_.top().request;
    answers_.pop();
    request.listener->transfer_done(request.ticket);
  }
  if (!answers_.empty()) {
    answer_due_.notify(
        sc_core::sc_time::from_value(static_cast<sc_dt::uint64>(answers_.top().time - now())));
  }
}

Femtoseconds Tier::now() {
  return static_cast<Femtoseconds>(sc_core::sc_time_stamp().value());
}

bool Tier::Answer::operator>(const Answer& other) const {
  return std::tie(time, request.initiator, request.sequence) >
         std::tie(other.time, other.request.initiator, other.request.sequence);
}

}  // namespace orrery::memory
