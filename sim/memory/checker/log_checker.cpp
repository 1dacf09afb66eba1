// SPDX-License-Identifier: Apache-2.0
#include "memory/checker/log_checker.h"

#include "base/error.h"
#include "memory/checker/log_reader.h"

namespace orrery::memory::checker {

LogChecker::LogChecker(const dram::Spec& spec, const dram::ControllerConfig& config,
                       Findings& findings, Depth depth)
    : spec_(spec), config_(config), findings_(findings), depth_(depth) {
  base::Diagnostics errors;
  config.check(spec, errors);
  errors.throw_if_any();
}

void LogChecker::event(const LogEvent& event) {
  if (channels_.size() <= event.channel) {
    channels_.resize(event.channel + 1);
  }
  auto& channel = channels_[event.channel];
  if (!channel) {
    channel = std::make_unique<ChannelChecker>(spec_, config_, depth_, event.channel, findings_);
  }
  channel->event(event);
}

void LogChecker::finish(Cycle end) {
  for (const auto& channel : channels_) {
    if (channel) {
      channel->finish(end);
    }
  }
}

std::uint64_t LogChecker::commands() const {
  std::uint64_t commands = 0;
  for (const auto& channel : channels_) {
    commands += channel ? channel->commands() : 0;
  }
  return commands;
}

std::uint64_t check_log(std::istream& in, const std::string& file, const dram::Spec& spec,
                        Findings& findings, Depth depth) {
  LogReader reader(in, file, spec);
  LogChecker checker(spec, reader.header().controller, findings, depth);
  while (const auto event = reader.next()) {
    checker.event(*event);
  }
  checker.finish();
  return checker.commands();
}

}  // namespace orrery::memory::checker
