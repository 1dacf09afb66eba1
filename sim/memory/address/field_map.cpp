// SPDX-License-Identifier: Apache-2.0
#include "memory/address/field_map.h"

#include <algorithm>
#include <bit>
#include <cctype>
#include <charconv>
#include <optional>

#include "base/error.h"

namespace orrery::memory {

namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) {
    text.remove_prefix(1);
  }
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) {
    text.remove_suffix(1);
  }
  return text;
}

// Parts between separators that stand outside of brackets.
std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  int depth = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    depth += text[i] == '[' ? 1 : text[i] == ']' ? -1 : 0;
    if (text[i] == separator && depth <= 0) {
      parts.push_back(trimmed(text.substr(begin, i - begin)));
      begin = i + 1;
    }
  }
  parts.push_back(trimmed(text.substr(begin)));
  return parts;
}

std::optional<unsigned> number(std::string_view text) {
  text = trimmed(text);
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size() && !text.empty();
  return whole ? std::optional(value) : std::nullopt;
}

std::string bit_name(const std::string& field, unsigned bit) {
  return field + "[" + std::to_string(bit) + "]";
}

}  // namespace

// Reads a description against the fields of a memory.
class FieldMapBuilder {
 public:
  FieldMapBuilder(const FieldMapDescription& in, const std::vector<AddressField>& fields)
      : in_(in), fields_(fields) {
    for (const AddressField& field : fields) {
      const auto count = static_cast<std::uint64_t>(field.count);
      known_.push_back(field.name);
      places_.emplace_back(static_cast<std::size_t>(std::bit_width(count)) - 1, kNowhere);
    }
    named_.resize(fields.size(), false);
  }

  FieldMap build() {
    place_fields();
    errors_.throw_if_any();
    collect();
    for (const MapText& hash : in_.hashes) {
      add_hash(hash);
    }
    errors_.throw_if_any();
    check_bijection();
    errors_.throw_if_any();
    return out_;
  }

 private:
  static constexpr unsigned kNowhere = ~0U;

  // Bits high..low of a field; none at all for a field of one value.
  struct Slice {
    std::size_t field = 0;
    unsigned low = 0;
    unsigned bits = 0;
  };

  void complain(const MapText& text, const std::string& message, const std::string& expected = {},
                const std::string& suggestion = {}) {
    errors_.add({text.where, text.key_path, message, expected, suggestion});
  }

  std::optional<Slice> read_slice(std::string_view part, const MapText& text) {
    const std::size_t bracket = part.find('[');
    const std::string name(trimmed(part.substr(0, bracket)));
    const auto found = std::find(known_.begin(), known_.end(), name);
    if (found == known_.end()) {
      std::string names;
      for (const std::string& known : known_) {
        names += (names.empty() ? "" : ", ") + known;
      }
      complain(text, "unknown address field '" + name + "'", "one of " + names,
               base::nearest_name(name, known_));
      return std::nullopt;
    }
    const auto field = static_cast<std::size_t>(found - known_.begin());
    if (!std::has_single_bit(static_cast<std::uint64_t>(fields_[field].count))) {
      complain(text,
               "there are " + std::to_string(fields_[field].count) + " values of '" + name +
                   "', which no bits can select",
               "a power of two, or a map without '" + name + "'");
      return std::nullopt;
    }
    const auto width = static_cast<unsigned>(places_[field].size());
    if (bracket == std::string_view::npos) {
      return Slice{field, 0, width};
    }
    return read_range(part, part.substr(bracket + 1), {field, 0, width}, text);
  }

  // `range` is "high:low]" or "bit]".
  std::optional<Slice> read_range(std::string_view part, std::string_view range, Slice whole,
                                  const MapText& text) {
    std::optional<unsigned> high;
    std::optional<unsigned> low;
    if (range.ends_with(']')) {
      range.remove_suffix(1);
      const std::size_t colon = range.find(':');
      high = number(range.substr(0, colon));
      low = colon == std::string_view::npos ? high : number(range.substr(colon + 1));
    }
    if (!high || !low || *high < *low) {
      complain(text, "cannot read '" + std::string(part) + "'",
               "FIELD, FIELD[HIGH:LOW] or FIELD[BIT]");
      return std::nullopt;
    }
    if (*high >= whole.bits) {
      complain(text, "'" + std::string(part) + "' goes beyond the " + std::to_string(whole.bits) +
                         " bits of '" + known_[whole.field] + "'");
      return std::nullopt;
    }
    return Slice{whole.field, *low, *high - *low + 1};
  }

