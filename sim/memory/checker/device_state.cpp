// SPDX-License-Identifier: Apache-2.0
#include "memory/checker/device_state.h"

#include <fmt/format.h>

#include <bit>

#include "memory/checker/command_traits.h"

namespace orrery::memory::checker {

using dram::CommandKind;

DeviceState::DeviceState(const dram::Spec& spec)
    : spec_(spec),
      banks_(static_cast<std::size_t>(spec.banks())),
      banks_of_rank_(static_cast<unsigned>(spec.banks() / spec.ranks())),
      rows_(banks_ * spec.row_buffers.size(), kClosed),
      power_(static_cast<std::size_t>(spec.ranks()), PowerState::kUp) {}

int DeviceState::first_open(std::uint64_t banks) const {
  for (std::uint64_t left = banks; left != 0; left &= left - 1) {
    const int bank = std::countr_zero(left);
    if (is_open(static_cast<unsigned>(bank))) {
      return bank;
    }
  }
  return -1;
}

std::string DeviceState::power_objection(const dram::Command& command, unsigned rank) const {
  const PowerState state = power_[rank];
  const PowerState needed = command.kind == CommandKind::kPowerDownExit ? PowerState::kPowerDown
                            : command.kind == CommandKind::kSelfRefreshExit
                                ? PowerState::kSelfRefresh
                                : PowerState::kUp;
  static const char* const kNames[] = {"up", "in power-down", "in self-refresh"};
  return state == needed
             ? std::string()
             : fmt::format("rank {} is {}, not {}", rank, kNames[static_cast<std::size_t>(state)],
                           kNames[static_cast<std::size_t>(needed)]);
}

std::string DeviceState::open_objection(std::uint64_t acted_on, int row_buffer) const {
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const std::size_t bank = i % banks_;
    const bool asked = row_buffer < 0 || i / banks_ == static_cast<std::size_t>(row_buffer);
    if (asked && (acted_on >> bank & 1U) != 0 && rows_[i] != kClosed) {
      return fmt::format("row {} of bank {} is open", rows_[i], bank);
    }
  }
  return {};
}

std::string DeviceState::elsewhere_objection(std::uint64_t acted_on, int row_buffer,
                                             std::uint32_t row) const {
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const std::size_t bank = i % banks_;
    if ((acted_on >> bank & 1U) != 0 && rows_[i] == static_cast<std::int64_t>(row) &&
        i / banks_ != static_cast<std::size_t>(row_buffer)) {
      return fmt::format("row {} of bank {} is open in row buffer '{}'", row, bank,
                         spec_.row_buffers[i / banks_]);
    }
  }
  return {};
}

std::string DeviceState::row_objection(std::uint64_t acted_on, const dram::Command& command,
                                       std::uint32_t row) const {
  for (std::uint64_t left = acted_on; left != 0; left &= left - 1) {
    const auto bank = static_cast<unsigned>(std::countr_zero(left));
    const std::int64_t open = rows_[place(command, bank)];
    if (open != static_cast<std::int64_t>(row)) {
      return open == kClosed
                 ? fmt::format("bank {} is closed", bank)
                 : fmt::format("row {} of bank {} is open, not row {}", open, bank, row);
    }
  }
  return {};
}

std::string DeviceState::objection(int index, unsigned bank, std::uint32_t row) const {
  const dram::Command& command = spec_.commands[static_cast<std::size_t>(index)];
  const std::uint64_t acted_on = spec_.banks_of(index, bank);
  for (unsigned rank = 0; rank < power_.size(); ++rank) {
    const std::uint64_t one = std::uint64_t{1} << (banks_of_rank_ - 1);
    const std::uint64_t banks = ((one - 1) | one) << (rank * banks_of_rank_);
    const std::string objection =
        (acted_on & banks) != 0 ? power_objection(command, rank) : std::string();
    if (!objection.empty()) {
      return objection;
    }
  }
  if (opens_rows(command)) {
    const std::string closed_first = open_objection(acted_on, command.row_buffer);
    return closed_first.empty() ? elsewhere_objection(acted_on, command.row_buffer, row)
                                : closed_first;
  }
  if (works_on_rows(command)) {
    return row_objection(acted_on, command, row);
  }
  if (is_refresh(command) || command.kind == CommandKind::kSelfRefresh) {
    return open_objection(acted_on, -1);
  }
  if (is_column(command)) {
    const std::int64_t open = rows_[place(command, bank)];
    if (open == kClosed) {
      return fmt::format("bank {} is closed", bank);
    }
    if (open != row) {
      return fmt::format("row {} of bank {} is open, not row {}", open, bank, row);
    }
  }
  return {};
}

void DeviceState::close(const dram::Command& command, std::uint64_t acted_on) {
  for (std::uint64_t left = acted_on; left != 0; left &= left - 1) {
    rows_[place(command, static_cast<unsigned>(std::countr_zero(left)))] = kClosed;
  }
}

void DeviceState::apply(int index, unsigned bank, std::uint32_t row) {
  const dram::Command& command = spec_.commands[static_cast<std::size_t>(index)];
  switch (command.kind) {
    case CommandKind::kActivate:
    case CommandKind::kPimActivate:
      for (std::uint64_t left = spec_.banks_of(index, bank); left != 0; left &= left - 1) {
        rows_[place(command, static_cast<unsigned>(std::countr_zero(left)))] = row;
      }
      break;
    case CommandKind::kPrecharge:
    case CommandKind::kPrechargeAll:
    case CommandKind::kPimPrecharge:
    case CommandKind::kReadPrecharge:
    case CommandKind::kWritePrecharge:
      close(command, spec_.banks_of(index, bank));
      break;
    case CommandKind::kPowerDown:
      power_[rank_of(bank)] = PowerState::kPowerDown;
      break;
    case CommandKind::kSelfRefresh:
      power_[rank_of(bank)] = PowerState::kSelfRefresh;
      break;
    case CommandKind::kPowerDownExit:
    case CommandKind::kSelfRefreshExit:
      power_[rank_of(bank)] = PowerState::kUp;
      break;
    case CommandKind::kRead:
    case CommandKind::kWrite:
    case CommandKind::kRefreshAll:
    case CommandKind::kRefreshBanks:
    case CommandKind::kPimCompute:
    case CommandKind::kPimMove:
    case CommandKind::kPimControl:
    case CommandKind::kPimHeader:
    case CommandKind::kOther:
      break;
  }
}

}  // namespace orrery::memory::checker
