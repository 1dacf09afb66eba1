// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <vector>

namespace orrery::workload {

struct ExpertModel;
struct MixtureSettings;

enum class ExpertKind : std::uint8_t { kFeedForward, kZero, kCopy, kConstant };

// Which tokens go through which expert, and when.
struct ExpertAssignment {
  // Tokens that go through a feed-forward expert together.
  struct Group {
    std::int64_t expert = 0;
    std::vector<std::int64_t> tokens;
  };
  // One score of one token and where what it weighs comes from: for feed-forward experts a group
  // and a row of it, for constant experts the expert and a row, for copy experts the token itself.
  struct Choice {
    std::int64_t token = 0;
    std::int32_t column = 0;  // of the token's scores
    ExpertKind kind = ExpertKind::kFeedForward;
    std::int64_t source = 0;
    std::int64_t row = 0;
  };

  std::vector<Group> groups;    // in the order in which they are computed
  std::vector<Choice> choices;  // by token, then by column; dropped ones and zeros left out
  std::map<std::int64_t, std::vector<std::int64_t>> constant_tokens;  // by constant expert
  std::vector<std::int64_t> tokens_per_expert;                        // feed-forward experts
  std::array<std::int64_t, 4> choices_of_kind{};                      // dropped ones included
  std::int64_t dropped = 0;
};

// `chosen`: the experts of each token, [tokens, experts_per_token]. In the order of experts there
// is one group for each expert that has tokens, by number; in the order of tokens there is a new
// group wherever the expert changes.
[[nodiscard]] ExpertAssignment assign_experts(const std::vector<std::int32_t>& chosen,
                                              const ExpertModel& model,
                                              const MixtureSettings& settings);

// The places of an expert by the settings' capacity factor; INT64_MAX without one.
[[nodiscard]] std::int64_t expert_capacity(const ExpertModel& model,
                                           const MixtureSettings& settings, std::int64_t tokens);

// Feed-forward experts have the lowest numbers, then come zero, copy and constant experts.
[[nodiscard]] ExpertKind expert_kind(const ExpertModel& model, const MixtureSettings& settings,
                                     std::int64_t expert);

}  // namespace orrery::workload
