// SPDX-License-Identifier: Apache-2.0
#include "command/command.h"

namespace orrery::command {
namespace {

std::int64_t offset(const PimMemory::Digits& digits, std::int64_t index) {
  std::int64_t result = 0;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
    result += index % digit->extent * digit->stride;
    index /= digit->extent;
  }
  return result;
}

}  // namespace

std::int64_t PimMemory::extent(const Digits& digits) {
  std::int64_t result = 1;
  for (const Digit& digit : digits) {
    result *= digit.extent;
  }
  return result;
}

std::int64_t PimMemory::address(std::int64_t channel_index, std::int64_t bank_index,
                                std::int64_t row_index, std::int64_t byte_index) const {
  return offset(channel, channel_index) + offset(bank, bank_index) + offset(row, row_index) +
         offset(byte, byte_index);
}

PimTraffic pim_traffic(const PimProgram& program, const PimMemory& memory) {
  const std::int64_t elements = memory.column_bytes * 8 / numeric::bits(program.type);
  PimTraffic traffic;
  for (const PimStep& step : program.steps) {
    const PimCommand& command = memory.commands[step.command];
    const std::int64_t times = program.repetitions_of(step);
    if (command.operation == PimOperation::kLoad) {
      traffic.bytes_in += times * command.bytes * step.count;
    }
    if (reads(command.operation)) {
      traffic.bytes_out += times * command.bytes;
    }
    if (multiplies(command.operation)) {
      traffic.macs += times * command.banks * step.count * elements;
    }
  }
  return traffic;
}

}  // namespace orrery::command
