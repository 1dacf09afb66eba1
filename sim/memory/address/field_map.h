// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "memory/address/field_map_description.h"
#include "memory/address/linear_map.h"

namespace orrery::memory {

// A field that a memory's address has.
struct AddressField {
  std::string name;
  std::int64_t count = 1;        // its values: a power of two, else it cannot be mapped
  bool may_be_left_out = false;  // the channels, which can be interleaved instead
};

// A burst number as fields: each bit of a field is one bit of the number or, where it is hashed,
// the parity of several. A bijection.
class FieldMap {
 public:
  // `fields`: all that the memory has. Throws UserError with every mistake: names, bits that are
  // missing or stand twice, bits that hashing makes dependent on one another.
  [[nodiscard]] static FieldMap from(const FieldMapDescription& description,
                                     const std::vector<AddressField>& fields);

  // Bits of a burst number.
  [[nodiscard]] unsigned bits() const { return bits_; }
  // Whether the map places the field: one that may be left out need not be there.
  [[nodiscard]] bool has(std::string_view field) const;
  // Mask i over the burst number gives bit i of the field. Empty for a field of one value and for
  // one that was left out.
  [[nodiscard]] const BitMasks& masks(std::string_view field) const;

 private:
  struct Entry {
    std::string name;
    BitMasks masks;
    bool placed = false;
  };
  [[nodiscard]] const Entry* find(std::string_view field) const;

  std::vector<Entry> entries_;
  unsigned bits_ = 0;

  friend class FieldMapBuilder;
};

}  // namespace orrery::memory
