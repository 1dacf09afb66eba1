// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace orrery::base {

// Parts by name: one registry a concept (engine kinds, operators, DRAM policies). Entries are added
// by one explicit function per folder, so that no linker drops them and no static order matters.
template <class Entry>
class Registry {
 public:
  explicit Registry(std::string concept_name) : concept_name_(std::move(concept_name)) {}

  void add(std::string name, Entry entry) {
    const bool added = entries_.emplace(name, std::move(entry)).second;
    require_invariant(added, "registered names are unique", concept_name_ + " '" + name + "'");
  }

  [[nodiscard]] const Entry* find(std::string_view name) const {
    const auto found = entries_.find(name);
    return found == entries_.end() ? nullptr : &found->second;
  }

  [[nodiscard]] const Entry& at(std::string_view name) const {
    const Entry* entry = find(name);
    require_invariant(entry != nullptr, "registered name",
                      concept_name_ + " '" + std::string(name) + "'");
    return *entry;
  }

  // Sorted.
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const auto& [name, entry] : entries_) {
      result.push_back(name);
    }
    return result;
  }

  [[nodiscard]] const std::string& concept_name() const { return concept_name_; }

 private:
  std::string concept_name_;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace orrery::base
