// SPDX-License-Identifier: Apache-2.0
#include "memory/tlm/dram_target.h"

#include <algorithm>
#include <string>

#include "base/error.h"

namespace orrery::memory::tlm {

using sc_core::sc_time;

namespace {

bool is_ignored(const ::tlm::tlm_generic_payload& payload) {
  return payload.get_command() == ::tlm::TLM_IGNORE_COMMAND;
}

}  // namespace

DramTarget::DramTarget(const sc_core::sc_module_name& name, Tier& tier, SparseBytes& store,
                       const DramTargetConfig& config)
    : sc_core::sc_module(name),
      socket("socket"),
      tier_(tier),
      store_(store),
      config_(config),
      phases_(this, &DramTarget::phase_reached) {
  if (config.outstanding < 1) {
    throw base::UserError({{}, "", "a target that can take no transaction", "1 or more", ""});
  }
  socket.register_nb_transport_fw(this, &DramTarget::nb_transport_fw);
  socket.register_b_transport(this, &DramTarget::b_transport);
  socket.register_transport_dbg(this, &DramTarget::transport_dbg);
}

void DramTarget::violation(const std::string& rule) const {
  throw base::UserError({{}, name(), "broken rule of the TLM-2.0 base protocol: " + rule, "", ""});
}

::tlm::tlm_sync_enum DramTarget::nb_transport_fw(Payload& payload, Phase& phase, sc_time& delay) {
  if (phase == ::tlm::BEGIN_REQ) {
    begin_request(payload);
  } else if (phase == ::tlm::END_RESP) {
    if (!response_open_ || responses_.front() != &payload) {
      violation("END_RESP for a transaction whose response has not begun");
    }
  } else if (phase == ::tlm::END_REQ || phase == ::tlm::BEGIN_RESP) {
    violation("END_REQ and BEGIN_RESP are sent by the target");
  } else {
    return ::tlm::TLM_ACCEPTED;  // a phase of another protocol may be ignored
  }
  phases_.notify(payload, phase, delay);
  return ::tlm::TLM_ACCEPTED;
}

// The rules hold when the call is made; its delay only says when it counts.
void DramTarget::begin_request(Payload& payload) {
  if (request_ != nullptr) {
    violation("BEGIN_REQ before the END_REQ of the request before it");
  }
  if (!payload.has_mm()) {
    violation("a transaction without a memory manager in nb_transport_fw");
  }
  if (!known_.insert(&payload).second) {
    violation("BEGIN_REQ for a transaction that is under way");
  }
  if (payload.get_response_status() != ::tlm::TLM_INCOMPLETE_RESPONSE) {
    violation("a request whose response status is not TLM_INCOMPLETE_RESPONSE");
  }
  payload.acquire();
  request_ = &payload;
}

void DramTarget::phase_reached(Payload& payload, const Phase& phase) {
  if (phase == ::tlm::BEGIN_REQ) {
    waiting_.push_back({&payload, nullptr});
    take_waiting();
  } else {
    end_response(payload);
  }
}

void DramTarget::take_waiting() {
  while (!waiting_.empty() && active_ < config_.outstanding) {
    const Access access = waiting_.front();
    waiting_.pop_front();
    take(access);
  }
}

void DramTarget::take(const Access& access) {
  ++active_;
  Payload& payload = *access.payload;
  const ::tlm::tlm_response_status status = check(payload);
  const bool moves = status == ::tlm::TLM_OK_RESPONSE && !is_ignored(payload);
  if (moves) {
    Transfer transfer;
    transfer.address = payload.get_address() - config_.base_address;
    transfer.row_bytes = payload.get_data_length();
    transfer.is_write = payload.is_write();
    transfer.initiator = config_.initiator;
    in_tier_[next_ticket_] = access;
    tier_.submit(transfer, next_ticket_++, *this);
    move_data(payload);
  }
  payload.set_response_status(status);
  if (access.finished == nullptr) {
    request_ = nullptr;
    Phase phase = ::tlm::END_REQ;
    sc_time delay = sc_core::SC_ZERO_TIME;
    if (socket->nb_transport_bw(payload, phase, delay) != ::tlm::TLM_ACCEPTED) {
      violation("END_REQ is answered with TLM_ACCEPTED");
    }
  }
  if (!moves) {
    finished(access);
  }
}

void DramTarget::transfer_done(std::uint64_t ticket) {
  const auto found = in_tier_.find(ticket);
  const Access access = found->second;
  in_tier_.erase(found);
  finished(access);
}

void DramTarget::finished(const Access& access) {
  if (access.finished != nullptr) {
    access.finished->notify(sc_core::SC_ZERO_TIME);
    return;
  }
  responses_.push_back(access.payload);
  send_response();
}

void DramTarget::send_response() {
  if (response_open_ || responses_.empty()) {
    return;
  }
  response_open_ = true;
  Payload& payload = *responses_.front();
  Phase phase = ::tlm::BEGIN_RESP;
  sc_time delay = sc_core::SC_ZERO_TIME;
  const ::tlm::tlm_sync_enum answer = socket->nb_transport_bw(payload, phase, delay);
  if (answer == ::tlm::TLM_ACCEPTED) {
    return;
  }
  if (answer == ::tlm::TLM_UPDATED && phase != ::tlm::END_RESP) {
    violation("BEGIN_RESP is answered with END_RESP or TLM_COMPLETED, now or later");
  }
  phases_.notify(payload, ::tlm::END_RESP, delay);
}

void DramTarget::end_response(Payload& payload) {
  if (!response_open_ || responses_.front() != &payload) {
    violation("a second END_RESP for one response");
  }
  responses_.pop_front();
  response_open_ = false;
  known_.erase(&payload);
  --active_;
  payload.release();
  send_response();
  take_waiting();
}

void DramTarget::b_transport(Payload& payload, sc_time& delay) {
  wait(delay);
  delay = sc_core::SC_ZERO_TIME;
  sc_core::sc_event finished;
  waiting_.push_back({&payload, &finished});
  take_waiting();
  wait(finished);
  --active_;
  take_waiting();
}

unsigned int DramTarget::transport_dbg(Payload& payload) {
  const std::uint64_t address = payload.get_address() - config_.base_address;
  const auto capacity = static_cast<std::uint64_t>(tier_.capacity());
  if (payload.get_address() < config_.base_address || address >= capacity || is_ignored(payload) ||
      payload.get_data_ptr() == nullptr) {
    return 0;
  }
  const auto bytes = std::min<std::uint64_t>(payload.get_data_length(), capacity - address);
  if (payload.is_read()) {
    store_.read(address, payload.get_data_ptr(), bytes);
  } else {
    store_.write(address, payload.get_data_ptr(), bytes);
  }
  return static_cast<unsigned int>(bytes);
}

::tlm::tlm_response_status DramTarget::check(const Payload& payload) const {
  if (is_ignored(payload)) {
    return ::tlm::TLM_OK_RESPONSE;
  }
  const std::uint64_t address = payload.get_address();
  const auto capacity = static_cast<std::uint64_t>(tier_.capacity());
  const std::uint64_t bytes = payload.get_data_length();
  if (address < config_.base_address || address - config_.base_address >= capacity ||
      capacity - (address - config_.base_address) < bytes) {
    return ::tlm::TLM_ADDRESS_ERROR_RESPONSE;
  }
  // Streaming to one place again and again is not what a memory does.
  if (bytes == 0 || payload.get_data_ptr() == nullptr || payload.get_streaming_width() < bytes) {
    return ::tlm::TLM_BURST_ERROR_RESPONSE;
  }
  if (payload.get_byte_enable_ptr() != nullptr && payload.get_byte_enable_length() == 0) {
    return ::tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
  }
  return ::tlm::TLM_OK_RESPONSE;
}

void DramTarget::move_data(Payload& payload) {
  const std::uint64_t address = payload.get_address() - config_.base_address;
  unsigned char* data = payload.get_data_ptr();
  const std::size_t bytes = payload.get_data_length();
  const unsigned char* enable = payload.get_byte_enable_ptr();
  if (enable == nullptr) {
    if (payload.is_read()) {
      store_.read(address, data, bytes);
    } else {
      store_.write(address, data, bytes);
    }
    return;
  }
  for (std::size_t i = 0; i < bytes; ++i) {
    if (enable[i % payload.get_byte_enable_length()] != TLM_BYTE_ENABLED) {
      continue;
    }
    if (payload.is_read()) {
      store_.read(address + i, data + i, 1);
    } else {
      store_.write(address + i, data + i, 1);
    }
  }
}

}  // namespace orrery::memory::tlm
