// SPDX-License-Identifier: Apache-2.0
// Attention in banks that multiply integers, on the codes themselves: equal bit by bit to sums of
// whole numbers.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "functional/executor.h"
#include "tests/functional/pim_cases.h"

namespace orrery::testing {
namespace {

using numeric::ElementType;
using workload::Attention;

double rounded(ElementType type, double value) {
  return numeric::rounded(numeric::info(type).format, value);
}

RandomCase integer_case(std::uint64_t seed) {
  RandomCase one = pim_attention_case(seed);
  // Many tokens with a share of the sum, and results as attention itself gives them.
  std::get<Attention>(one.graph.operators.front().attributes).scale = 1.0 / 64.0;
  return one;
}

// What a decode step gives for one head of one request, from the given tensors of a trial.
class Reference {
 public:
  explicit Reference(const Trial& trial)
      : trial_(trial),
        op_(trial.graph().operators.front()),
        attention_(std::get<Attention>(op_.attributes)) {
    std::int64_t first = 0;
    for (std::int64_t request = 0; request < trial.graph().tensors.front().shape[0]; ++request) {
      first_token_.push_back(first);
      first += attention_.kv_heads * attention_.length(request);
    }
  }

  [[nodiscard]] std::vector<double> outputs(std::int64_t request, std::int64_t head) const {
    const std::int64_t tokens = attention_.length(request);
    const std::int64_t kv_head = head / (attention_.heads / attention_.kv_heads);
    std::vector<double> logits;
    for (std::int64_t token = 0; token < tokens; ++token) {
      std::int64_t sum = 0;
      for (std::int64_t d = 0; d < attention_.head_size; ++d) {
        const std::int64_t q =
            fresh(0, (request * attention_.heads + head) * attention_.head_size + d);
        sum += q * cached(3, request, kv_head, token, attention_.head_size, d);
      }
      logits.push_back(static_cast<double>(sum) * attention_.scale);
    }
    const double most =
        rounded(ElementType::kFp32, *std::max_element(logits.begin(), logits.end()));
    std::vector<std::int64_t> weights;
    std::int64_t total = 0;
    for (const double logit : logits) {
      weights.push_back(
          static_cast<std::int64_t>(rounded(ElementType::kInt8, std::exp(logit - most) * 127.0)));
      total += weights.back();
    }
    std::vector<double> result;
    for (std::int64_t d = 0; d < attention_.value_head_size(); ++d) {
      std::int64_t sum = 0;
      for (std::int64_t token = 0; token < tokens; ++token) {
        sum += weights[static_cast<std::size_t>(token)] *
               cached(4, request, kv_head, token, attention_.value_head_size(), d);
      }
      result.push_back(static_cast<double>(sum) / static_cast<double>(total));
    }
    return result;
  }

 private:
  // The code of an element of a new query, key or value.
  [[nodiscard]] std::int64_t fresh(std::size_t input, std::int64_t index) const {
    const double value = trial_.given(op_.inputs[input])[static_cast<std::size_t>(index)];
    return static_cast<std::int64_t>(rounded(ElementType::kInt8, value));
  }
  // Of a cache, whose newest token is the new key (value).
  [[nodiscard]] std::int64_t cached(std::size_t input, std::int64_t request, std::int64_t head,
                                    std::int64_t token, std::int64_t size, std::int64_t d) const {
    const std::int64_t length = attention_.length(request);
    if (token + 1 == length) {
      return fresh(input - 2, (request * attention_.kv_heads + head) * size + d);
    }
    const std::int64_t row =
        first_token_[static_cast<std::size_t>(request)] + head * length + token;
    return static_cast<std::int64_t>(
        trial_.given(op_.inputs[input])[static_cast<std::size_t>(row * size + d)]);
  }

