// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <memory>
#include <vector>

#include "memory/address/address_map.h"
#include "memory/dram/channel.h"
#include "memory/pim_port.h"
#include "memory/tier.h"
#include "memory/tier_layout.h"

namespace orrery::memory {

// Channels of one DRAM standard, command by command.
//
// A request made at time t is seen by the channels in the first cycle that is not before t +
// request_latency. So a channel that is woken at t knows all that can happen before that cycle and
// commits it in one go. It is woken one femtosecond before the first moment at which an answer
// could be back at an initiator, and not at all while it is idle.
class DramTier : public Tier, public PimPort {
 public:
  // `channel.round_trip` is set here, from the two latencies.
  // Throws UserError when the configuration is not sound.
  DramTier(const sc_core::sc_module_name& name, const dram::Spec& spec, const TierConfig& config,
           const dram::ChannelConfig& channel);
  ~DramTier() override;

  void submit_program(int channel, dram::PimProgram program, std::uint64_t ticket,
                      TransferListener& listener) override;
  void finish(Femtoseconds end) override;
  [[nodiscard]] TierStatistics statistics() const override;
  [[nodiscard]] base::IntervalSums bytes_over_time() const override;
  // Kernel activations of all channels so far.
  [[nodiscard]] std::uint64_t wake_ups() const;

 protected:
  void accept(const Transfer& transfer, const Request& request) override;

 private:
  class ChannelProcess;
  struct Open {
    Request request;
    int slices = 0;
    Femtoseconds last = 0;  // when the answer of the slices done so far is back
  };

  void slice_done(std::uint64_t key, Femtoseconds answered);

  const TierConfig config_;
  const std::vector<dram::Spec> specs_;  // of all channels, or of each
  const base::ClockDomain clock_;
  const AddressMap map_;
  std::vector<std::unique_ptr<ChannelProcess>> channels_;
  boost::unordered_flat_map<std::uint64_t, Open> open_;  // looked up, never iterated
  std::uint64_t next_key_ = 0;
};

}  // namespace orrery::memory
