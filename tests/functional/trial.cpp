// SPDX-License-Identifier: Apache-2.0
#include "tests/functional/trial.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/random.h"
#include "command/stream_checker.h"
#include "functional/executor.h"
#include "lowering/banks/pim_attention_plan.h"
#include "lowering/banks/pim_product_plan.h"
#include "tests/functional/race_checker.h"

namespace orrery::testing {
namespace {

using numeric::ElementType;
using workload::Tensor;
using workload::TensorRole;

constexpr double kRelativeError = 1e-9;

// Whether results are sums and products of integers, which doubles hold exactly.
bool is_exact(const workload::Graph& graph) {
  for (const workload::Operator& op : graph.operators) {
    const auto* elementwise = std::get_if<workload::Elementwise>(&op.attributes);
    const auto* pooling = std::get_if<workload::Pooling>(&op.attributes);
    const bool exact =
        std::holds_alternative<workload::Convolution>(op.attributes) ||
        std::holds_alternative<workload::MatrixMultiplication>(op.attributes) ||
        std::holds_alternative<workload::TransposedConvolution>(op.attributes) ||
        std::holds_alternative<workload::Embedding>(op.attributes) ||
        std::holds_alternative<workload::SelectLast>(op.attributes) ||
        std::holds_alternative<workload::ExpertDispatch>(op.attributes) ||
        (elementwise != nullptr && (elementwise->kind == workload::ElementwiseKind::kAdd ||
                                    elementwise->kind == workload::ElementwiseKind::kMultiply ||
                                    elementwise->kind == workload::ElementwiseKind::kRelu)) ||
        (pooling != nullptr && pooling->kind == workload::PoolingKind::kMaximum);
    if (!exact) {
      return false;
    }
  }
  return true;
}

command::Space tier(const lowering::Placement& placement) {
  return {command::SpaceKind::kTier, placement.tier};
}

// Bytes of scores that come with a token's row although no term reads them: of dropped choices and
// of experts that give nothing.
std::int64_t unread_scores(const workload::Graph& graph) {
  std::int64_t bytes = 0;
  for (const workload::Operator& op : graph.operators) {
    const auto* combine = std::get_if<workload::ExpertCombine>(&op.attributes);
    for (std::int64_t i = 0; combine != nullptr && i < combine->score_inputs; ++i) {
      const Tensor& scores =
          graph.tensors[static_cast<std::size_t>(op.inputs[static_cast<std::size_t>(i)])];
      bytes += scores.bytes();
      for (const auto& terms : *combine->terms) {
        for (const workload::CombineTerm& term : terms) {
          bytes -= term.scores == i ? numeric::bits(scores.type) / 8 : 0;
        }
      }
    }
  }
  return bytes;
}

// The attention operator that owns a cache.
const workload::Attention* owner(const workload::Graph& graph, workload::TensorId cache) {
  for (const workload::Operator& op : graph.operators) {
    const auto* attention = std::get_if<workload::Attention>(&op.attributes);
    if (attention != nullptr && attention->cached &&
        (op.inputs[3] == cache || op.inputs[4] == cache)) {
      return attention;
    }
  }
  return nullptr;
}

}  // namespace

// Weights get a load engine of their own in every other trial that has several; in every third
// products wait for their operands.
std::shared_ptr<const lowering::Plan> plan_of(const workload::Graph& graph,
                                              const lowering::Machine& machine,
                                              lowering::MappingConfig mapping, std::uint64_t seed) {
  mapping.weights_ahead = machine.load_engines.size() > 1 && seed % 2 == 0;
  mapping.operands_first_percent = seed % 3 == 0 ? 100 : 0;
  return lowering::make_plan(graph, machine, mapping, seed);
}

std::vector<command::Command> drain(command::Source& source) {
  std::vector<command::Command> commands;
  command::Command command;
  while (source.next(command)) {
    commands.push_back(command);
  }
  return commands;
}

namespace {

// Not zero, and small enough that thousands of products of two such numbers add up exactly in fp32.
double value_of(ElementType type, base::Random& random) {
  const double magnitude = static_cast<double>(random.integer(1, 64)) / 8.0;
  const numeric::ScalarFormat& format = numeric::info(type).format;
  const double value = numeric::rounded(format, random.integer(0, 1) == 0 ? magnitude : -magnitude);
  return value == 0.0 ? 1.0 : value;
}

// What the blocks of a tensor stand for when such values are put into them.
Values of_blocks(ElementType type, const Values& values) {
  const numeric::BlockFormat& format = *numeric::info(type).block;
  Values result;
  for (std::size_t i = 0; i < values.size(); i += static_cast<std::size_t>(format.elements)) {
    const Values block = numeric::decode_block(
        format, numeric::encode_block(format, std::span(values).subspan(
                                                  i, static_cast<std::size_t>(format.elements))));
    result.insert(result.end(), block.begin(), block.end());
  }
  return result;
}

}  // namespace

Trial::Trial(workload::Graph graph, const SmallMachine& machine, lowering::MappingConfig mapping,
             std::uint64_t seed, functional::Rounding rounding)
    : graph_(std::move(graph)),
      machine_(machine),
      seed_(seed),
      plan_(plan_of(graph_, machine.machine(), std::move(mapping), seed)),
      rounding_(rounding),
      given_(graph_.tensors.size()) {
  base::Random random(seed);
  // Integers where sums must be exact, few of them where many layers multiply; else binary
  // fractions. No zeros: they would hide wrong products.
  const bool exact = is_exact(graph_);
  const std::int64_t most = exact && graph_.operators.size() > 4 ? 4 : 4096;
  const double unit = exact ? 1.0 : 1.0 / 4096.0;
  for (std::size_t i = 0; i < graph_.tensors.size(); ++i) {
    const Tensor& tensor = graph_.tensors[i];
    if (tensor.role == TensorRole::kInput || tensor.role == TensorRole::kWeight ||
        tensor.role == TensorRole::kKeyValueCache || tensor.role == TensorRole::kState) {
      given_[i].resize(static_cast<std::size_t>(tensor.elements()));
      for (double& value : given_[i]) {
        if (rounding == functional::Rounding::kToType) {
          value = value_of(tensor.type, random);
          continue;
        }
        // Near the largest of their block, low-bit codes are not zero either.
        const std::int64_t least = numeric::is_block(tensor.type) ? most - most * 3 / 8 : 1;
        const double magnitude = unit * static_cast<double>(random.integer(least, most));
        value = random.integer(0, 1) == 0 ? magnitude : -magnitude;
      }
    }
  }
  expected_ = given_;
  for (std::size_t i = 0; i < given_.size(); ++i) {
    if (!given_[i].empty() && numeric::is_block(graph_.tensors[i].type)) {
      expected_[i] = of_blocks(graph_.tensors[i].type, given_[i]);
    }
  }
  evaluate(graph_, seed, expected_);
}

std::vector<command::Command> Trial::commands() const {
  lowering::LoweredStream stream(plan_);
  return drain(stream);
}

namespace {

std::int64_t address_of(const lowering::Placement& placement,
                        const std::vector<std::int64_t>& tier_offsets) {
  return placement.address + (tier_offsets.empty() ? 0 : tier_offsets[placement.tier]);
}

}  // namespace

void Trial::fill(functional::Memory& memory, const std::vector<std::int64_t>& tier_offsets) const {
  for (std::size_t i = 0; i < given_.size(); ++i) {
    const Tensor& tensor = graph_.tensors[i];
    const lowering::Placement& placement = plan_->placements[i];
    if (given_[i].empty() || !placement.placed) {
      continue;
    }
    if (placement.product) {
      fill_weight(memory, i, tier_offsets);
      continue;
    }
    if (tensor.role != TensorRole::kKeyValueCache) {
      memory.write_tensor(tier(placement), address_of(placement, tier_offsets), tensor.type,
                          tensor.shape.back(), given_[i]);
      continue;
    }
    fill_cache(memory, i, tier_offsets);
  }
}

// As PimProductLayout has it.
void Trial::fill_weight(functional::Memory& memory, std::size_t weight,
                        const std::vector<std::int64_t>& tier_offsets) const {
  const Tensor& tensor = graph_.tensors[weight];
  const lowering::Placement& placement = plan_->placements[weight];
  const lowering::PimProductPlan& plan = *placement.product;
  const bool transposed = is_transposed(weight);
  const std::int64_t columns = tensor.shape.back();
  for (std::int64_t i = 0; i < tensor.elements(); ++i) {
    const std::int64_t row = i / columns;
    const std::int64_t column = i % columns;
    const auto place = transposed ? plan.layout.place(column, row) : plan.layout.place(row, column);
    memory.space(tier(placement))
        .write((address_of(placement, tier_offsets) + plan.offset(place)) * 8, tensor.type,
               given_[weight][static_cast<std::size_t>(i)]);
  }
}

bool Trial::is_transposed(std::size_t weight) const {
  return std::any_of(
      graph_.operators.begin(), graph_.operators.end(), [&](const workload::Operator& op) {
        const auto* product = std::get_if<workload::MatrixMultiplication>(&op.attributes);
        return product != nullptr && product->transposed_b &&
               op.inputs[1] == static_cast<workload::TensorId>(weight);
      });
}

// Only the past of each head is there.
void Trial::fill_cache(functional::Memory& memory, std::size_t cache,
                       const std::vector<std::int64_t>& tier_offsets) const {
  const Tensor& tensor = graph_.tensors[cache];
  const lowering::Placement& placement = plan_->placements[cache];
  if (placement.pim) {
    const std::vector<Spot> spots = bank_spots(cache, true, tier_offsets);
    for (std::size_t i = 0; i < spots.size(); ++i) {
      if (spots[i].bit >= 0) {
        memory.space(spots[i].space).write(spots[i].bit, tensor.type, given_[cache][i]);
      }
    }
    return;
  }
  const workload::Attention& attention = *owner(graph_, static_cast<workload::TensorId>(cache));
  const std::int64_t size = tensor.shape.back();
  const std::int64_t row = numeric::row_bytes(tensor.type, size);
  std::int64_t first = 0;  // row of the head
  for (std::int64_t sequence = 0; first * size < tensor.elements(); ++sequence) {
    for (std::int64_t head = 0; head < attention.kv_heads; ++head) {
      memory.write_tensor(tier(placement), address_of(placement, tier_offsets) + first * row,
                          tensor.type, size,
                          std::span(given_[cache])
                              .subspan(static_cast<std::size_t>(first * size),
                                       static_cast<std::size_t>(attention.past(sequence) * size)));
      first += attention.length(sequence);
    }
  }
}

const lowering::Placement* Trial::staging_of(std::size_t cache) const {
  for (const auto& layer : plan_->layers) {
    const workload::Operator& op = graph_.operators[layer.group.op];
    if (layer.group.staging != workload::kNoTensor &&
        op.inputs[4] == static_cast<workload::TensorId>(cache)) {
      return &plan_->placements[static_cast<std::size_t>(layer.group.staging)];
    }
  }
  return nullptr;
}

std::vector<Trial::Spot> Trial::bank_spots(std::size_t cache, bool is_before,
                                           const std::vector<std::int64_t>& tier_offsets) const {
  const workload::Attention& attention = *owner(graph_, static_cast<workload::TensorId>(cache));
  const lowering::Placement& placement = plan_->placements[cache];
  const lowering::PimAttentionPlan& pim = *placement.pim;
  const Tensor& tensor = graph_.tensors[cache];
  const bool is_key = std::any_of(
      graph_.operators.begin(), graph_.operators.end(), [&](const workload::Operator& op) {
        return std::holds_alternative<workload::Attention>(op.attributes) &&
               op.inputs[3] == static_cast<workload::TensorId>(cache);
      });
  const lowering::Placement* staging = staging_of(cache);
  const std::int64_t block = staging == nullptr ? 1 : pim.layout.shape().value_block;
  const std::int64_t size = tensor.shape.back();
  const auto spot = [&](std::int64_t sequence, std::int64_t head, std::int64_t token,
                        std::int64_t d) -> Spot {
    const std::int64_t tokens = is_before ? attention.past(sequence) : attention.length(sequence);
    if (token >= tokens) {
      return {};
    }
    if (token < tokens / block * block) {
      const auto place = is_key ? pim.layout.key(sequence, head, token, d)
                                : pim.layout.value(sequence, head, token, d);
      return {tier(placement), (address_of(placement, tier_offsets) + pim.offset(place)) * 8};
    }
    const auto place = pim.layout.staged(sequence, head, token, d);
    return {tier(*staging), (address_of(*staging, tier_offsets) + pim.offset(place)) * 8};
  };
  std::vector<Spot> spots;
  for (std::int64_t sequence = 0; std::ssize(spots) < tensor.elements(); ++sequence) {
    for (std::int64_t head = 0; head < attention.kv_heads; ++head) {
      for (std::int64_t token = 0; token < attention.length(sequence); ++token) {
        for (std::int64_t d = 0; d < size; ++d) {
          spots.push_back(spot(sequence, head, token, d));
        }
      }
    }
  }
  return spots;
}

Values Trial::found(functional::Memory& memory, std::size_t index,
                    const std::vector<std::int64_t>& tier_offsets) const {
  const Tensor& tensor = graph_.tensors[index];
  const lowering::Placement& placement = plan_->placements[index];
  if (!placement.pim) {
    return memory.read_tensor(tier(placement), address_of(placement, tier_offsets), tensor.type,
                              tensor.shape.back(), tensor.elements());
  }
  Values values;
  for (const Spot& spot : bank_spots(index, false, tier_offsets)) {
    values.push_back(memory.space(spot.space).read(spot.bit, tensor.type));
  }
  return values;
}

std::string Trial::compare(functional::Memory& memory,
                           const std::vector<std::int64_t>& tier_offsets) const {
  const double allowed = is_exact(graph_) ? 0.0 : kRelativeError;
  for (std::size_t i = 0; i < graph_.tensors.size(); ++i) {
    const Tensor& tensor = graph_.tensors[i];
    const lowering::Placement& placement = plan_->placements[i];
    if (!placement.placed ||
        (tensor.role != TensorRole::kOutput && tensor.role != TensorRole::kKeyValueCache &&
         tensor.role != TensorRole::kState)) {
      continue;
    }
    const Values values = found(memory, i, tier_offsets);
    for (std::size_t j = 0; j < values.size(); ++j) {
      const double wanted = expected_[i][j];
      if (!(std::abs(values[j] - wanted) <= allowed * std::max(1.0, std::abs(wanted)))) {
        return fmt::format("{}[{}] is {}, not {}", tensor.name, j, values[j], wanted);
      }
    }
  }
  return "";
}

std::string Trial::check(const std::vector<command::Command>& commands, std::uint64_t order) const {
  const lowering::Machine& machine = plan_->machine;
  functional::Memory memory(
      machine_.tiers, machine_.scratchpad * machine_.partitions,
      std::vector<std::int64_t>(machine.engines.size(), machine_.accumulators), rounding_);
  fill(memory, {});
  ListSource source(plan_->header, commands);
  functional::Executor executor(memory);
  try {
    if (order == 0) {
      executor.run(source);
    } else {
      executor.run_in_random_order(source, order);
    }
    if (const std::string difference = compare(memory, {}); !difference.empty()) {
      return difference;
    }
  } catch (const base::UserError& error) {
    return error.what();
  } catch (const functional::MemoryFault& fault) {
    return fault.what();
  }
  const std::int64_t unread = memory.space({command::SpaceKind::kScratchpad, 0}).unread_bytes();
  return unread <= unread_scores(graph_) ? ""
                                         : fmt::format("{} loaded bytes were never used", unread);
}

// The checks of streams that are read from files: each command keeps to its partition.
std::string Trial::check_partitions(const std::vector<command::Command>& commands) const {
  command::StreamChecker checker(lowering::extents_of(plan_->machine));
  command::Problems problems;
  command::StreamHeader header = plan_->header;
  checker.adopt(header, problems);
  for (const command::Command& command : commands) {
    checker.check(command, problems);
    if (!problems.empty()) {
      return fmt::format("command {}: {}: {}, expected {}", command.id, problems.front().field,
                         problems.front().message, problems.front().expected);
    }
  }
  return "";
}

std::string Trial::check_macs(const std::vector<command::Command>& commands) const {
  std::map<std::size_t, std::int64_t> macs;
  for (const command::Command& command : commands) {
    if (const auto* tile = std::get_if<command::ComputeTile>(&command.body)) {
      macs[command.layer] += tile->macs_useful;
    } else if (const auto* program = std::get_if<command::PimProgram>(&command.body)) {
      macs[command.layer] += program->macs_useful;
    } else if (const auto* vector = std::get_if<command::VectorCommand>(&command.body)) {
      macs[command.layer] += vector->macs_useful;
    }
  }
  for (std::size_t i = 0; i < plan_->layers.size(); ++i) {
    const std::int64_t wanted =
        workload::useful_macs(graph_, graph_.operators[plan_->layers[i].group.op]);
    if (macs[i] != wanted || plan_->header.layers[i].macs_useful != wanted) {
      return fmt::format("layer {} does {} macs, not {}", plan_->header.layers[i].name, macs[i],
                         wanted);
    }
  }
  return "";
}

namespace {

// Memories walk upwards only.
std::string check_strides(const std::vector<command::Command>& commands) {
  for (const command::Command& command : commands) {
    if (const auto* move = std::get_if<command::Move>(&command.body)) {
      for (std::size_t i = 0; i < move->count.size(); ++i) {
        if (move->source.stride[i] < 0 || move->destination.stride[i] < 0) {
          return fmt::format("move {} goes downwards", command.id);
        }
      }
    }
  }
  return "";
}

}  // namespace

std::string Trial::check() const {
  const std::vector<command::Command> list = commands();
  std::string wrong = check_macs(list);
  if (wrong.empty()) {
    wrong = check_strides(list);
  }
  if (wrong.empty() && machine_.partitions > 1) {
    wrong = check_partitions(list);
  }
  if (wrong.empty()) {
    wrong = find_race(list, plan_->header);
  }
  for (std::uint64_t order = 0; order < 4 && wrong.empty(); ++order) {
    wrong = check(list, order == 0 ? 0 : seed_ * 4 + order);
    if (!wrong.empty()) {
      wrong = fmt::format("order {}: {}", order, wrong);
    }
  }
  return wrong;
}

}  // namespace orrery::testing
