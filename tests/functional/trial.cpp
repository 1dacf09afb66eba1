// SPDX-License-Identifier: Apache-2.0
#include "tests/functional/trial.h"

#include <fmt/format.h>

#include <cmath>
#include <map>

#include "base/random.h"
#include "functional/executor.h"
#include "tests/functional/race_checker.h"

namespace orrery::testing {
namespace {

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

lowering::Machine SmallMachine::machine() const {
  lowering::Machine result;
  result.name = "small";
  const auto add = [&](const std::string& kind, int index) {
    result.engines.push_back(kind + std::to_string(index));
    return static_cast<command::EngineIndex>(result.engines.size() - 1);
  };
  for (int i = 0; i < arrays; ++i) {
    result.arrays.push_back(
        {add("array", i),
         rows,
         columns,
         accumulators,
         2 * rows,
         2 * columns,
         {timing::Dataflow::kWeightStationary, timing::Dataflow::kOutputStationary,
          timing::Dataflow::kInputStationary, timing::Dataflow::kRowStationary}});
  }
  for (int i = 0; i < vector_units; ++i) {
    result.vector_units.push_back({add("vector", i), {8, 2, 4, 4, 4, 64, 32}});
  }
  for (int i = 0; i < loads; ++i) {
    result.load_engines.push_back(add("load", i));
  }
  for (int i = 0; i < stores && !shared_dma; ++i) {
    result.store_engines.push_back(add("store", i));
  }
  if (shared_dma) {
    result.store_engines = result.load_engines;
  }
  result.scratchpad_bytes = scratchpad;
  for (std::size_t i = 0; i < tiers.size(); ++i) {
    result.tiers.push_back({fmt::format("tier{}", i), tiers[i], 8});
  }
  result.tiers.back().is_link = link;
  return result;
}

std::vector<command::Command> drain(command::Source& source) {
  std::vector<command::Command> commands;
  command::Command command;
  while (source.next(command)) {
    commands.push_back(command);
  }
  return commands;
}

Trial::Trial(workload::Graph graph, const SmallMachine& machine, lowering::MappingConfig mapping,
             std::uint64_t seed)
    : graph_(std::move(graph)),
      machine_(machine),
      seed_(seed),
      plan_(lowering::make_plan(graph_, machine.machine(), mapping, seed)),
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
        const double magnitude = unit * static_cast<double>(random.integer(1, most));
        value = random.integer(0, 1) == 0 ? magnitude : -magnitude;
      }
    }
  }
  expected_ = given_;
  evaluate(graph_, seed, expected_);
}

std::vector<command::Command> Trial::commands() const {
  lowering::LoweredStream stream(plan_);
  return drain(stream);
}

void Trial::fill(functional::Memory& memory, const std::vector<std::int64_t>& tier_offsets) const {
  const auto address = [&](const lowering::Placement& placement) {
    return placement.address + (tier_offsets.empty() ? 0 : tier_offsets[placement.tier]);
  };
  for (std::size_t i = 0; i < given_.size(); ++i) {
    const Tensor& tensor = graph_.tensors[i];
    const lowering::Placement& placement = plan_->placements[i];
    if (given_[i].empty() || !placement.placed) {
      continue;
    }
    if (tensor.role != TensorRole::kKeyValueCache) {
      memory.write_tensor(tier(placement), address(placement), tensor.type, tensor.shape.back(),
                          given_[i]);
      continue;
    }
    // Only the past of each head is there.
    const workload::Attention& attention = *owner(graph_, static_cast<workload::TensorId>(i));
    const std::int64_t size = tensor.shape.back();
    const std::int64_t row = numeric::row_bytes(tensor.type, size);
    std::int64_t first = 0;  // row of the head
    for (std::int64_t sequence = 0; first * size < tensor.elements(); ++sequence) {
      for (std::int64_t head = 0; head < attention.kv_heads; ++head) {
        memory.write_tensor(tier(placement), address(placement) + first * row, tensor.type, size,
                            std::span(given_[i]).subspan(
                                static_cast<std::size_t>(first * size),
                                static_cast<std::size_t>(attention.past(sequence) * size)));
        first += attention.length(sequence);
      }
    }
  }
}

std::string Trial::compare(functional::Memory& memory,
                           const std::vector<std::int64_t>& tier_offsets) const {
  const auto address = [&](const lowering::Placement& placement) {
    return placement.address + (tier_offsets.empty() ? 0 : tier_offsets[placement.tier]);
  };
  const double allowed = is_exact(graph_) ? 0.0 : kRelativeError;
  for (std::size_t i = 0; i < graph_.tensors.size(); ++i) {
    const Tensor& tensor = graph_.tensors[i];
    const lowering::Placement& placement = plan_->placements[i];
    if (!placement.placed ||
        (tensor.role != TensorRole::kOutput && tensor.role != TensorRole::kKeyValueCache &&
         tensor.role != TensorRole::kState)) {
      continue;
    }
    const Values found = memory.read_tensor(tier(placement), address(placement), tensor.type,
                                            tensor.shape.back(), tensor.elements());
    for (std::size_t j = 0; j < found.size(); ++j) {
      const double wanted = expected_[i][j];
      if (!(std::abs(found[j] - wanted) <= allowed * std::max(1.0, std::abs(wanted)))) {
        return fmt::format("{}[{}] is {}, not {}", tensor.name, j, found[j], wanted);
      }
    }
  }
  return "";
}

std::string Trial::check(const std::vector<command::Command>& commands, std::uint64_t order) const {
  const lowering::Machine& machine = plan_->machine;
  functional::Memory memory(
      machine_.tiers, machine_.scratchpad,
      std::vector<std::int64_t>(machine.engines.size(), machine_.accumulators));
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

std::string Trial::check_macs(const std::vector<command::Command>& commands) const {
  std::map<std::size_t, std::int64_t> macs;
  for (const command::Command& command : commands) {
    if (const auto* tile = std::get_if<command::ComputeTile>(&command.body)) {
      macs[command.layer] += tile->macs_useful;
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
  if (wrong.empty()) {
    wrong = find_race(list, plan_->machine.engines.size());
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
