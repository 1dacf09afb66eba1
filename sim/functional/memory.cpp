// SPDX-License-Identifier: Apache-2.0
#include "functional/memory.h"

#include <fmt/format.h>

#include "base/error.h"

namespace orrery::functional {
namespace {

constexpr int kCellBits = 4;

std::string element_text(std::uint8_t type) {
  return type == 0 ? "nothing" : numeric::name(static_cast<numeric::ElementType>(type - 1));
}

}  // namespace

AddressSpace::Cell& AddressSpace::cell(std::int64_t index) {
  if (index < 0 || index >= cells_) {
    fault(index, "lies outside the memory");
  }
  std::unique_ptr<Page>& page = pages_[index / kPageCells];
  if (!page) {
    page = std::make_unique<Page>();
  }
  return (*page)[static_cast<std::size_t>(index % kPageCells)];
}

void AddressSpace::fault(std::int64_t index, const std::string& what) const {
  throw MemoryFault(fmt::format("byte {}{} of {} {}", index / kCellsPerByte,
                                index % kCellsPerByte != 0 ? ".5" : "", name_, what));
}

void AddressSpace::overwrite(Cell& target, const Cell& value) {
  if (target.unread && target.type != 0) {
    ++lost_cells_;
  }
  target = value;
}

double AddressSpace::read(std::int64_t bit, numeric::ElementType type) {
  const auto code = static_cast<std::uint8_t>(1 + static_cast<int>(type));
  const std::int64_t first = bit / kCellBits;
  const int count = numeric::bits(type) / kCellBits;
  double value = 0.0;
  for (int i = 0; i < count; ++i) {
    Cell& part = cell(first + i);
    if (part.type != code || part.offset != i) {
      fault(first,
            fmt::format("is read as {}, holds {}", numeric::name(type),
                        part.type == code ? "parts of several elements" : element_text(part.type)));
    }
    // Two halves of different elements can only stand side by side after a partial overwrite.
    if (i > 0 && part.value != value) {
      fault(first, "holds parts of several elements");
    }
    value = part.value;
    part.unread = false;
    cell((first + i) ^ 1).unread = false;  // a byte is used when either half of it is
  }
  return value;
}

std::optional<double> AddressSpace::find(std::int64_t bit, numeric::ElementType type) {
  const auto code = static_cast<std::uint8_t>(1 + static_cast<int>(type));
  const std::int64_t first = bit / kCellBits;
  const int count = numeric::bits(type) / kCellBits;
  const double value = cell(first).value;
  for (int i = 0; i < count; ++i) {
    const Cell& part = cell(first + i);
    if (part.type != code || part.offset != i || part.value != value) {
      return std::nullopt;
    }
  }
  return read(bit, type);
}

void AddressSpace::forget(std::int64_t byte, std::int64_t bytes) {
  for (std::int64_t i = 0; i < bytes * kCellsPerByte; ++i) {
    overwrite(cell(byte * kCellsPerByte + i), Cell{});
  }
}

void AddressSpace::write(std::int64_t bit, numeric::ElementType type, double value) {
  const auto code = static_cast<std::uint8_t>(1 + static_cast<int>(type));
  const std::int64_t first = bit / kCellBits;
  const int count = numeric::bits(type) / kCellBits;
  for (int i = 0; i < count; ++i) {
    overwrite(cell(first + i), {value, code, static_cast<std::uint8_t>(i), false});
  }
}

void AddressSpace::copy_from(AddressSpace& source, std::int64_t source_byte, std::int64_t byte,
                             std::int64_t bytes, bool counts_as_load) {
  for (std::int64_t i = 0; i < bytes * kCellsPerByte; ++i) {
    Cell& from = source.cell(source_byte * kCellsPerByte + i);
    from.unread = false;
    Cell value = from;
    value.unread = counts_as_load;
    loaded_cells_ += counts_as_load ? 1 : 0;
    overwrite(cell(byte * kCellsPerByte + i), value);
  }
}

std::int64_t AddressSpace::unread_bytes() const {
  std::int64_t unread = lost_cells_;
  for (const auto& [number, page] : pages_) {
    for (const Cell& one : *page) {
      unread += one.unread && one.type != 0 ? 1 : 0;
    }
  }
  return (unread + kCellsPerByte - 1) / kCellsPerByte;
}

Memory::Memory(std::vector<std::int64_t> tiers, std::int64_t scratchpad,
               std::vector<std::int64_t> accumulators)
    : scratchpad_("the scratchpad", scratchpad) {
  for (std::size_t i = 0; i < tiers.size(); ++i) {
    tiers_.emplace_back(fmt::format("tier {}", i), tiers[i]);
  }
  for (std::size_t i = 0; i < accumulators.size(); ++i) {
    accumulators_.emplace_back(fmt::format("the accumulators of engine {}", i), accumulators[i]);
  }
}

AddressSpace& Memory::space(const command::Space& space) {
  switch (space.kind) {
    case command::SpaceKind::kTier:
      base::require_invariant(space.index < tiers_.size(), "known tier", "functional");
      return tiers_[space.index];
    case command::SpaceKind::kScratchpad:
      return scratchpad_;
    case command::SpaceKind::kAccumulator:
      base::require_invariant(space.index < accumulators_.size(), "known engine", "functional");
      return accumulators_[space.index];
  }
  throw base::InternalError("known space", "functional");
}

void Memory::write_tensor(const command::Space& where, std::int64_t address,
                          numeric::ElementType type, std::int64_t row_elements,
                          std::span<const double> values) {
  AddressSpace& memory = space(where);
  const std::int64_t row_bits = numeric::row_bytes(type, row_elements) * 8;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto index = static_cast<std::int64_t>(i);
    memory.write(
        address * 8 + index / row_elements * row_bits + index % row_elements * numeric::bits(type),
        type, values[i]);
  }
}

std::vector<double> Memory::read_tensor(const command::Space& where, std::int64_t address,
                                        numeric::ElementType type, std::int64_t row_elements,
                                        std::int64_t elements) {
  AddressSpace& memory = space(where);
  const std::int64_t row_bits = numeric::row_bytes(type, row_elements) * 8;
  std::vector<double> values;
  for (std::int64_t i = 0; i < elements; ++i) {
    values.push_back(memory.read(
        address * 8 + i / row_elements * row_bits + i % row_elements * numeric::bits(type), type));
  }
  return values;
}

}  // namespace orrery::functional
