// SPDX-License-Identifier: Apache-2.0
#include "tests/memory/reference/bench.h"

#include <fmt/format.h>

#include <algorithm>

#include "tests/memory/reference/variant_specs.h"
#include "tests/memory/specs.h"

namespace orrery::memory::dram::test {

void Bench::submit(const std::vector<Access>& accesses) {
  ReferenceSlice slice;
  for (const Access& access : accesses) {
    slice.bursts.push_back(burst(access));
  }
  slice.is_write = accesses.front().is_write;
  slice.initiator = accesses.front().initiator;
  slice.ticket = slices_++;
  slice.arrival = accesses.front().arrival;
  controller_.submit(slice);
}

std::uint64_t Bench::burst(const Access& access) const {
  std::uint64_t burst = 0;
  std::uint64_t weight = 1;
  for (const std::string& field : spec_.address_order) {
    std::int64_t count = 0;
    std::int64_t digit = 0;
    if (field == "row") {
      count = spec_.rows;
      digit = access.row;
    } else if (field == "column") {
      count = spec_.columns;
      digit = access.column;
    } else {
      const Level& level = spec_.levels[static_cast<std::size_t>(spec_.level(field))];
      count = level.count;
      digit = access.bank / (spec_.banks() / level.nodes) % level.count;
    }
    burst += weight * static_cast<std::uint64_t>(digit);
    weight *= static_cast<std::uint64_t>(count);
  }
  return burst;
}

std::vector<std::string> Bench::commands(const std::vector<std::string>& names) const {
  std::vector<std::string> lines;
  for (const CommandRecord& record : controller_.commands()) {
    const std::string& name = spec_.commands[static_cast<std::size_t>(record.command)].name;
    if (names.empty() || std::find(names.begin(), names.end(), name) != names.end()) {
      lines.push_back(fmt::format("{} {} {}", record.cycle, name, record.bank));
    }
  }
  return lines;
}

std::vector<std::uint64_t> Bench::served() const {
  std::vector<std::uint64_t> numbers;
  for (const CommandRecord& record : controller_.commands()) {
    const CommandKind kind = spec_.commands[static_cast<std::size_t>(record.command)].kind;
    if (kind == CommandKind::kRead || kind == CommandKind::kReadPrecharge ||
        kind == CommandKind::kWrite || kind == CommandKind::kWritePrecharge) {
      numbers.push_back(record.request);
    }
  }
  return numbers;
}

std::vector<std::string> Bench::lines(const std::string& word) const {
  std::vector<std::string> lines;
  for (const Event& event : controller_.events()) {
    std::string line = event.text(spec_);
    if (line.find(word) != std::string::npos) {
      lines.push_back(line.erase(line.find(" 0 "), 2));
    }
  }
  return lines;
}

Cycle Bench::done(std::uint64_t slice) const {
  for (const Completion& completion : controller_.completions()) {
    if (completion.ticket == slice) {
      return completion.cycle;
    }
  }
  return -1;
}

Bench ddr4_bench(ControllerConfig controller) {
  controller.refresh_policy = RefreshPolicyKind::kNone;
  ChannelConfig config;
  config.controller = controller;
  return Bench(with_all_commands(describe("ddr4_2400")), config);
}

Bench refreshed_ddr4_bench(ControllerConfig controller, Cycle interval, const std::string& across) {
  ChannelConfig config;
  config.controller = controller;
  Spec spec = with_all_commands(describe("ddr4_2400"), across);
  spec.refresh_interval = interval;
  spec.bank_refresh_interval = interval;
  return Bench(std::move(spec), config);
}

}  // namespace orrery::memory::dram::test
