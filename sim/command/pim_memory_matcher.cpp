// SPDX-License-Identifier: Apache-2.0
#include "command/pim_memory_matcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/error.h"
#include "command/form_names.h"

namespace orrery::command {

std::vector<PimIndex> PimMemoryMatcher::match() {
  std::vector<PimIndex> result;
  for (const PimMemory& memory : header_.pim_memories) {
    field_ = fmt::format("pim_memory {}", result.size() + 1);
    result.push_back(match(memory));
  }
  return result;
}

PimIndex PimMemoryMatcher::match(const PimMemory& memory) {
  PimIndex index;
  const auto found = std::find_if(known_.begin(), known_.end(), [&](const PimMemory& known) {
    return known.tier == memory.tier;
  });
  if (found == known_.end()) {
    std::vector<std::string> names;
    for (const PimMemory& known : known_) {
      names.push_back(header_.tiers[known.tier]);
    }
    problems_.push_back(
        {field_,
         fmt::format("tier {} of the platform computes nothing", header_.tiers[memory.tier]),
         names.empty() ? "a platform with a PIM memory" : "one of " + config::join(names, ", "),
         ""});
    return index;
  }
  index.memory = static_cast<std::uint16_t>(found - known_.begin());
  compare_layout(memory, *found);
  std::vector<std::string> names;
  std::map<std::string, std::size_t> places;
  for (const PimCommand& known : found->commands) {
    places.emplace(known.name, names.size());
    names.push_back(known.name);
  }
  for (const PimCommand& command : memory.commands) {
    const std::string field =
        fmt::format("{} command {}", field_, &command - memory.commands.data() + 1);
    const auto same = places.find(command.name);
    if (same == places.end()) {
      problems_.push_back({field, fmt::format("the platform has no PIM command '{}'", command.name),
                           "one of " + config::join(names, ", "),
                           base::nearest_name(command.name, names)});
      continue;
    }
    index.commands.push_back(static_cast<std::uint16_t>(same->second));
    compare(field, command, found->commands[same->second]);
  }
  return index;
}

void PimMemoryMatcher::compare_layout(const PimMemory& memory, const PimMemory& known) {
  struct Index {
    const char* name;
    PimMemory::Digits PimMemory::* digits;
  };
  static constexpr std::array<Index, 4> kIndices{{{"channel", &PimMemory::channel},
                                                  {"bank", &PimMemory::bank},
                                                  {"row", &PimMemory::row},
                                                  {"byte", &PimMemory::byte}}};
  const auto add = [&](const char* name, const std::string& found, const std::string& wanted) {
    if (found != wanted) {
      problems_.push_back({field_, fmt::format("{}={}", name, found),
                           fmt::format("{}={}, as on the platform", name, wanted), ""});
    }
  };
  add("column_bytes", std::to_string(memory.column_bytes), std::to_string(known.column_bytes));
  for (const Index& index : kIndices) {
    add(index.name, digits_text(memory.*index.digits), digits_text(known.*index.digits));
  }
}

void PimMemoryMatcher::compare(const std::string& field, const PimCommand& command,
                               const PimCommand& known) {
  const auto add = [&](const char* name, const std::string& found, const std::string& wanted) {
    if (found != wanted) {
      problems_.push_back({field, fmt::format("{}: {} {}", command.name, name, found),
                           fmt::format("{}, as on the platform", wanted), ""});
    }
  };
  const auto& operations = numeric::pim_operation_names();
  add("operation", name_of(operations, command.operation), name_of(operations, known.operation));
  add("announces", command.announces ? "yes" : "no", known.announces ? "yes" : "no");
  add("bytes", std::to_string(command.bytes), std::to_string(known.bytes));
  add("banks", std::to_string(command.banks), std::to_string(known.banks));
  add("bank_step", std::to_string(command.bank_step), std::to_string(known.bank_step));
  add("most_count", std::to_string(command.most_count), std::to_string(known.most_count));
}

}  // namespace orrery::command
