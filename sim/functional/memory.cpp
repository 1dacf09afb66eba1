// SPDX-License-Identifier: Apache-2.0
#include "functional/memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/error.h"
#include "base/integer.h"

namespace orrery::functional {
namespace {

// Whose code, or block, the cells of one element are part of.
struct Extent {
  int code_bits;
  int all_bits;  // of the element, or of its block
};

Extent extent_of(numeric::ElementType type) {
  return {numeric::code_bits(type), numeric::block_bits(type)};
}

// A number for what a block holds: equal blocks may stand for each other.
double number_of(const std::vector<bool>& bits) {
  constexpr std::uint64_t kMost = (std::uint64_t{1} << 50) - 1;  // twice that fits a double
  return static_cast<double>(std::hash<std::vector<bool>>()(bits) & kMost);
}

// The first bit of an element of a row-major tensor.
std::int64_t element_bit(std::int64_t address, numeric::ElementType type, std::int64_t row_elements,
                         std::int64_t index) {
  const int block = numeric::block_elements(type);
  base::require_invariant(row_elements % block == 0, "rows of whole blocks", numeric::name(type));
  const std::int64_t column = index % row_elements;
  return (address + index / row_elements * numeric::row_bytes(type, row_elements)) * 8 +
         numeric::bit_offset(type, column / block * block) +
         column % block * numeric::code_bits(type);
}

}  // namespace

std::span<AddressSpace::Cell> AddressSpace::cells(std::int64_t index, std::int64_t count) {
  if (index < 0 || index >= cells_) {
    fault(index, "lies outside the memory");
  }
  const std::int64_t number = index / kPageCells;
  if (number != last_number_) {
    std::unique_ptr<Page>& page = pages_[number];
    if (!page) {
      page = std::make_unique<Page>();
    }
    last_number_ = number;
    last_page_ = page.get();
  }
  const std::int64_t first = index % kPageCells;
  const std::int64_t fitting = std::min({count, kPageCells - first, cells_ - index});
  return std::span(*last_page_)
      .subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(fitting));
}

void AddressSpace::fault(std::int64_t index, const std::string& what) const {
  const std::int64_t bit = index % kCellsPerByte;
  throw MemoryFault(fmt::format("byte {}{} of {} {}", index / kCellsPerByte,
                                bit != 0 ? fmt::format(" bit {}", bit) : "", name_, what));
}

void AddressSpace::overwrite(Cell& target, const Cell& value) {
  if (target.unread && target.written) {
    ++lost_cells_;
  }
  target = value;
}

bool AddressSpace::holds(std::int64_t bit, numeric::ElementType type, std::int64_t offset) {
  const Cell& one = cell(bit);
  return one.written && one.type == static_cast<std::uint8_t>(type) && one.offset == offset;
}

bool AddressSpace::holds_element(std::int64_t bit, numeric::ElementType type) {
  return numeric::is_block(type) ? holds_in_block(bit, type) : holds_scalar(bit, type);
}

// Element by element and bit by bit, this is where functional execution spends its time.
bool AddressSpace::holds_scalar(std::int64_t bit, numeric::ElementType type) {
  const std::int64_t bits = numeric::code_bits(type);
  const double one = cell(bit).value;
  for (std::int64_t offset = 0; offset < bits;) {
    for (const Cell& part : cells(bit + offset, bits - offset)) {
      // Parts of different elements can only stand side by side after a partial overwrite.
      if (!part.written || part.type != static_cast<std::uint8_t>(type) || part.offset != offset ||
          part.value != one) {
        return false;
      }
      ++offset;
    }
  }
  return true;
}

bool AddressSpace::holds_in_block(std::int64_t bit, numeric::ElementType type) {
  const auto [code_bits, all_bits] = extent_of(type);
  const std::int64_t first = cell(bit).offset;
  const auto owner = [&](std::int64_t at) { return std::floor(cell(at).value / 2); };
  const double one = owner(bit);
  const auto holds_part = [&](std::int64_t at, std::int64_t offset) {
    return holds(at, type, offset) && owner(at) == one;
  };
  for (int i = 0; i < code_bits; ++i) {
    if (!holds_part(bit + i, first + i)) {
      return false;
    }
  }
  const std::int64_t metadata = numeric::block_elements(type) * std::int64_t{code_bits};
  for (std::int64_t offset = metadata; offset < all_bits; ++offset) {
    if (!holds_part(bit - first + offset, offset)) {
      return false;
    }
  }
  return first % code_bits == 0 && first < all_bits;
}