  void place_fields() {
    std::vector<std::string_view> parts = split(in_.fields.text, ':');
    std::reverse(parts.begin(), parts.end());
    for (const std::string_view part : parts) {
      const auto slice = read_slice(part, in_.fields);
      if (!slice) {
        continue;
      }
      named_[slice->field] = true;
      for (unsigned bit = slice->low; bit < slice->low + slice->bits; ++bit) {
        unsigned& place = places_[slice->field][bit];
        if (place != kNowhere) {
          complain(in_.fields, bit_name(known_[slice->field], bit) + " stands twice");
        }
        place = out_.bits_++;
      }
    }
    if (out_.bits_ > 62) {
      complain(in_.fields, "the address has more than 62 bits");
    }
    if (!errors_.empty()) {
      return;  // a part that could not be read would be reported as missing too
    }
    for (std::size_t field = 0; field < fields_.size(); ++field) {
      if (!named_[field] && fields_[field].may_be_left_out) {
        continue;
      }
      for (unsigned bit = 0; bit < places_[field].size(); ++bit) {
        if (places_[field][bit] == kNowhere) {
          complain(in_.fields, bit_name(known_[field], bit) + " is missing",
                   "every bit of every field once");
        }
      }
    }
  }

  // Every field that has a place, before hashing.
  void collect() {
    for (std::size_t field = 0; field < fields_.size(); ++field) {
      FieldMap::Entry entry{known_[field], {}, named_[field]};
      for (const unsigned place : places_[field]) {
        if (place != kNowhere) {
          entry.masks.push_back(std::uint64_t{1} << place);
        }
      }
      out_.entries_.push_back(std::move(entry));
    }
  }

  void add_hash(const MapText& hash) {
    const std::size_t sign = hash.text.find("^=");
    if (sign == std::string::npos) {
      complain(hash, "cannot read '" + hash.text + "'", "TARGET ^= FIELD[BIT] ^ FIELD[BIT] ...");
      return;
    }
    const std::string_view text = hash.text;
    const auto target = read_slice(trimmed(text.substr(0, sign)), hash);
    for (const std::string_view part : split(text.substr(sign + 2), '^')) {
      const auto source = read_slice(part, hash);
      if (!target || !source) {
        continue;
      }
      if (source->bits != target->bits || source->bits == 0) {
        complain(hash,
                 "'" + std::string(part) + "' has " + std::to_string(source->bits) +
                     " bits and is to hash " + std::to_string(target->bits),
                 "slices of the same width, at least one bit");
        continue;
      }
      for (unsigned bit = 0; bit < target->bits; ++bit) {
        add_source(hash, *target, *source, bit);
      }
    }
  }

  void add_source(const MapText& hash, const Slice& target, const Slice& source, unsigned bit) {
    const unsigned from = places_[source.field][source.low + bit];
    const unsigned to = places_[target.field][target.low + bit];
    const std::string from_name = bit_name(known_[source.field], source.low + bit);
    const std::string to_name = bit_name(known_[target.field], target.low + bit);
    if (from == kNowhere || to == kNowhere) {
      complain(hash,
               (from == kNowhere ? from_name : to_name) + " is not among the fields of the map",
               "the field in `fields`");
      return;
    }
    std::uint64_t& mask = out_.entries_[target.field].masks[target.low + bit];
    if (from == to || (mask >> from & 1U) != 0) {
      complain(hash, to_name + " is hashed with " + from_name +
                         (from == to ? ", which is the bit itself" : " twice"));
      return;
    }
    mask |= std::uint64_t{1} << from;
  }

  void check_bijection() {
    BitMasks all;
    std::vector<std::string> names;
    for (const FieldMap::Entry& entry : out_.entries_) {
      for (std::size_t bit = 0; bit < entry.masks.size(); ++bit) {
        all.push_back(entry.masks[bit]);
        names.push_back(bit_name(entry.name, static_cast<unsigned>(bit)));
      }
    }
    const auto dependent = reduce(all).dependent;
    if (!dependent) {
      return;
    }
    std::string sum;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if ((*dependent >> i & 1U) != 0) {
        sum += (sum.empty() ? "" : " ^ ") + names[i];
      }
    }
    complain(in_.hashes.front(),
             "the hashes make two addresses one: " + sum + " is 0 for every address",
             "a map that can be inverted");
  }

  const FieldMapDescription& in_;
  const std::vector<AddressField>& fields_;
  std::vector<std::string> known_;
  std::vector<std::vector<unsigned>> places_;  // of each bit of each field in the burst number
  std::vector<bool> named_;
  FieldMap out_;
  base::Diagnostics errors_;
};

FieldMap FieldMap::from(const FieldMapDescription& description,
                        const std::vector<AddressField>& fields) {
  return FieldMapBuilder(description, fields).build();
}

const FieldMap::Entry* FieldMap::find(std::string_view field) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return entry.name == field; });
  return found == entries_.end() ? nullptr : &*found;
}

bool FieldMap::has(std::string_view field) const {
  const Entry* entry = find(field);
  return entry != nullptr && entry->placed;
}

const BitMasks& FieldMap::masks(std::string_view field) const {
  const Entry* entry = find(field);
  base::require_invariant(entry != nullptr, "a field of the address map", field);
  return entry->masks;
}

}  // namespace orrery::memory
