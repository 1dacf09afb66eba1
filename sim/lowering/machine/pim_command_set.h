// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "command/command.h"

namespace orrery::lowering {

// The commands of a PIM memory that products of a vector with rows of all banks of a channel are
// made of.
class PimCommandSet {
 public:
  using Steps = decltype(command::PimProgram::steps);

  // nullopt where the memory lacks one; `lacking` then says which.
  [[nodiscard]] static std::optional<PimCommandSet> of(const command::PimMemory& memory,
                                                       std::string& lacking);

  // The vector comes from a row of the memory (else from the scratchpad).
  [[nodiscard]] bool loads_rows() const { return loads_rows_; }
  // Bytes that one load command brings from the scratchpad.
  [[nodiscard]] std::int64_t load_bytes() const;
  // The banks of which one command reads the results, and how many commands read them all.
  [[nodiscard]] std::int64_t read_banks() const;
  [[nodiscard]] std::int64_t reads() const { return memory_->banks() / read_banks(); }
  // Of one read command; each bank's result has result_bits of it, from the first on.
  [[nodiscard]] std::int64_t read_bytes() const;
  [[nodiscard]] std::int64_t result_bits() const { return read_bytes() * 8 / read_banks(); }

  // The vector buffer takes a row of one bank, before all repetitions.
  void add_load_row(Steps& steps, std::int64_t bank, std::int64_t row) const;
  // The vector buffer takes so many bytes from its first on, before all repetitions: successive
  // steps of load_bytes() each.
  void add_loads(Steps& steps, std::int64_t bytes) const;
  // Tells the controller what is coming in a row, where the memory has a command for it.
  void add_header(Steps& steps, std::int64_t row, std::int64_t columns, std::int64_t results,
                  std::int64_t row_step) const;
  // Multiplies columns of a row of all banks and reads the results.
  void add_product(Steps& steps, std::int64_t row, std::int64_t column, std::int64_t columns,
                   std::int64_t row_step) const;

 private:
  [[nodiscard]] const command::PimCommand& command(std::uint16_t index) const {
    return memory_->commands[index];
  }

  const command::PimMemory* memory_ = nullptr;
  bool loads_rows_ = false;
  std::uint16_t load_ = 0;
  std::optional<std::uint16_t> header_;
  std::uint16_t dot_ = 0;  // kDotRead where read_ is absent
  std::optional<std::uint16_t> read_;
  std::optional<std::uint16_t> plain_dot_;  // for products longer than one kDotRead
};

}  // namespace orrery::lowering
