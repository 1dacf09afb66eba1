// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "memory/address/address_map.h"
#include "memory/specification/spec.h"
#include "memory/tier.h"
#include "memory/tier_layout.h"

namespace orrery::memory {

// Picojoules of each bit. Without a source none are counted.
struct BitEnergy {
  double read = 0;
  double write = 0;
  std::string source = {};
};

// The channels of a DRAM standard as servers of their peak bandwidth with a fixed latency: no rows,
// no refresh, no turnaround. A channel serves slices whole, in the order (arrival cycle, initiator,
// submission): a slice that arrives in cycle a while the channel is busy up to b is done at
// max(a, b) + bytes / rate + latency, rounded up to a cycle.
class BandwidthTier : public Tier {
 public:
  SC_HAS_PROCESS(BandwidthTier);
  // latency: from the arrival of a request to its first data, at least 0.
  BandwidthTier(const sc_core::sc_module_name& name, const dram::Spec& spec,
                const TierConfig& config, Femtoseconds latency, BitEnergy energy = {});

  void finish(Femtoseconds end) override;
  [[nodiscard]] TierStatistics statistics() const override;
  [[nodiscard]] base::IntervalSums bytes_over_time() const override { return bytes_; }

 protected:
  void accept(const Transfer& transfer, const Request& request) override;

 private:
  struct Arrival {
    Transfer transfer;
    Request request;
  };

  void serve();
  void wake_at(base::Cycle cycle);

  const dram::Spec& spec_;
  const TierConfig config_;
  const base::ClockDomain clock_;
  const AddressMap map_;
  const base::Cycle latency_;
  const BitEnergy energy_;
  const std::int64_t buses_;  // bursts that one channel moves in the time of one
  std::map<base::Cycle, std::vector<Arrival>> arrivals_;
  std::vector<std::int64_t> busy_;  // by channel, in cycles times buses_
  sc_core::sc_event arrival_event_;
  TierStatistics statistics_;
  base::IntervalSums bytes_;
};

// Whole bursts of a transfer on all channels together; one step for each row.
[[nodiscard]] std::uint64_t count_bursts(const Transfer& transfer, std::int64_t access_bytes);
// Adds the bursts of a transfer to the account of its layer and to the total.
void count_access(TierStatistics& statistics, const Transfer& transfer, std::uint64_t bursts);

}  // namespace orrery::memory
