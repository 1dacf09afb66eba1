// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "memory/dram/spec.h"
#include "memory/dram/statistics.h"

namespace orrery::memory::dram {

// What a channel has used, in picojoules, all devices together. The names are those of the result.
struct Energy {
  double activate_precharge = 0;
  double read = 0;
  double write = 0;
  double refresh = 0;
  double background_active = 0;  // some bank open, and while refreshing
  double background_precharged = 0;
  double constant = 0;  // drawn always, whatever the state
  std::string family;   // "currents" or "energy per bit"
  std::string source;

  // Sums the components; family and source of the other one are taken over.
  void add(const Energy& other);

  [[nodiscard]] double total() const {
    return activate_precharge + read + write + refresh + background_active + background_precharged +
           constant;
  }
};

// Counts times coefficients. From currents (mA V ns = pJ; summed over rails, times devices):
//   ACT + PRE   V (IDD0 (nRAS + nRP) - IDD3N nRAS - IDD2N nRP) tCK
//   RD, WR      V (IDD4R - IDD3N) nBL tCK, V (IDD4W - IDD3N) nBL tCK
//   REF         V (IDD5B - IDD3N) nRFC tCK
//   background  V IDD3N t with a bank open or refreshing, V IDD2N t otherwise
// These are the bank-wise formulas of DRAMPower with rho = 1, which are those of DRAMsim3 with the
// cycles turned into time. The spec must carry currents or energies per bit: UserError otherwise.
[[nodiscard]] Energy energy(const ChannelStatistics& statistics, const Spec& spec);

// What column commands, activations and precharges of some accesses (one layer's) have used; the
// other components, which belong to time and not to accesses, are zero.
[[nodiscard]] Energy access_energy(const AccessStatistics& statistics, const Spec& spec);

}  // namespace orrery::memory::dram
