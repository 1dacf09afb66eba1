// SPDX-License-Identifier: Apache-2.0
#include "memory/checker/findings.h"

#include <fmt/format.h>

#include <numeric>

namespace orrery::memory::checker {

const std::array<std::string, kFindingKinds>& finding_kind_names() {
  static const std::array<std::string, kFindingKinds> kNames = {
      "constraint", "state",  "command_bus", "data_bus",    "refresh",
      "request",    "policy", "lost_time",   "wrong_order", "log_order"};
  return kNames;
}

std::string Finding::to_string() const {
  return fmt::format("cycle {}, channel {}: {}: {}", cycle, channel,
                     finding_kind_names()[static_cast<std::size_t>(kind)], text);
}

std::uint64_t Findings::total() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

std::string Findings::to_string(std::size_t most) const {
  std::string text;
  for (std::size_t i = 0; i < items_.size() && i < most; ++i) {
    text += items_[i].to_string() + "\n";
  }
  return text;
}

}  // namespace orrery::memory::checker
