// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

#include "command/command.h"

namespace orrery::functional {

// What a command may not do to a memory: read what was never written or was partly overwritten,
// read another type than was written, leave the memory.
class MemoryFault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// What is kept of a value written to a scalar type.
enum class Rounding : std::uint8_t {
  kNone,    // all of it: results equal those of real numbers, whatever the types between
  kToType,  // what its type holds
};

// One memory at the grain of bits. Elements of scalar types are held as real numbers; blocks as
// their bits, each with a number that tells parts of different blocks apart.
class AddressSpace {
 public:
  // `name` stands in faults; capacity in bytes.
  AddressSpace(std::string name, std::int64_t capacity, Rounding rounding = Rounding::kNone)
      : name_(std::move(name)), cells_(capacity * kCellsPerByte), rounding_(rounding) {}

  // The element of that type whose first bit lies at `bit`. Throws MemoryFault.
  [[nodiscard]] double read(std::int64_t bit, numeric::ElementType type);
  // Its code, of a scalar type that of the nearest value. Throws MemoryFault.
  [[nodiscard]] numeric::Code read_code(std::int64_t bit, numeric::ElementType type);
  // The block that begins at `bit`. Throws MemoryFault.
  [[nodiscard]] numeric::Block read_block(std::int64_t bit, numeric::ElementType type);
  // nullopt where `read` would find none; a MemoryFault outside the memory.
  [[nodiscard]] std::optional<double> find(std::int64_t bit, numeric::ElementType type);
  // An element of a scalar type.
  void write(std::int64_t bit, numeric::ElementType type, double value);
  // All elements of a block, which begins at `bit`.
  void write_block(std::int64_t bit, numeric::ElementType type, std::span<const double> values);
  // Leaves the bytes as if they had never been written.
  void forget(std::int64_t byte, std::int64_t bytes);
  // Copies bytes as they are, whatever they hold.
  void copy_from(AddressSpace& source, std::int64_t source_byte, std::int64_t byte,
                 std::int64_t bytes, bool counts_as_load);

  // Bytes that a counted copy brought here and that were overwritten before anyone read them, or
  // are still unread: loaded in vain. A byte of several elements is read when one of them is.
  [[nodiscard]] std::int64_t unread_bytes() const;
  [[nodiscard]] std::int64_t loaded_bytes() const { return loaded_cells_ / kCellsPerByte; }

 private:
  static constexpr std::int64_t kCellsPerByte = 8;
  static constexpr std::int64_t kPageCells = 4096;
  struct Cell {
    double value = 0.0;        // of the element; of a block 2 * its number + the bit
    std::uint16_t offset = 0;  // within its element; in a block from its first bit
    std::uint8_t type = 0;     // ElementType; means nothing where nothing was written
    bool written = false;
    bool unread = false;  // loaded and not read since
  };
  using Page = std::array<Cell, kPageCells>;

  Cell& cell(std::int64_t index) { return cells(index, 1).front(); }
  // As many of those cells as lie in one page, at least one. Throws MemoryFault outside the memory.
  [[nodiscard]] std::span<Cell> cells(std::int64_t index, std::int64_t count);
  [[noreturn]] void fault(std::int64_t index, const std::string& what) const;
  void overwrite(Cell& target, const Cell& value);
  // Whether the cell holds that bit of an element or block of the type.
  [[nodiscard]] bool holds(std::int64_t bit, numeric::ElementType type, std::int64_t offset);
  [[nodiscard]] bool holds_element(std::int64_t bit, numeric::ElementType type);
  [[nodiscard]] bool holds_scalar(std::int64_t bit, numeric::ElementType type);
  [[nodiscard]] bool holds_in_block(std::int64_t bit, numeric::ElementType type);
  void require_element(std::int64_t bit, numeric::ElementType type);
  // The bytes that hold these bits.
  void mark_read(std::int64_t bit, std::int64_t count);
  [[nodiscard]] numeric::Code take_bits(std::int64_t bit, int count);
  [[nodiscard]] double read_in_block(std::int64_t bit, numeric::ElementType type);
  [[nodiscard]] numeric::Block take_block(std::int64_t bit, const numeric::BlockFormat& format,
                                          std::int64_t first_code, std::int64_t codes);

  std::string name_;
  std::int64_t cells_;
  Rounding rounding_;
  std::unordered_map<std::int64_t, std::unique_ptr<Page>> pages_;
  std::int64_t last_number_ = -1;  // the page that was touched last
  Page* last_page_ = nullptr;
  std::int64_t loaded_cells_ = 0;
  std::int64_t lost_cells_ = 0;  // overwritten unread
};

// All memories of a machine, made as they are first touched.
class Memory {
 public:
  // Sizes in bytes; tiers and accumulators by index, as in command::Space.
  Memory(const std::vector<std::int64_t>& tiers, std::int64_t scratchpad,
         const std::vector<std::int64_t>& accumulators, Rounding rounding = Rounding::kNone);

  [[nodiscard]] AddressSpace& space(const command::Space& space);

  // Writes (reads) a row-major tensor whose rows, the last dimension, are filled up to whole bytes.
  void write_tensor(const command::Space& space, std::int64_t address, numeric::ElementType type,
                    std::int64_t row_elements, std::span<const double> values);
  [[nodiscard]] std::vector<double> read_tensor(const command::Space& space, std::int64_t address,
                                                numeric::ElementType type,
                                                std::int64_t row_elements, std::int64_t elements);

 private:
  std::vector<AddressSpace> tiers_;
  AddressSpace scratchpad_;
  std::vector<AddressSpace> accumulators_;
};

}  // namespace orrery::functional
