// SPDX-License-Identifier: Apache-2.0
#include "timing/systolic_types.h"

#include "base/error.h"

namespace orrery::timing {

namespace {

template <class Table, class Value>
std::string_view name_in(const Table& table, Value value) {
  for (const auto& [entry, name] : table) {
    if (entry == value) {
      return name;
    }
  }
  throw base::InternalError("every enumerator has a name", "systolic array");
}

template <class Value, class Table>
std::optional<Value> value_in(const Table& table, std::string_view name) {
  for (const auto& [entry, entry_name] : table) {
    if (entry_name == name) {
      return entry;
    }
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(FoldConvention convention) {
  return name_in(kFoldConventionNames, convention);
}

std::optional<FoldConvention> parse_fold_convention(std::string_view name) {
  return value_in<FoldConvention>(kFoldConventionNames, name);
}

}  // namespace orrery::timing
