// SPDX-License-Identifier: Apache-2.0
#include "memory/dram/scheduler.h"

#include "base/error.h"

namespace orrery::memory::dram {

namespace {

// First ready, first come first served. Its grouped form differs in the direction rule alone, which
// is the channel's.
class FrFcfs final : public Scheduler {
 public:
  [[nodiscard]] bool takes_any_hit() const override { return true; }
  [[nodiscard]] Hits hits(const Competing& competing, std::uint32_t row) const override {
    return {competing.reads.first_hit(competing.read, row),
            competing.writes.first_hit(competing.write, row)};
  }
};

// Each bank in order of arrival.
class Fifo final : public Scheduler {
 public:
  [[nodiscard]] bool takes_any_hit() const override { return false; }
  [[nodiscard]] Hits hits(const Competing& competing, std::uint32_t row) const override {
    Hits hits;
    if (competing.oldest().row == row) {
      (competing.write_is_oldest() ? hits.write : hits.read) =
          competing.write_is_oldest() ? competing.write : competing.read;
    }
    return hits;
  }
};

}  // namespace

std::unique_ptr<const Scheduler> make_scheduler(const ControllerConfig& config) {
  switch (config.scheduler) {
    case SchedulerKind::kFrFcfs:
    case SchedulerKind::kFrFcfsGrouped:
      return std::make_unique<FrFcfs>();
    case SchedulerKind::kFifo:
      return std::make_unique<Fifo>();
  }
  throw base::InternalError("every policy has a class", "every scheduler");
}

}  // namespace orrery::memory::dram
