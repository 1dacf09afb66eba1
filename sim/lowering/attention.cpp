// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "lowering/attention_one_pass.h"
#include "lowering/attention_problem.h"
#include "lowering/attention_row_tiled.h"
#include "lowering/attention_unfused.h"
#include "lowering/operator_table.h"

namespace orrery::lowering {
namespace {

struct Form {
  std::unique_ptr<Layer> (*plan)(const LayerRequest&, const AttentionProblem&);
  std::int64_t (*smallest)(const AttentionProblem&);  // bytes of scratchpad
  const char* what;
};

// In the order of AttentionForm.
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
    request.error_too_small(form->smallest(*problem), form->what);
  }
  return layer;
}

}  // namespace orrery::lowering
