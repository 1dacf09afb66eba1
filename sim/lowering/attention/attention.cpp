// SPDX-License-Identifier: Apache-2.0
#include "lowering/attention/attention.h"

#include <algorithm>
#include <array>

#include "lowering/attention/attention_one_pass.h"
#include "lowering/attention/attention_pim.h"
#include "lowering/attention/attention_problem.h"
#include "lowering/attention/attention_row_tiled.h"
#include "lowering/attention/attention_unfused.h"

namespace orrery::lowering {
namespace {

struct Form {
  std::unique_ptr<Layer> (*plan)(const LayerRequest&, const AttentionProblem&);
  std::int64_t (*smallest)(const AttentionProblem&);  // bytes of scratchpad
  const char* what;
};

// In the order of AttentionForm, but for the one in memory.
constexpr std::array<Form, 3> kForms{{
    {plan_unfused,
     [](const AttentionProblem& problem) { return UnfusedBuffers(problem, UnfusedTiling{}).lane; },
     "smallest block, one query and its logits,"},
    {plan_row_tiled,
     [](const AttentionProblem& problem) {
       return AttentionBuffers(problem, AttentionTiling{}).lane;
     },
     "smallest block, one query and its logits,"},
    {plan_one_pass,
     [](const AttentionProblem& problem) { return OnePassBuffers(problem, OnePassTiling{}).lane; },
     "smallest block, one query and one key,"},
}};

}  // namespace

// Where the mapping leaves it open: whole rows of logits in the scratchpad, else one pass.
std::unique_ptr<Layer> plan_attention(const LayerRequest& request) {
  const bool has_banks = request.group.pim != nullptr;
  if (has_banks && request.group.pim->computes) {
    return plan_attention_in_memory(request);
  }
  // With a policy they are for where it puts the layer into banks.
  const bool may_have_banks = has_banks || request.mapping.offload.has_value();
  if (!may_have_banks && request.mapping.channels) {
    request.error_at(*request.mapping.channels, "nothing of it lies in a memory's channels",
                     "attention: pim or cache: banks");
    return nullptr;
  }
  if (!may_have_banks && request.mapping.append) {
    request.error_at(*request.mapping.append, "nothing of it lies in a memory's banks",
                     "attention: pim or cache: banks");
    return nullptr;
  }
  const auto problem = attention_problem(request);
  if (!problem) {
    return nullptr;
  }
  const std::optional<AttentionForm> wanted = request.attention_form();
  const Form* form = &kForms[static_cast<std::size_t>(wanted.value_or(AttentionForm::kRowTiled))];
  auto layer = form->plan(request, *problem);
  if (!layer && !wanted) {
    form = &kForms[static_cast<std::size_t>(AttentionForm::kOnePass)];
    layer = form->plan(request, *problem);
  }
  if (!layer) {
    const std::int64_t append = problem->banks ? PimCacheAppend::smallest(*problem) : 0;
    const std::int64_t least = form->smallest(*problem);
    request.error_too_small(std::max(least, append),
                            append > least ? "smallest part of the cache" : form->what);
  }
  return layer;
}

}  // namespace orrery::lowering
