// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "memory/checker/findings.h"
#include "memory/checker/log_checker.h"
#include "memory/trace/trace_output.h"

namespace orrery::memory::trace {

// Checks every command while the trace runs: against the constraint table, and whether the
// controller did what docs/components/memory_controller.md says; of a memory with PIM commands only
// the former.
class CheckOutput : public TraceOutput {
 public:
  // The spec must outlive the output.
  CheckOutput(const dram::Spec& spec, const dram::ControllerConfig& controller)
      : checker_(spec, controller, findings_,
                 spec.has_pim() ? checker::Depth::kDevice : checker::Depth::kController) {}

  [[nodiscard]] std::unique_ptr<dram::ChannelObserver> observe(int channel) override;
  void finish(Cycle end) override { checker_.finish(end); }

  [[nodiscard]] const checker::Findings& findings() const { return findings_; }
  // Commands that were checked.
  [[nodiscard]] std::uint64_t commands() const { return checker_.commands(); }

 private:
  checker::Findings findings_;
  checker::LogChecker checker_;
};

}  // namespace orrery::memory::trace
