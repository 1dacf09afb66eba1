// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "memory/dram/statistics.h"
#include "memory/specification/spec.h"

namespace orrery::memory::dram {

// What a channel has used, in picojoules, all devices together. The names are those of the result.
struct Energy {
  double activate_precharge = 0;
  double read = 0;
  double write = 0;
  double refresh = 0;            // of all banks and of sets of banks
  double background_active = 0;  // some bank open, and while the whole rank refreshes
  double background_precharged = 0;
  double background_power_down = 0;  // with open rows and without
  double background_buffers = 0;     // row buffers beyond the first
  double self_refresh = 0;
  double pim = 0;       // PIM commands, their activations and columns included
  double constant = 0;  // drawn always, whatever the state
  std::string family;   // "currents" or "energy per bit"
  std::string source;

  // Sums the components; family and source of the other one are taken over.
  void add(const Energy& other);

  [[nodiscard]] double total() const {
    return activate_precharge + read + write + refresh + background_active + background_precharged +
           background_power_down + background_buffers + self_refresh + pim + constant;
  }
};

// Counts times coefficients. From currents (mA V ns = pJ; summed over rails, times devices), after
// the bank-wise model of DRAMPower with B banks of a rank and
//   I_rho = IDD2N + rho (IDD3N - IDD2N),  I_1 = (IDD3N + (B - 1) I_rho) / B,
//   I_n = I_rho + n (I_1 - I_rho), which is IDD3N with all banks open:
//   ACT + PRE    V (IDD0 (nRAS + nRP) - I_1 nRAS - IDD2N nRP) tCK, or `activate` where it is given
//   RD, WR       V (IDD4R - IDD3N) nBL tCK, V (IDD4W - IDD3N) nBL tCK, automatic precharge or not
//   REF          V (IDD5B - IDD3N) nRFC tCK
//   bank refresh V (IDD5_bank - I_n) times its duration, for n banks of a command; or, where the
//                standard says so, the share of REF that it renews: its interval over that of REF
//                and over the number of sets
//   active       V I_rho t with a bank open, V (I_1 - I_rho) t for each open bank, V IDD3N t while
//                the whole rank refreshes
//   precharged   V IDD2N t
//   power-down   V IDD3P t with rows open, V IDD2P t without
//   buffers      V times what `further_buffers` says, open for as long as a row is open in them
//   self refresh V IDD6 t
//   PIM          what each command says of itself, in the first two lines and in joules
// With rho = 1 these are the formulas of DRAMsim3 with its cycles turned into time.
//
// Throws UserError: where the spec carries neither currents nor energies per bit; and, all at once,
// where something was used whose current is not known, or a PIM command that opens rows, computes
// or moves and says nothing of its energy. A command needs its current of the first rail (others
// add what they have), a state those of all rails.
[[nodiscard]] Energy energy(const ChannelStatistics& statistics, const Spec& spec);

// What column commands, activations and precharges of some accesses (one layer's) have used; the
// other components, which belong to time and not to accesses, are zero. Errors as above.
[[nodiscard]] Energy access_energy(const AccessStatistics& statistics, const Spec& spec);

}  // namespace orrery::memory::dram
