// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>

#include "memory/dram/controller_config.h"

namespace orrery::memory::dram {

using base::Cycle;

class Intake;
struct Door;

// Which initiator's burst enters next.
class Arbiter {
 public:
  struct Choice {
    Cycle cycle;
    std::size_t position;  // among the waiting lines
  };
  virtual ~Arbiter() = default;
  // The first entry from cycle `floor` on if nothing changes before; kNeverCycle when there is
  // none.
  [[nodiscard]] virtual Choice choose(const Intake& intake, const Door& door,
                                      Cycle floor) const = 0;
  // Whether the choice must be made again in the very cycle of the entry.
  [[nodiscard]] virtual bool depends_on_rows() const { return false; }
};

[[nodiscard]] std::unique_ptr<const Arbiter> make_arbiter(const ControllerConfig& config);

}  // namespace orrery::memory::dram
