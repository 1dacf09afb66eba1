// SPDX-License-Identifier: Apache-2.0
#include "memory/dram/channel_map.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/error.h"

namespace orrery::memory::dram {

namespace {

unsigned bits_of(std::int64_t count) {
  return static_cast<unsigned>(std::bit_width(static_cast<std::uint64_t>(count))) - 1;
}

BitMasks consecutive(unsigned shift, std::int64_t count) {
  BitMasks masks;
  for (unsigned bit = 0; bit < bits_of(count); ++bit) {
    masks.push_back(std::uint64_t{1} << (shift + bit));
  }
  return masks;
}

}  // namespace

ChannelFields fields_in_order(const Spec& spec) {
  ChannelFields fields;
  fields.bank.masks.resize(bits_of(spec.banks()), 0);
  unsigned shift = 0;
  for (const std::string& name : spec.address_order) {
    std::int64_t count = 0;
    if (name == "row") {
      count = spec.rows;
      fields.row.masks = consecutive(shift, count);
    } else if (name == "column") {
      count = spec.columns;
      fields.column.masks = consecutive(shift, count);
    } else {
      const Level& level = spec.levels[static_cast<std::size_t>(spec.level(name))];
      count = level.count;
      const BitMasks masks = consecutive(shift, count);
      std::copy(masks.begin(), masks.end(),
                fields.bank.masks.begin() + bits_of(spec.banks() / level.nodes));
    }
    shift += bits_of(count);
  }
  return fields;
}

std::vector<AddressField> address_fields(const Spec& spec, std::int64_t channels,
                                         std::int64_t stacks) {
  std::vector<AddressField> fields = {{"row", spec.rows}, {"column", spec.columns}};
  for (std::size_t level = 1; level < spec.levels.size(); ++level) {
    fields.push_back({spec.levels[level].name, spec.levels[level].count});
  }
  fields.push_back({"channel", channels, true});
  fields.push_back({"stack", stacks, true});
  return fields;
}

BitMasks bank_masks(const Spec& spec, const FieldMap& map) {
  BitMasks masks;
  for (std::size_t level = spec.levels.size() - 1; level > 0; --level) {
    const BitMasks& bits = map.masks(spec.levels[level].name);
    masks.insert(masks.end(), bits.begin(), bits.end());
  }
  return masks;
}

ChannelMap::Part ChannelMap::part_of(const ChannelFields::Part& bits) {
  Part part;
  part.flipped = bits.flipped;
  for (unsigned place = 0; place < bits.masks.size(); ++place) {
    const std::uint64_t mask = bits.masks[place];
    if (!std::has_single_bit(mask)) {
      part.parities.push_back({mask, place});
      continue;
    }
    const auto shift = static_cast<unsigned>(std::countr_zero(mask));
    if (!part.fields.empty()) {
      Field& last = part.fields.back();
      const auto length = static_cast<unsigned>(std::popcount(last.mask));
      if (last.place + length == place && last.shift + length == shift) {
        last.mask = last.mask << 1U | 1U;
        continue;
      }
    }
    part.fields.push_back({shift, place, 1});
  }
  return part;
}

ChannelMap::ChannelMap(const Spec& spec) {
  const ChannelFields fields = spec.fields ? *spec.fields : fields_in_order(spec);
  bank_part_ = part_of(fields.bank);
  row_part_ = part_of(fields.row);
  column_part_ = part_of(fields.column);
  const auto plain = [](const Part& part, std::size_t most) {
    return part.parities.empty() && part.flipped == 0 && part.fields.size() <= most;
  };
  bank_is_plain_ = plain(bank_part_, bank_fields_.size());
  if (bank_is_plain_) {
    bank_field_count_ = bank_part_.fields.size();
    std::copy(bank_part_.fields.begin(), bank_part_.fields.end(), bank_fields_.begin());
  }
  const auto take_plain = [&](const Part& part, Field& field) {
    field = part.fields.size() == 1 ? part.fields.front() : Field{};
    return plain(part, 1);
  };
  row_is_plain_ = take_plain(row_part_, row_);
  column_is_plain_ = take_plain(column_part_, column_);

  BitMasks all = fields.bank.masks;
  all.insert(all.end(), fields.row.masks.begin(), fields.row.masks.end());
  all.insert(all.end(), fields.column.masks.begin(), fields.column.masks.end());
  bank_bits_ = static_cast<unsigned>(fields.bank.masks.size());
  row_bits_ = static_cast<unsigned>(fields.row.masks.size());
  flipped_ = fields.bank.flipped | fields.row.flipped << bank_bits_ |
             fields.column.flipped << (bank_bits_ + row_bits_);
  bursts_ = std::uint64_t{1} << all.size();
  auto inverted = inverse(all);
  base::require_invariant(inverted.has_value(), "the map of a channel is a bijection", spec.name);
  inverse_ = std::move(*inverted);
  std::uint64_t row_bits = 0;
  for (const std::uint64_t mask : fields.row.masks) {
    row_bits |= mask;
  }
  row_span_ = row_bits == 0 ? bursts_ : std::uint64_t{1} << std::countr_zero(row_bits);
}

std::uint64_t ChannelMap::burst(const BankAddress& address) const {
  const std::uint64_t all = address.bank | std::uint64_t{address.row} << bank_bits_ |
                            std::uint64_t{address.column} << (bank_bits_ + row_bits_);
  return mapped(inverse_, all ^ flipped_);
}

}  // namespace orrery::memory::dram
