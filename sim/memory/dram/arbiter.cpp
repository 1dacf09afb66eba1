// SPDX-License-Identifier: Apache-2.0
#include "memory/dram/arbiter.h"

#include "base/error.h"
#include "memory/dram/intake.h"

namespace orrery::memory::dram {

namespace {

class RoundRobin final : public Arbiter {
 public:
  [[nodiscard]] Choice choose(const Intake& intake, const Door& door, Cycle floor) const override {
    Choice choice = {kNeverCycle, 0};
    const std::size_t count = intake.waiting();
    std::size_t position = intake.first_in_turn();
    for (std::size_t i = 0; i < count; ++i) {
      const Cycle ready = intake.ready(position, door, floor);
      if (ready < choice.cycle) {
        choice = {ready, position};
        if (ready == floor) {
          break;
        }
      }
      position = position + 1 == count ? 0 : position + 1;
    }
    return choice;
  }
};

class ReadyFirst final : public Arbiter {
 public:
  [[nodiscard]] bool depends_on_rows() const override { return true; }
  [[nodiscard]] Choice choose(const Intake& intake, const Door& door, Cycle floor) const override {
    Choice choice = {kNeverCycle, 0};
    bool open = false;
    const std::size_t count = intake.waiting();
    std::size_t position = intake.first_in_turn();
    for (std::size_t i = 0; i < count; ++i) {
      const Cycle ready = intake.ready(position, door, floor);
      const bool row_is_open = ready != kNeverCycle && intake.row_is_open(position, door);
      if (ready < choice.cycle || (ready == choice.cycle && row_is_open && !open)) {
        choice = {ready, position};
        open = row_is_open;
      }
      position = position + 1 == count ? 0 : position + 1;
    }
    return choice;
  }
};

// The slice that came first, and nobody before it.
class ArrivalOrder final : public Arbiter {
 public:
  [[nodiscard]] Choice choose(const Intake& intake, const Door& door, Cycle floor) const override {
    std::size_t first = 0;
    for (std::size_t position = 1; position < intake.waiting(); ++position) {
      if (intake.arrival(position) < intake.arrival(first)) {
        first = position;
      }
    }
    return {intake.waiting() == 0 ? kNeverCycle : intake.ready(first, door, floor), first};
  }
};

}  // namespace

std::unique_ptr<const Arbiter> make_arbiter(const ControllerConfig& config) {
  switch (config.arbiter) {
    case ArbiterKind::kRoundRobin:
      return std::make_unique<RoundRobin>();
    case ArbiterKind::kArrivalOrder:
      return std::make_unique<ArrivalOrder>();
    case ArbiterKind::kReadyFirst:
      return std::make_unique<ReadyFirst>();
  }
  throw base::InternalError("every policy has a class", "every arbiter");
}

}  // namespace orrery::memory::dram