void AddressSpace::require_element(std::int64_t bit, numeric::ElementType type) {
  if (holds_element(bit, type)) {
    return;
  }
  const Cell& first = cell(bit);
  const auto held = static_cast<numeric::ElementType>(first.type);
  fault(bit, fmt::format("is read as {}, holds {}", numeric::name(type),
                         !first.written ? "nothing"
                         : held == type ? "parts of several elements"
                                        : numeric::name(held)));
}

void AddressSpace::mark_read(std::int64_t bit, std::int64_t count) {
  std::int64_t next = bit / kCellsPerByte * kCellsPerByte;
  const std::int64_t end = base::divide_up(bit + count, kCellsPerByte) * kCellsPerByte;
  while (next < end) {
    for (Cell& one : cells(next, end - next)) {
      one.unread = false;
      ++next;
    }
  }
}

numeric::Code AddressSpace::take_bits(std::int64_t bit, int count) {
  numeric::Code code = 0;
  for (int i = 0; i < count; ++i) {
    code |= static_cast<numeric::Code>(std::fmod(cell(bit + i).value, 2)) << i;
  }
  if (count > 0) {
    mark_read(bit, count);
  }
  return code;
}

// Some codes of the block that begins at `bit`, and its metadata.
numeric::Block AddressSpace::take_block(std::int64_t bit, const numeric::BlockFormat& format,
                                        std::int64_t first_code, std::int64_t codes) {
  const std::int64_t code_bits = format.element.bits;
  numeric::Block block;
  for (std::int64_t i = first_code; i < first_code + codes; ++i) {
    block.codes.push_back(take_bits(bit + i * code_bits, format.element.bits));
  }
  std::int64_t place = bit + format.elements * code_bits;
  const auto take = [&](int count) {
    const numeric::Code code = take_bits(place, count);
    place += count;
    return code;
  };
  block.scale = take(format.scale.bits);
  block.zero_point = take(format.zero_point ? format.zero_point->bits : 0);
  block.selector = take(format.selector_bits());
  return block;
}

numeric::Block AddressSpace::read_block(std::int64_t bit, numeric::ElementType type) {
  const numeric::BlockFormat* format = numeric::info(type).block;
  base::require_invariant(format != nullptr, "a block type", numeric::name(type));
  for (int i = 0; i < format->elements; ++i) {
    require_element(bit + i * std::int64_t{format->element.bits}, type);
  }
  if (cell(bit).offset != 0) {
    fault(bit, "does not begin a block of " + numeric::name(type));
  }
  return take_block(bit, *format, 0, format->elements);
}

double AddressSpace::read_in_block(std::int64_t bit, numeric::ElementType type) {
  const numeric::BlockFormat& format = *numeric::info(type).block;
  const std::int64_t first = bit - cell(bit).offset;
  const std::int64_t index = (bit - first) / format.element.bits;
  if (numeric::is_table(type)) {
    // Every entry is a sum of all activations.
    const auto place = static_cast<std::size_t>(index);
    return numeric::decode_block(format, read_block(first, type))[place];
  }
  return numeric::decode_block(format, take_block(first, format, index, 1)).front();
}

double AddressSpace::read(std::int64_t bit, numeric::ElementType type) {
  require_element(bit, type);
  if (numeric::is_block(type)) {
    return read_in_block(bit, type);
  }
  mark_read(bit, numeric::code_bits(type));
  return cell(bit).value;
}

numeric::Code AddressSpace::read_code(std::int64_t bit, numeric::ElementType type) {
  if (!numeric::is_block(type)) {
    return numeric::encode(numeric::info(type).format, read(bit, type));
  }
  require_element(bit, type);
  return take_bits(bit, numeric::code_bits(type));
}

std::optional<double> AddressSpace::find(std::int64_t bit, numeric::ElementType type) {
  return holds_element(bit, type) ? std::optional(read(bit, type)) : std::nullopt;
}

