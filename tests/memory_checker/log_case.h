// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sstream>
#include <string>
#include <utility>

#include "memory/checker/log_checker.h"
#include "memory/checker/log_header.h"
#include "memory/checker/log_reader.h"

namespace orrery::memory::checker::test {

// Logs written out in a test: the lines without their header.
class LogCase {
 public:
  explicit LogCase(dram::Spec spec, dram::ControllerConfig controller = {})
      : spec_(std::move(spec)), controller_(controller) {}

  // What the checker finds in the cycles before `end` (0: up to the last event).
  [[nodiscard]] Findings check(const std::string& lines, Cycle end = 0,
                               Depth depth = Depth::kController) const {
    std::istringstream in(to_text({spec_.name, controller_}) + "\n" + lines);
    LogReader reader(in, "test.log", spec_);
    Findings findings;
    LogChecker checker(spec_, reader.header().controller, findings, depth);
    while (const auto event = reader.next()) {
      checker.event(*event);
    }
    checker.finish(end);
    return findings;
  }

  [[nodiscard]] const dram::Spec& spec() const { return spec_; }

 private:
  dram::Spec spec_;
  dram::ControllerConfig controller_;
};

// "lost_time 27, wrong_order 33": kind and cycle of each finding, in their order.
[[nodiscard]] inline std::string brief(const Findings& findings) {
  std::string text;
  for (const Finding& item : findings.items()) {
    text += (text.empty() ? "" : ", ") + finding_kind_names()[static_cast<std::size_t>(item.kind)] +
            " " + std::to_string(item.cycle);
  }
  return text;
}

}  // namespace orrery::memory::checker::test
