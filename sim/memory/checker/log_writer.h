// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>

#include "memory/checker/log_event.h"
#include "memory/checker/log_header.h"
#include "memory/specification/spec.h"

namespace orrery::memory::checker {

// Writes the text form of docs/components/memory_controller.md. Several channels may share one.
class LogWriter : public EventSink {
 public:
  // Writes the header line. The spec and the stream must outlive the writer, which keeps nothing
  // else and never throws by itself: whether the stream still takes text is for its owner to ask.
  LogWriter(std::ostream& out, const dram::Spec& spec, const dram::ControllerConfig& controller);

  void event(const LogEvent& event) override;

 private:
  std::ostream& out_;
  const dram::Spec& spec_;
};

}  // namespace orrery::memory::checker
