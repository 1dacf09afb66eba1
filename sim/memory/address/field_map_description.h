// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace orrery::memory {

// A text of the user's input and where it stands.
struct MapText {
  MapText() = default;
  MapText(const char* value) : text(value) {}             // NOLINT: maps written in C++
  MapText(std::string value) : text(std::move(value)) {}  // NOLINT: likewise
  MapText(std::string value, base::SourcePosition position, std::string path)
      : text(std::move(value)), where(std::move(position)), key_path(std::move(path)) {}

  std::string text;
  base::SourcePosition where;
  std::string key_path;
};

// An address map as the user writes it; docs/components/address_maps.md.
struct FieldMapDescription {
  // Fields and slices of fields from the most significant bit of the burst number:
  // "row:bank:column[4:3]:bank_group:column[2:0]".
  MapText fields;
  // "bank_group[0] ^= row[0] ^ row[3]"; slices of equal width are hashed bit by bit. What stands on
  // the right are the fields before any hashing.
  std::vector<MapText> hashes;
};

}  // namespace orrery::memory
