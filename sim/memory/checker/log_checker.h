// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <istream>
#include <memory>
#include <string>
#include <vector>

#include "memory/checker/channel_checker.h"
#include "memory/checker/findings.h"
#include "memory/checker/log_event.h"

namespace orrery::memory::checker {

// Checks the events of any number of channels of one standard and one controller. Its memory does
// not grow with the length of the log: for each channel the queued requests, and for each
// constraint and node as many cycles as its window.
class LogChecker : public EventSink {
 public:
  // The spec and the findings must outlive the checker. Throws base::UserError when the controller
  // does not suit the spec.
  LogChecker(const dram::Spec& spec, const dram::ControllerConfig& config, Findings& findings,
             Depth depth = Depth::kController);

  void event(const LogEvent& event) override;

  // The log covers all cycles before `end` (0: up to its last event); to be called once, after the
  // last event.
  void finish(Cycle end = 0);

  [[nodiscard]] std::uint64_t commands() const;

 private:
  const dram::Spec& spec_;
  const dram::ControllerConfig config_;
  Findings& findings_;
  const Depth depth_;
  std::vector<std::unique_ptr<ChannelChecker>> channels_;
};

// Reads a whole log and checks it; returns the number of commands. file: for messages. Throws
// base::UserError for a malformed log.
std::uint64_t check_log(std::istream& in, const std::string& file, const dram::Spec& spec,
                        Findings& findings, Depth depth = Depth::kController);

}  // namespace orrery::memory::checker