  const Trial& trial_;
  const workload::Operator& op_;
  const Attention& attention_;
  std::vector<std::int64_t> first_token_;
};

std::optional<Trial> trial_of(std::uint64_t seed) {
  const RandomCase one = integer_case(seed);
  // Nothing behind the attention, so that its result is in memory.
  if (types_of(one.graph).kv_cache != ElementType::kInt8 || one.graph.operators.size() > 1) {
    return std::nullopt;
  }
  try {
    return Trial(one.graph, one.machine, one.mapping, seed, functional::Rounding::kToType);
  } catch (const base::UserError&) {
    return std::nullopt;  // does not fit; PimAttentionCases looks at the message
  }
}

std::vector<double> found(const Trial& trial, const SmallMachine& machine,
                          const std::vector<command::Command>& commands) {
  const workload::TensorId y = trial.graph().operators.front().output;
  const workload::Tensor& tensor = trial.graph().tensors[static_cast<std::size_t>(y)];
  const lowering::Placement& placement = trial.plan().placements[static_cast<std::size_t>(y)];
  functional::Memory memory(
      machine.tiers, machine.scratchpad,
      std::vector<std::int64_t>(trial.plan().machine.engines.size(), machine.accumulators),
      functional::Rounding::kToType);
  trial.fill(memory, {});
  ListSource source(trial.plan().header, commands);
  functional::Executor(memory).run(source);
  return memory.read_tensor({command::SpaceKind::kTier, placement.tier}, placement.address,
                            tensor.type, tensor.shape.back(), tensor.elements());
}

// "" or the first result that differs.
std::string difference(const Trial& trial, const std::vector<double>& results) {
  const auto& a = std::get<Attention>(trial.graph().operators.front().attributes);
  const Reference reference(trial);
  const ElementType type = types_of(trial.graph()).activations;
  std::size_t at = 0;
  for (std::int64_t request = 0; at < results.size(); ++request) {
    for (std::int64_t head = 0; head < a.heads; ++head) {
      for (const double exact : reference.outputs(request, head)) {
        if (results[at] != rounded(type, exact)) {
          return fmt::format("request {}, head {}: {}, not {}", request, head, results[at],
                             rounded(type, exact));
        }
        ++at;
      }
    }
  }
  return "";
}

TEST(PimIntegerAttention, EqualsSumsOfWholeNumbers) {
  int checked = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const auto trial = trial_of(seed);
    if (trial) {
      const SmallMachine machine = integer_case(seed).machine;
      EXPECT_EQ(difference(*trial, found(*trial, machine, trial->commands())), "") << seed;
      ++checked;
    }
  }
  std::printf("%d checked\n", checked);
  EXPECT_GT(checked, 50);
}

bool has_long_request(const Trial& trial) {
  const auto& a = std::get<Attention>(trial.graph().operators.front().attributes);
  return a.past_lengths && std::any_of(a.past_lengths->begin(), a.past_lengths->end(),
                                       [](std::int64_t past) { return past >= 8; });
}

// Results do not depend on the factor of the weights but for what is rounded away, nor on what is
// taken off all logits: only codes show these.
TEST(PimIntegerAttention, PlantedFaultsInWeightsAreCaught) {
  using command::VectorKind;
  const auto plant = [](std::vector<command::Command>& commands, VectorKind kind) {
    int planted = 0;
    for (command::Command& command : commands) {
      auto* vector = std::get_if<command::VectorCommand>(&command.body);
      const bool makes_weights =
          vector != nullptr &&
          std::any_of(vector->stages.begin(), vector->stages.end(),
                      [](const auto& stage) { return stage.kind == VectorKind::kExp; });
      for (std::size_t i = 0; makes_weights && i < vector->stages.size(); ++i) {
        command::VectorStage& stage = vector->stages[i];
        if (stage.kind == kind && kind == VectorKind::kSubtract) {
          stage.kind = VectorKind::kMinimum;
          ++planted;
        } else if (stage.kind == kind && i + 1 == vector->stages.size()) {
          stage.parameters[0] = 64.0;
          ++planted;
        }
      }
    }
    return planted;
  };
  for (const VectorKind kind : {VectorKind::kSubtract, VectorKind::kScale}) {
    int planted = 0;
    int caught = 0;
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
      const auto trial = trial_of(seed);
      // With few tokens the result can be a value of theirs whatever the weights.
      const bool shows = trial && has_long_request(*trial) &&
                         types_of(trial->graph()).activations != ElementType::kInt8;
      if (!shows) {
        continue;
      }
      std::vector<command::Command> commands = trial->commands();
      ASSERT_GT(plant(commands, kind), 0) << seed;
      ++planted;
      caught +=
          difference(*trial, found(*trial, integer_case(seed).machine, commands)).empty() ? 0 : 1;
    }
    std::printf("%d planted, %d caught\n", planted, caught);
    EXPECT_GT(planted, 20);
    EXPECT_EQ(caught, planted);
  }
}

}  // namespace
}  // namespace orrery::testing
