// SPDX-License-Identifier: Apache-2.0
#include "memory/specification/spec.h"

#include <algorithm>
#include <bit>

#include "base/error.h"

namespace orrery::memory::dram {

const std::vector<std::string>& command_kind_names() {
  static const std::vector<std::string> names = {
      "activate",        "precharge",       "precharge_all",     "read",          "read_precharge",
      "write",           "write_precharge", "refresh_all",       "refresh_banks", "power_down",
      "power_down_exit", "self_refresh",    "self_refresh_exit", "pim_activate",  "pim_precharge",
      "pim_compute",     "pim_move",        "pim_control",       "pim_header",    "other"};
  return names;
}

double Spec::peak_bytes_per_second() const {
  const double burst_seconds = static_cast<double>(burst_cycles) * base::to_double(tck) /
                               static_cast<double>(base::kFemtosecondsPerSecond);
  return static_cast<double>(data_buses() * access_bytes) / burst_seconds;
}

std::uint64_t Spec::banks_of(int command, unsigned bank) const {
  const Command& issued = commands[static_cast<std::size_t>(command)];
  const auto inside = [&](int level) {
    return static_cast<unsigned>(banks() / levels[static_cast<std::size_t>(level)].nodes);
  };
  const unsigned size = inside(issued.scope);
  unsigned first = bank / size * size;
  unsigned copies = 1;
  unsigned distance = 0;
  if (issued.across >= 0) {
    copies = static_cast<unsigned>(levels[static_cast<std::size_t>(issued.across)].count);
    distance = inside(issued.across);
    first -= first / distance % copies * distance;
  }
  const std::uint64_t one = size == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << size) - 1;
  std::uint64_t mask = 0;
  for (unsigned copy = 0; copy < copies; ++copy) {
    mask |= one << (first + copy * distance);
  }
  if (issued.subset_level < 0) {
    return mask;
  }
  const unsigned count =
      static_cast<unsigned>(levels[static_cast<std::size_t>(issued.subset_level)].count);
  const auto parts = static_cast<unsigned>(issued.subset_parts);
  const auto part = [&](unsigned of_bank) {
    const unsigned index = of_bank / inside(issued.subset_level) % count;
    return issued.subset_interleaved ? index % parts : index / (count / parts);
  };
  for (unsigned other = 0; other < static_cast<unsigned>(banks()); ++other) {
    mask &= part(other) == part(bank) ? ~std::uint64_t{0} : ~(std::uint64_t{1} << other);
  }
  return mask;
}

bool Spec::has_pim() const {
  return std::any_of(commands.begin(), commands.end(),
                     [](const Command& command) { return is_pim(command.kind); });
}

int Spec::refresh_sets() const {
  const int refresh_banks = command(CommandKind::kRefreshBanks);
  return refresh_banks < 0 ? 0 : banks() / ranks() / std::popcount(banks_of(refresh_banks, 0));
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
