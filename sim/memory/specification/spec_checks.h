// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "memory/specification/spec.h"
#include "memory/specification/spec_description.h"

namespace orrery::memory::dram {

// Takes one mistake: the text it stands at (or none), what is wrong, what was expected.
using Complain = std::function<void(const LocatedText& text, const std::string& message,
                                    const std::string& expected)>;

// Whether the command set has what a controller needs, each at its level: one command of every kind
// up to refresh_all (those with automatic precharge aside), at most one of the others, power-down
// and self-refresh with their ways out. The spec's commands are those of the description, in order.
void check_commands(const Spec& spec, const SpecDescription& description, const Complain& complain);

// Whether the energies can be evaluated: rails, positive voltages and devices, rho within [0, 1],
// the timing parameters that the formulas name.
void check_energy(const Spec& spec, const Complain& complain);

// Whether PIM commands can be sent: parts of nodes that exist, rows that commands open and close
// for every bank they need, admissions that can be computed, mode changes of commands that may
// stand there. The spec has passed check_commands().
void check_pim(const Spec& spec, const SpecDescription& description, const Complain& complain);

// Whether a rank that is refreshed as the standard asks has time left to work, for refreshes of all
// banks and of sets of them, and whether every delay is shorter than the refresh interval. The spec
// has passed check_commands().
void check_progress(const Spec& spec, const SpecDescription& description, const Complain& complain);

}  // namespace orrery::memory::dram
