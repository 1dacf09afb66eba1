// SPDX-License-Identifier: Apache-2.0
#include "memory/dram/channel_map.h"

#include <bit>

#include "base/error.h"

namespace orrery::memory::dram {

namespace {

unsigned bits_of(std::int64_t count) {
  return static_cast<unsigned>(std::bit_width(static_cast<std::uint64_t>(count))) - 1;
}

}  // namespace

ChannelMap::ChannelMap(const Spec& spec) {
  unsigned shift = 0;
  const auto field = [&shift](std::int64_t count, unsigned place) {
    const unsigned bits = bits_of(count);
    const Field result = {shift, place, (std::uint64_t{1} << bits) - 1};
    shift += bits;
    return result;
  };
  for (const std::string& name : spec.address_order) {
    if (name == "row") {
      row_ = field(spec.rows, 0);
    } else if (name == "column") {
      column_ = field(spec.columns, 0);
    } else {
      const Level& level = spec.levels[static_cast<std::size_t>(spec.level(name))];
      if (level.count > 1) {
        base::require_invariant(bank_field_count_ < bank_fields_.size(), "few levels");
        bank_fields_[bank_field_count_++] = field(level.count, bits_of(spec.banks() / level.nodes));
      }
    }
  }
  bursts_ = std::uint64_t{1} << shift;
}

}  // namespace orrery::memory::dram
