// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "memory/specification/spec.h"

namespace orrery::memory::checker {

enum class PowerState : std::uint8_t { kUp, kPowerDown, kSelfRefresh };

// Which rows are open and which ranks are powered down. A bank is closed from its RDA or WRA on.
class DeviceState {
 public:
  // The spec must outlive the state.
  explicit DeviceState(const dram::Spec& spec);

  // Why the command is not allowed in this state; empty when it is. A precharge of a closed bank
  // does nothing and is allowed; a command of kind `other` needs only a rank that is up.
  [[nodiscard]] std::string objection(int command, unsigned bank, std::uint32_t row) const;

  // Changes the state, also where there was an objection.
  void apply(int command, unsigned bank, std::uint32_t row);

  // Of the first row buffer.
  [[nodiscard]] bool is_open(unsigned bank) const { return rows_[bank] != kClosed; }
  [[nodiscard]] std::int64_t open_row(unsigned bank) const { return rows_[bank]; }
  // The lowest bank of the mask with an open row, -1 when all are closed.
  [[nodiscard]] int first_open(std::uint64_t banks) const;
  [[nodiscard]] PowerState power(unsigned rank) const { return power_[rank]; }
  [[nodiscard]] unsigned rank_of(unsigned bank) const { return bank / banks_of_rank_; }

 private:
  static constexpr std::int64_t kClosed = -1;

  [[nodiscard]] std::size_t place(const dram::Command& command, unsigned bank) const {
    return static_cast<std::size_t>(command.row_buffer) * banks_ + bank;
  }
  [[nodiscard]] std::string power_objection(const dram::Command& command, unsigned rank) const;
  [[nodiscard]] std::string open_objection(std::uint64_t acted_on, int row_buffer) const;
  // The row is open in another row buffer of one of the banks.
  [[nodiscard]] std::string elsewhere_objection(std::uint64_t acted_on, int row_buffer,
                                                std::uint32_t row) const;
  // The row is not open in all of the banks.
  [[nodiscard]] std::string row_objection(std::uint64_t acted_on, const dram::Command& command,
                                          std::uint32_t row) const;
  void close(const dram::Command& command, std::uint64_t acted_on);

  const dram::Spec& spec_;
  std::size_t banks_;
  unsigned banks_of_rank_;
  std::vector<std::int64_t> rows_;  // row buffer * banks + bank: the open row or kClosed
  std::vector<PowerState> power_;   // by rank
};

}  // namespace orrery::memory::checker
