// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tlm_utils/peq_with_cb_and_phase.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <systemc>
#include <tlm>

#include "memory/tier.h"
#include "memory/tlm/sparse_bytes.h"

namespace orrery::memory::tlm {

struct DramTargetConfig {
  std::uint64_t base_address = 0;  // where the tier begins in the addresses of the socket
  std::uint32_t initiator = 0;     // by which the tier tells its users apart
  // Transactions taken and not yet finished; a request beyond them is held back. At least 1.
  int outstanding = 16;
};

// A TLM-2.0 target in front of a memory tier: base protocol with four phases, b_transport and
// transport_dbg; no DMI, for it would have no timing. docs/components/tlm.md.
//
// A request is taken, and END_REQ sent, when one of `outstanding` places is free; the place is free
// again at END_RESP. BEGIN_RESP comes when the tier answers, in the order of the answers, one
// response at a time. Data move when the request is taken, in the order of the requests.
//
// What an initiator asks for that the memory cannot do is answered with an error response, see
// check(); what breaks the rules of the protocol throws base::UserError.
class DramTarget : public sc_core::sc_module, public TransferListener {
 public:
  SC_HAS_PROCESS(DramTarget);
  // The tier and the store must outlive the target. Several targets may share both, with
  // initiators of their own. Throws base::UserError when the configuration is not sound.
  DramTarget(const sc_core::sc_module_name& name, Tier& tier, SparseBytes& store,
             const DramTargetConfig& config = {});

  // Bus width of 64 bits: it decides nothing here.
  tlm_utils::simple_target_socket<DramTarget, 64> socket;

  // TransferListener
  void transfer_done(std::uint64_t ticket) override;

  // Transactions that have been taken and have not finished.
  [[nodiscard]] int active() const { return active_; }

 private:
  using Payload = ::tlm::tlm_generic_payload;
  using Phase = ::tlm::tlm_phase;

  // A transaction that waits to be taken or is under way.
  struct Access {
    Payload* payload = nullptr;
    sc_core::sc_event* finished = nullptr;  // of a blocking call; null: non-blocking
  };

  ::tlm::tlm_sync_enum nb_transport_fw(Payload& payload, Phase& phase, sc_core::sc_time& delay);
  void b_transport(Payload& payload, sc_core::sc_time& delay);
  unsigned int transport_dbg(Payload& payload);

  void phase_reached(Payload& payload, const Phase& phase);
  void begin_request(Payload& payload);
  void take_waiting();
  void take(const Access& access);
  void finished(const Access& access);
  void send_response();
  void end_response(Payload& payload);

  // The response that the payload deserves: TLM_OK_RESPONSE when it can be carried out.
  [[nodiscard]] ::tlm::tlm_response_status check(const Payload& payload) const;
  void move_data(Payload& payload);
  [[noreturn]] void violation(const std::string& rule) const;

  Tier& tier_;
  SparseBytes& store_;
  const DramTargetConfig config_;
  tlm_utils::peq_with_cb_and_phase<DramTarget> phases_;
  int active_ = 0;
  std::deque<Access> waiting_;
  std::map<std::uint64_t, Access> in_tier_;  // by ticket
  std::uint64_t next_ticket_ = 0;
  std::set<const Payload*> known_;    // non-blocking, from BEGIN_REQ to END_RESP; looked up only
  const Payload* request_ = nullptr;  // between BEGIN_REQ and END_REQ
  std::deque<Payload*> responses_;    // answered; the first one's BEGIN_RESP may have been sent
  bool response_open_ = false;        // between BEGIN_RESP and END_RESP
};

}  // namespace orrery::memory::tlm
