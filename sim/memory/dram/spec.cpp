// SPDX-License-Identifier: Apache-2.0
#include "memory/dram/spec.h"

#include <algorithm>

#include "base/error.h"

namespace orrery::memory::dram {

const std::vector<std::string>& command_kind_names() {
  static const std::vector<std::string> names = {
      "activate", "precharge",       "precharge_all", "read", "read_precharge",
      "write",    "write_precharge", "refresh_all",   "other"};
  return names;
}

double Spec::peak_bytes_per_second() const {
  const double burst_seconds = static_cast<double>(burst_cycles) * base::to_double(tck) /
                               static_cast<double>(base::kFemtosecondsPerSecond);
  return static_cast<double>(data_buses() * access_bytes) / burst_seconds;
}

int Spec::command(CommandKind kind) const {
  for (std::size_t i = 0; i < commands.size(); ++i) {
    if (commands[i].kind == kind) {
      return static_cast<int>(i);
    }
  }
  return -1;
}

namespace {

template <class Item>
int index_of(const std::vector<Item>& items, std::string_view name) {
  const auto found =
      std::find_if(items.begin(), items.end(), [&](const Item& item) { return item.name == name; });
  base::require_invariant(found != items.end(), "a name of the specification", name);
  return static_cast<int>(found - items.begin());
}

}  // namespace

int Spec::command(std::string_view command_name) const {
  return index_of(commands, command_name);
}

int Spec::level(std::string_view level_name) const {
  return index_of(levels, level_name);
}

Cycle Spec::parameter(std::string_view parameter_name) const {
  return parameters[static_cast<std::size_t>(index_of(parameters, parameter_name))].value;
}

}  // namespace orrery::memory::dram
