// SPDX-License-Identifier: Apache-2.0
#include "tests/memory/pim_bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace orrery::memory::dram::test {

PimBench::PimBench(Spec spec, const ChannelConfig& config)
    : spec_(std::move(spec)), channel_(spec_, config, *this, &log_) {}

PimStep PimBench::step(const std::string& command, std::uint32_t bank, std::uint32_t row,
                       std::uint32_t column, std::uint32_t count, std::uint32_t results) const {
  PimStep step;
  step.command = spec_.command(command);
  step.bank = bank;
  step.row = row;
  step.column = column;
  step.count = count;
  step.results = results;
  return step;
}

std::uint64_t PimBench::submit(std::vector<PimStep> steps, std::uint32_t repetitions, Cycle arrival,
                               std::uint32_t initiator) {
  PimProgram program;
  program.steps = std::move(steps);
  program.repetitions = repetitions;
  program.ticket = tickets_;
  program.initiator = initiator;
  channel_.submit_pim(std::move(program), arrival);
  return tickets_++;
}

std::uint64_t PimBench::submit(const Access& access) {
  const ChannelMap map(spec_);
  const std::uint64_t burst = map.burst({access.bank, access.row, access.column});
  const auto bytes = static_cast<std::uint64_t>(spec_.access_bytes);
  Slice slice;
  Transfer transfer;
  transfer.address = burst * bytes;
  transfer.row_bytes = spec_.access_bytes;
  slice.cursor =
      SliceCursor(transfer, AddressMap(1, spec_.access_bytes), 0, static_cast<int>(bytes));
  slice.is_write = access.is_write;
  slice.ticket = tickets_;
  channel_.submit(std::move(slice), access.arrival);
  return tickets_++;
}

std::vector<std::string> PimBench::commands(const std::vector<std::string>& names) const {
  std::vector<std::string> lines;
  for (const CommandRecord& record : log_.commands()) {
    const std::string& name = spec_.commands[static_cast<std::size_t>(record.command)].name;
    if (names.empty() || std::find(names.begin(), names.end(), name) != names.end()) {
      lines.push_back(fmt::format("{} {} {}", record.cycle, name, record.bank));
    }
  }
  return lines;
}

std::vector<Cycle> PimBench::cycles(const std::string& name) const {
  std::vector<Cycle> result;
  for (const CommandRecord& record : log_.commands()) {
    if (spec_.commands[static_cast<std::size_t>(record.command)].name == name) {
      result.push_back(record.cycle);
    }
  }
  return result;
}

Cycle PimBench::done(std::uint64_t ticket) const {
  const auto found = done_.find(ticket);
  return found == done_.end() ? -1 : found->second;
}

void PimBench::slice_done(std::uint64_t ticket, std::uint32_t /*initiator*/, Cycle cycle) {
  done_[ticket] = cycle;
}

}  // namespace orrery::memory::dram::test
