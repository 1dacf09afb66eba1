// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <systemc>
#include <tlm>
#include <vector>

#include "base/clock.h"

namespace orrery::memory::tlm::test {

// Payloads of one test, counted. They live as long as the pool.
class Pool : public ::tlm::tlm_mm_interface {
 public:
  ::tlm::tlm_generic_payload& read(std::uint64_t address, unsigned bytes) {
    return make(::tlm::TLM_READ_COMMAND, address, std::vector<unsigned char>(bytes, 0xee));
  }
  ::tlm::tlm_generic_payload& write(std::uint64_t address, std::vector<unsigned char> data) {
    return make(::tlm::TLM_WRITE_COMMAND, address, std::move(data));
  }
  void free(::tlm::tlm_generic_payload* /*payload*/) override { ++freed; }
  int freed = 0;

 private:
  ::tlm::tlm_generic_payload& make(::tlm::tlm_command command, std::uint64_t address,
                                   std::vector<unsigned char> data) {
    data_.push_back(std::make_unique<std::vector<unsigned char>>(std::move(data)));
    payloads_.push_back(std::make_unique<::tlm::tlm_generic_payload>(this));
    ::tlm::tlm_generic_payload& payload = *payloads_.back();
    payload.set_command(command);
    payload.set_address(address);
    payload.set_data_ptr(data_.back()->data());
    payload.set_data_length(static_cast<unsigned>(data_.back()->size()));
    payload.set_streaming_width(payload.get_data_length());
    return payload;
  }
  std::vector<std::unique_ptr<std::vector<unsigned char>>> data_;
  std::vector<std::unique_ptr<::tlm::tlm_generic_payload>> payloads_;
};

// An initiator whose thread runs the test's script.
class Bench : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(Bench);
  struct Event {
    const ::tlm::tlm_generic_payload* payload = nullptr;
    ::tlm::tlm_phase_enum phase = ::tlm::UNINITIALIZED_PHASE;
    base::Femtoseconds time = 0;
  };
  enum class Reply { kCompleted, kUpdated, kLater };

  Bench(const sc_core::sc_module_name& name, std::function<void(Bench&)> script)
      : sc_core::sc_module(name), socket("socket"), script_(std::move(script)) {
    socket.register_nb_transport_bw(this, &Bench::nb_transport_bw);
    SC_THREAD(run);
  }

  tlm_utils::simple_initiator_socket<Bench, 64> socket;
  Pool pool;
  Reply reply = Reply::kCompleted;
  std::vector<Event> events;

  [[nodiscard]] static base::Femtoseconds now() {
    return static_cast<base::Femtoseconds>(sc_core::sc_time_stamp().value());
  }
  [[nodiscard]] static sc_core::sc_time femtoseconds(base::Femtoseconds time) {
    return sc_core::sc_time::from_value(static_cast<sc_dt::uint64>(time));
  }
  // BEGIN_REQ, and waits for its END_REQ.
  void request(::tlm::tlm_generic_payload& payload, base::Femtoseconds delay = 0) {
    payload.acquire();
    send(payload, ::tlm::BEGIN_REQ, delay);
    while (time_of(payload, ::tlm::END_REQ) < 0) {
      wait(happened_);
    }
  }
  ::tlm::tlm_sync_enum send(::tlm::tlm_generic_payload& payload, ::tlm::tlm_phase phase,
                            base::Femtoseconds delay = 0) {
    sc_core::sc_time time = femtoseconds(delay);
    return socket->nb_transport_fw(payload, phase, time);
  }
  void wait_for(const ::tlm::tlm_generic_payload& payload, ::tlm::tlm_phase_enum phase) {
    while (time_of(payload, phase) < 0) {
      wait(happened_);
    }
  }
  // -1: not yet.
  [[nodiscard]] base::Femtoseconds time_of(const ::tlm::tlm_generic_payload& payload,
                                           ::tlm::tlm_phase_enum phase) const {
    for (const Event& event : events) {
      if (event.payload == &payload && event.phase == phase) {
        return event.time;
      }
    }
    return -1;
  }

 private:
  void run() { script_(*this); }
  ::tlm::tlm_sync_enum nb_transport_bw(::tlm::tlm_generic_payload& payload, ::tlm::tlm_phase& phase,
                                       sc_core::sc_time& /*delay*/) {
    events.push_back(
        {&payload, static_cast<::tlm::tlm_phase_enum>(static_cast<unsigned>(phase)), now()});
    happened_.notify(sc_core::SC_ZERO_TIME);
    if (phase != ::tlm::BEGIN_RESP || reply == Reply::kLater) {
      return ::tlm::TLM_ACCEPTED;
    }
    if (reply == Reply::kCompleted) {
      return ::tlm::TLM_COMPLETED;
    }
    phase = ::tlm::END_RESP;
    return ::tlm::TLM_UPDATED;
  }

  std::function<void(Bench&)> script_;
  sc_core::sc_event happened_;
};

}  // namespace orrery::memory::tlm::test
