// SPDX-License-Identifier: Apache-2.0
#include "functional/view_reader.h"

#include <fmt/format.h>

#include "command/view.h"

namespace orrery::functional {

ViewReader::ViewReader(Memory& memory, const command::View& view, std::int64_t rows,
                       std::int64_t columns)
    : space_(memory.space(view.space)), view_(view) {
  if (command::row_count(view) != rows || command::column_count(view) != columns) {
    throw MemoryFault(fmt::format("a view of {} x {} elements stands for {} x {}",
                                  command::row_count(view), command::column_count(view), rows,
                                  columns));
  }
  rows_ = offsets(view.row, rows);
  columns_ = offsets(view.column, columns);
}

std::vector<ViewReader::Offset> ViewReader::offsets(
    const boost::container::static_vector<command::Digit, 4>& digits, std::int64_t count) {
  std::vector<Offset> result;
  for (std::int64_t index = 0; index < count; ++index) {
    Offset offset;
    std::int64_t rest = index;
    for (std::size_t i = digits.size(); i-- > 0;) {
      const std::int64_t value = rest % digits[i].extent;
      rest /= digits[i].extent;
      offset.bits += value * digits[i].stride_bits;
      offset.step[0] += value * digits[i].step[0];
      offset.step[1] += value * digits[i].step[1];
    }
    result.push_back(offset);
  }
  return result;
}

bool ViewReader::inside(const Offset& row, const Offset& column) const {
  for (std::size_t i = 0; i < view_.bounds.size(); ++i) {
    const std::int64_t coordinate = view_.bounds[i].origin + row.step[i] + column.step[i];
    if (coordinate < 0 || coordinate >= view_.bounds[i].limit) {
      return false;
    }
  }
  return true;
}

std::optional<double> ViewReader::read(std::int64_t row, std::int64_t column) {
  const Offset& r = rows_[static_cast<std::size_t>(row)];
  const Offset& c = columns_[static_cast<std::size_t>(column)];
  if (!inside(r, c)) {
    return std::nullopt;
  }
  return space_.read(view_.base * 8 + r.bits + c.bits, view_.type);
}

std::optional<numeric::Code> ViewReader::read_code(std::int64_t row, std::int64_t column) {
  const Offset& r = rows_[static_cast<std::size_t>(row)];
  const Offset& c = columns_[static_cast<std::size_t>(column)];
  if (!inside(r, c)) {
    return std::nullopt;
  }
  return space_.read_code(view_.base * 8 + r.bits + c.bits, view_.type);
}

std::optional<numeric::Block> ViewReader::read_block(std::int64_t row, std::int64_t column) {
  const Offset& r = rows_[static_cast<std::size_t>(row)];
  const Offset& c = columns_[static_cast<std::size_t>(column)];
  if (!inside(r, c)) {
    return std::nullopt;
  }
  return space_.read_block(view_.base * 8 + r.bits + c.bits, view_.type);
}

void ViewReader::write(std::int64_t row, std::int64_t column, double value) {
  const Offset& r = rows_[static_cast<std::size_t>(row)];
  const Offset& c = columns_[static_cast<std::size_t>(column)];
  if (inside(r, c)) {
    space_.write(view_.base * 8 + r.bits + c.bits, view_.type, value);
  }
}

void ViewReader::write_row(std::int64_t row, std::span<const double> values) {
  if (!numeric::is_block(view_.type)) {
    for (std::size_t c = 0; c < values.size(); ++c) {
      write(row, static_cast<std::int64_t>(c), values[c]);
    }
    return;
  }
  const auto block = static_cast<std::size_t>(numeric::block_elements(view_.type));
  for (std::size_t c = 0; c < values.size(); c += block) {
    space_.write_block(
        view_.base * 8 + rows_[static_cast<std::size_t>(row)].bits + columns_[c].bits, view_.type,
        values.subspan(c, block));
  }
}

std::vector<double> ViewReader::matrix() {
  std::vector<double> values;
  values.reserve(rows_.size() * columns_.size());
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      values.push_back(
          read(static_cast<std::int64_t>(r), static_cast<std::int64_t>(c)).value_or(0.0));
    }
  }
  return values;
}

}  // namespace orrery::functional