void AddressSpace::forget(std::int64_t byte, std::int64_t bytes) {
  for (std::int64_t i = 0; i < bytes * kCellsPerByte; ++i) {
    overwrite(cell(byte * kCellsPerByte + i), Cell{});
  }
}

void AddressSpace::write(std::int64_t bit, numeric::ElementType type, double value) {
  const double kept =
      rounding_ == Rounding::kNone ? value : numeric::rounded(numeric::info(type).format, value);
  const std::int64_t bits = numeric::bits(type);
  for (std::int64_t offset = 0; offset < bits;) {
    for (Cell& part : cells(bit + offset, bits - offset)) {
      overwrite(part, {kept, static_cast<std::uint16_t>(offset), static_cast<std::uint8_t>(type),
                       true, false});
      ++offset;
    }
  }
}

void AddressSpace::write_block(std::int64_t bit, numeric::ElementType type,
                               std::span<const double> values) {
  const numeric::BlockFormat* format = numeric::info(type).block;
  base::require_invariant(format != nullptr, "a block type", numeric::name(type));
  const std::vector<bool> bits = numeric::to_bits(*format, numeric::encode_block(*format, values));
  const double number = number_of(bits);
  for (std::size_t i = 0; i < bits.size(); ++i) {
    overwrite(cell(bit + static_cast<std::int64_t>(i)),
              {2 * number + (bits[i] ? 1.0 : 0.0), static_cast<std::uint16_t>(i),
               static_cast<std::uint8_t>(type), true, false});
  }
}

void AddressSpace::copy_from(AddressSpace& source, std::int64_t source_byte, std::int64_t byte,
                             std::int64_t bytes, bool counts_as_load) {
  std::int64_t from = source_byte * kCellsPerByte;
  std::int64_t to = byte * kCellsPerByte;
  for (std::int64_t left = bytes * kCellsPerByte; left > 0;) {
    const std::span<Cell> sources = source.cells(from, left);
    const std::span<Cell> targets = cells(to, static_cast<std::int64_t>(sources.size()));
    for (std::size_t i = 0; i < targets.size(); ++i) {
      sources[i].unread = false;
      Cell value = sources[i];
      value.unread = counts_as_load;
      overwrite(targets[i], value);
    }
    const auto copied = static_cast<std::int64_t>(targets.size());
    loaded_cells_ += counts_as_load ? copied : 0;
    from += copied;
    to += copied;
    left -= copied;
  }
}

std::int64_t AddressSpace::unread_bytes() const {
  std::int64_t unread = lost_cells_;
  for (const auto& [number, page] : pages_) {
    for (const Cell& one : *page) {
      unread += one.unread && one.written ? 1 : 0;
    }
  }
  return (unread + kCellsPerByte - 1) / kCellsPerByte;
}

Memory::Memory(const std::vector<std::int64_t>& tiers, std::int64_t scratchpad,
               const std::vector<std::int64_t>& accumulators, Rounding rounding)
    : scratchpad_("the scratchpad", scratchpad, rounding) {
  for (std::size_t i = 0; i < tiers.size(); ++i) {
    tiers_.emplace_back(fmt::format("tier {}", i), tiers[i], rounding);
  }
  for (std::size_t i = 0; i < accumulators.size(); ++i) {
    accumulators_.emplace_back(fmt::format("the accumulators of engine {}", i), accumulators[i],
                               rounding);
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
  const auto elements = static_cast<std::int64_t>(values.size());
  const int block = numeric::block_elements(type);
  for (std::int64_t i = 0; i < elements; i += block) {
    const std::int64_t bit = element_bit(address, type, row_elements, i);
    if (numeric::is_block(type)) {
      memory.write_block(
          bit, type, values.subspan(static_cast<std::size_t>(i), static_cast<std::size_t>(block)));
    } else {
      memory.write(bit, type, values[static_cast<std::size_t>(i)]);
    }
  }
}

std::vector<double> Memory::read_tensor(const command::Space& where, std::int64_t address,
                                        numeric::ElementType type, std::int64_t row_elements,
                                        std::int64_t elements) {
  AddressSpace& memory = space(where);
  std::vector<double> values;
  for (std::int64_t i = 0; i < elements; ++i) {
    values.push_back(memory.read(element_bit(address, type, row_elements, i), type));
  }
  return values;
}

}  // namespace orrery::functional
