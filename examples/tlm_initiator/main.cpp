// SPDX-License-Identifier: Apache-2.0
// A TLM-2.0 initiator on an Orrery memory: one blocking write and read, then reads in flight with
// the four phases of the base protocol. docs/components/tlm.md walks through it.
#include <tlm_utils/simple_initiator_socket.h>

#include <array>
#include <cstdio>
#include <deque>
#include <exception>
#include <memory>
#include <systemc>
#include <tlm>
#include <vector>

#include "memory/dram_tier.h"
#include "memory/specification/spec_schema.h"
#include "memory/tlm/dram_target.h"

namespace {

namespace dram = orrery::memory::dram;
using orrery::memory::DramTier;
using orrery::memory::TierConfig;
using orrery::memory::tlm::DramTarget;
using orrery::memory::tlm::SparseBytes;
using sc_core::sc_time;
using tlm::tlm_generic_payload;

// Payloads with their data, used again when both sides have released them.
class PayloadPool : public tlm::tlm_mm_interface {
 public:
  tlm_generic_payload& read(std::uint64_t address) {
    if (free_.empty()) {
      entries_.push_back(std::make_unique<Entry>());
      entries_.back()->payload.set_mm(this);
      free_.push_back(&entries_.back()->payload);
      entries_.back()->payload.set_data_ptr(entries_.back()->data.data());
    }
    tlm_generic_payload& payload = *free_.front();
    free_.pop_front();
    payload.acquire();
    payload.set_command(tlm::TLM_READ_COMMAND);
    payload.set_address(address);
    payload.set_data_length(64);
    payload.set_streaming_width(64);
    payload.set_byte_enable_ptr(nullptr);
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    return payload;
  }
  void free(tlm_generic_payload* payload) override { free_.push_back(payload); }

 private:
  struct Entry {
    tlm_generic_payload payload;
    std::array<unsigned char, 64> data{};
  };
  std::vector<std::unique_ptr<Entry>> entries_;
  std::deque<tlm_generic_payload*> free_;
};

class Initiator : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(Initiator);
  explicit Initiator(const sc_core::sc_module_name& name)
      : sc_core::sc_module(name), socket("socket") {
    socket.register_nb_transport_bw(this, &Initiator::nb_transport_bw);
    SC_THREAD(run);
  }

  tlm_utils::simple_initiator_socket<Initiator, 64> socket;
  bool passed = false;

 private:
  void run() {
    std::array<unsigned char, 512> data{};
    for (std::size_t i = 0; i < data.size(); ++i) {
      data[i] = static_cast<unsigned char>(i * 5 + i / 256);
    }
    blocking("write", tlm::TLM_WRITE_COMMAND, data.data(), 128);
    for (std::uint64_t i = 128; i < data.size(); ++i) {
      debug_write(i, data[i]);
    }
    std::array<unsigned char, 128> back{};
    blocking("read", tlm::TLM_READ_COMMAND, back.data(), 128);
    wait(1, sc_core::SC_US);
    const sc_time begin = sc_core::sc_time_stamp();
    for (std::uint64_t i = 0; i < 8; ++i) {
      tlm::tlm_phase phase = tlm::BEGIN_REQ;
      sc_time delay = sc_core::SC_ZERO_TIME;
      socket->nb_transport_fw(pool_.read(i * 64), phase, delay);
      wait(request_taken_);
    }
    while (answers_ < 8) {
      wait(answered_);
    }
    bool right = true;
    for (std::size_t i = 0; i < data.size(); ++i) {
      right = right && received_[i] == data[i];
    }
    std::printf("8 reads in flight %4.0f ns, data %s\n",
                (sc_core::sc_time_stamp() - begin).to_seconds() * 1e9, right ? "right" : "wrong");
    passed = right;
  }

  void blocking(const char* what, tlm::tlm_command command, unsigned char* data, unsigned bytes) {
    tlm_generic_payload payload;
    payload.set_command(command);
    payload.set_data_ptr(data);
    payload.set_data_length(bytes);
    payload.set_streaming_width(bytes);
    const sc_time begin = sc_core::sc_time_stamp();
    sc_time delay = sc_core::SC_ZERO_TIME;
    socket->b_transport(payload, delay);
    std::printf("blocking %-8s %4.0f ns, %s\n", what,
                (sc_core::sc_time_stamp() - begin).to_seconds() * 1e9,
                payload.get_response_string().c_str());
  }

  void debug_write(std::uint64_t address, unsigned char value) {
    tlm_generic_payload payload;
    payload.set_command(tlm::TLM_WRITE_COMMAND);
    payload.set_address(address);
    payload.set_data_ptr(&value);
    payload.set_data_length(1);
    socket->transport_dbg(payload);
  }

  tlm::tlm_sync_enum nb_transport_bw(tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_time& /*delay*/) {
    if (phase == tlm::END_REQ) {
      request_taken_.notify(sc_core::SC_ZERO_TIME);
      return tlm::TLM_ACCEPTED;
    }
    // BEGIN_RESP: the data are here; TLM_COMPLETED stands for END_RESP.
    for (unsigned i = 0; i < payload.get_data_length(); ++i) {
      received_[payload.get_address() + i] = payload.get_data_ptr()[i];
    }
    ++answers_;
    answered_.notify(sc_core::SC_ZERO_TIME);
    payload.release();
    return tlm::TLM_COMPLETED;
  }

  PayloadPool pool_;
  std::array<unsigned char, 512> received_{};
  int answers_ = 0;
  sc_core::sc_event request_taken_;
  sc_core::sc_event answered_;
};

int simulate(const char* spec_file) {
  sc_core::sc_set_time_resolution(1, sc_core::SC_FS);
  const dram::Spec spec = dram::load_spec(spec_file);
  TierConfig config;
  config.channels = 8;
  config.request_latency = 20'000'000;  // femtoseconds each way
  config.response_latency = 20'000'000;
  DramTier tier("tier", spec, config, {});
  SparseBytes contents;
  DramTarget target("target", tier, contents, {.base_address = 0, .outstanding = 32});
  Initiator initiator("initiator");
  initiator.socket.bind(target.socket);
  sc_core::sc_start();
  return initiator.passed ? 0 : 1;
}

}  // namespace

int sc_main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: tlm_initiator DRAM_SPEC.yaml\n");
    return 2;
  }
  try {
    return simulate(argv[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
