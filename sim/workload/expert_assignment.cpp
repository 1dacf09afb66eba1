// SPDX-License-Identifier: Apache-2.0
#include "workload/expert_assignment.h"

#include <algorithm>
#include <utility>

#include "workload/expert_mixture.h"

namespace orrery::workload {
namespace {

std::size_t index(std::int64_t value) {
  return static_cast<std::size_t>(value);
}

class Assigner {
 public:
  Assigner(const ExpertModel& model, const MixtureSettings& settings, std::int64_t tokens)
      : model_(model), settings_(settings), room_(expert_capacity(model, settings, tokens)) {
    result_.tokens_per_expert.assign(index(model.experts), 0);
  }

  ExpertAssignment run(const std::vector<std::int32_t>& chosen) {
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      const auto place = static_cast<std::int64_t>(i);
      ExpertAssignment::Choice choice;
      choice.token = place / model_.experts_per_token;
      choice.column = static_cast<std::int32_t>(place % model_.experts_per_token);
      choice.kind = expert_kind(model_, settings_, chosen[i]);
      ++result_.choices_of_kind[static_cast<std::size_t>(choice.kind)];
      if (choice.kind == ExpertKind::kFeedForward) {
        add_feed_forward(choice, chosen[i]);
      } else if (choice.kind == ExpertKind::kCopy) {
        choice.row = choice.token;
        result_.choices.push_back(choice);
      } else if (choice.kind == ExpertKind::kConstant) {
        choice.source = chosen[i];
        add_row(choice, result_.constant_tokens[chosen[i]]);
      }
    }
    if (settings_.order == ExpertOrder::kExpert) {
      sort_groups();
    }
    return std::move(result_);
  }

 private:
  void add_feed_forward(ExpertAssignment::Choice choice, std::int64_t expert) {
    if (result_.tokens_per_expert[index(expert)] == room_) {
      ++result_.dropped;
      return;
    }
    ++result_.tokens_per_expert[index(expert)];
    const bool begins = settings_.order == ExpertOrder::kToken ? expert != last_expert_
                                                               : !group_of_.contains(expert);
    if (begins) {
      group_of_[expert] = static_cast<std::int64_t>(result_.groups.size());
      result_.groups.push_back({expert, {}});
    }
    last_expert_ = expert;
    choice.source = group_of_[expert];
    add_row(choice, result_.groups[index(choice.source)].tokens);
  }

  void add_row(ExpertAssignment::Choice choice, std::vector<std::int64_t>& tokens) {
    choice.row = static_cast<std::int64_t>(tokens.size());
    tokens.push_back(choice.token);
    result_.choices.push_back(choice);
  }

  void sort_groups() {
    std::vector<std::int64_t> place(result_.groups.size());
    std::vector<ExpertAssignment::Group> sorted;
    for (const auto& [expert, group] : group_of_) {  // by number
      place[index(group)] = static_cast<std::int64_t>(sorted.size());
      sorted.push_back(std::move(result_.groups[index(group)]));
    }
    result_.groups = std::move(sorted);
    for (ExpertAssignment::Choice& choice : result_.choices) {
      if (choice.kind == ExpertKind::kFeedForward) {
        choice.source = place[index(choice.source)];
      }
    }
  }

  const ExpertModel& model_;
  const MixtureSettings& settings_;
  std::int64_t room_;
  std::int64_t last_expert_ = -1;
  std::map<std::int64_t, std::int64_t> group_of_;  // the newest group of each expert
  ExpertAssignment result_;
};

}  // namespace

ExpertAssignment assign_experts(const std::vector<std::int32_t>& chosen, const ExpertModel& model,
                                const MixtureSettings& settings) {
  const auto tokens = static_cast<std::int64_t>(chosen.size()) / model.experts_per_token;
  return Assigner(model, settings, tokens).run(chosen);
}

std::int64_t expert_capacity(const ExpertModel& model, const MixtureSettings& settings,
                             std::int64_t tokens) {
  if (!settings.capacity_factor) {
    return INT64_MAX;
  }
  const std::int64_t tau = thousandths(settings.tau);
  const __int128 whole = static_cast<__int128>(thousandths(*settings.capacity_factor)) * tokens *
                         model.experts_per_token * tau;
  const __int128 parts = 1000 * (static_cast<__int128>(tau) * model.experts +
                                 static_cast<__int128>(1000) * settings.zero_computation_experts());
  return static_cast<std::int64_t>((whole + parts - 1) / parts);
}

ExpertKind expert_kind(const ExpertModel& model, const MixtureSettings& settings,
                       std::int64_t expert) {
  const std::int64_t other = expert - model.experts;
  if (other < 0) {
    return ExpertKind::kFeedForward;
  }
  if (other < settings.zero_experts) {
    return ExpertKind::kZero;
  }
  return other < settings.zero_experts + settings.copy_experts ? ExpertKind::kCopy
                                                               : ExpertKind::kConstant;
}

}  // namespace orrery::workload
