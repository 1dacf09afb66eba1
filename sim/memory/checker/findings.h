// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "memory/checker/log_event.h"

namespace orrery::memory::checker {

enum class FindingKind : std::uint8_t {
  kConstraint,  // a row of the constraint table
  kState,       // a command that the state of a bank or a rank does not allow
  kCommandBus,
  kDataBus,
  kRefresh,     // too late, too many ahead, out of turn, or a command to a blocked bank
  kRequest,     // served not as it arrived, twice, or without having arrived; a full buffer
  kPolicy,      // the log's direction or blocked banks are not those that follow from it
  kLostTime,    // a command was allowed and none issued
  kWrongOrder,  // another command than the one of highest precedence
  kLogOrder     // an event before an earlier one
};
inline constexpr std::size_t kFindingKinds = 10;

// The names of the kinds, in the order of the enumeration: "constraint", "lost_time", ...
[[nodiscard]] const std::array<std::string, kFindingKinds>& finding_kind_names();

struct Finding {
  FindingKind kind = FindingKind::kConstraint;
  Cycle cycle = 0;
  std::uint32_t channel = 0;
  int constraint = -1;  // kConstraint: index in the spec
  Cycle allowed = 0;    // kConstraint, kCommandBus, kRefresh: when it would have been in order
  std::string text;

  // "cycle 123, channel 0: constraint: ..."
  [[nodiscard]] std::string to_string() const;
};

// Counts all findings and keeps the first ones.
class Findings {
 public:
  explicit Findings(std::size_t kept = 1000) : kept_(kept) {}

  // text(): called only for a finding that is kept.
  template <class Text>
  void add(Finding finding, Text text) {
    ++counts_[static_cast<std::size_t>(finding.kind)];
    if (items_.size() < kept_) {
      finding.text = text();
      items_.push_back(std::move(finding));
    }
  }

  [[nodiscard]] std::uint64_t count(FindingKind kind) const {
    return counts_[static_cast<std::size_t>(kind)];
  }
  [[nodiscard]] std::uint64_t total() const;
  [[nodiscard]] const std::vector<Finding>& items() const { return items_; }
  // One finding a line, the first `most` of those kept.
  [[nodiscard]] std::string to_string(std::size_t most = 10) const;

 private:
  std::size_t kept_;
  std::array<std::uint64_t, kFindingKinds> counts_{};
  std::vector<Finding> items_;
};

}  // namespace orrery::memory::checker
