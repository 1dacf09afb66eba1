// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "command/command.h"
#include "functional/memory.h"

namespace orrery::functional {

// The elements of a view one by one.
class ViewReader {
 public:
  // MemoryFault where the view does not span rows x columns.
  ViewReader(Memory& memory, const command::View& view, std::int64_t rows, std::int64_t columns);

  // nullopt outside the bounds.
  [[nodiscard]] std::optional<double> read(std::int64_t row, std::int64_t column);
  // nullopt outside the bounds; as AddressSpace::read_code.
  [[nodiscard]] std::optional<numeric::Code> read_code(std::int64_t row, std::int64_t column);
  // The block that begins with that element; nullopt outside the bounds.
  [[nodiscard]] std::optional<numeric::Block> read_block(std::int64_t row, std::int64_t column);
  void write(std::int64_t row, std::int64_t column, double value);
  // The whole row; of a block type, whose blocks it must consist of, block by block.
  void write_row(std::int64_t row, std::span<const double> values);

  // The whole matrix, row by row, elements outside the bounds 0.
  [[nodiscard]] std::vector<double> matrix();

 private:
  // What one row (column) adds to the address and to the coordinates.
  struct Offset {
    std::int64_t bits = 0;
    std::array<std::int64_t, 2> step{};
  };
  static std::vector<Offset> offsets(
      const boost::container::static_vector<command::Digit, 4>& digits, std::int64_t count);
  [[nodiscard]] bool inside(const Offset& row, const Offset& column) const;

  AddressSpace& space_;
  const command::View& view_;
  std::vector<Offset> rows_;
  std::vector<Offset> columns_;
};

}  // namespace orrery::functional
