// SPDX-License-Identifier: Apache-2.0
// Prefill whose keys and values go where attention in banks finds them.
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <numeric>
#include <optional>

#include "base/random.h"
#include "functional/executor.h"
#include "lowering/banks/pim_attention_plan.h"
#include "tests/functional/pim_cases.h"

namespace orrery::testing {
namespace {

using command::Command;
using workload::Attention;
using workload::TensorId;

std::optional<Trial> trial_of(const RandomCase& one, std::uint64_t seed) {
  try {
    return Trial(one.graph, one.machine, one.mapping, seed);
  } catch (const base::UserError& error) {
    const std::string text = error.what();
    EXPECT_TRUE(text.find("does not fit") != std::string::npos ||
                text.find("tiles of a channel") != std::string::npos)
        << "seed " << seed << ": " << text;
    return std::nullopt;
  }
}

// Key cache, value cache and, where values wait, the staging tensor of the only layer.
std::vector<TensorId> caches_of(const Trial& trial) {
  const workload::Operator& op = trial.graph().operators.front();
  std::vector<TensorId> result{op.inputs[3], op.inputs[4]};
  const TensorId staging = trial.plan().layers.front().group.staging;
  if (staging != workload::kNoTensor) {
    result.push_back(staging);
  }
  return result;
}

const lowering::Placement& placement_of(const Trial& trial, TensorId id) {
  return trial.plan().placements[static_cast<std::size_t>(id)];
}

bool goes_to_caches(const Trial& trial, const command::Move& move) {
  for (const TensorId id : caches_of(trial)) {
    const lowering::Placement& placement = placement_of(trial, id);
    const command::Move::End& to = move.destination;
    if (to.space == command::Space{command::SpaceKind::kTier, placement.tier} &&
        to.address >= placement.address && to.address < placement.address + placement.bytes) {
      return true;
    }
  }
  return false;
}

// Results, caches as a decode step has its past, multiply-accumulates, races, loads that are used.
TEST(PimPrefill, LeavesKeysAndValuesWhereADecodeStepFindsThem) {
  std::map<std::string, int> checked;
  int too_large = 0;
  int wrong = 0;
  for (std::uint64_t seed = 0; seed < 200 && wrong < 10; ++seed) {
    const RandomCase one = pim_prefill_case(seed);
    const auto trial = trial_of(one, seed);
    if (!trial) {
      ++too_large;
      continue;
    }
    const std::string difference = trial->check();
    EXPECT_EQ(difference, "") << "seed " << seed << ", " << one.family << ": "
                              << trial->plan().header.layers[0].tiling;
    wrong += difference.empty() ? 0 : 1;
    ++checked[one.family];
  }
  for (const std::string& family : pim_families()) {
    std::printf("%-12s %5d checked\n", family.c_str(), checked[family]);
    EXPECT_GT(checked[family], 35) << family;
  }
  std::printf("%d do not fit\n", too_large);
}

// docs/pim_lowering.md: G L (d + e) elements stored; a vector unit turns the values of whole
// blocks.
TEST(PimPrefill, MovesTheBytesThatItsFormulasSay) {
  int compared = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const RandomCase one = pim_prefill_case(seed);
    const auto trial = trial_of(one, seed);
    if (!trial) {
      continue;
    }
    const auto& a = std::get<Attention>(one.graph.operators.front().attributes);
    const std::int64_t batch = one.graph.tensors.front().shape[0];
    const workload::ElementTypes types = types_of(one.graph);
    const std::int64_t element = numeric::bits(types.kv_cache) / 8;
    const std::int64_t block =
        placement_of(*trial, caches_of(*trial)[1]).pim->layout.shape().value_block;
    std::int64_t stored = 0;
    std::int64_t turned = 0;
    for (const Command& command : trial->commands()) {
      if (const auto* move = std::get_if<command::Move>(&command.body)) {
        stored += goes_to_caches(*trial, *move) ? move->bytes() : 0;
      } else if (const auto* vector = std::get_if<command::VectorCommand>(&command.body)) {
        const bool copies = vector->stages.size() == 1 &&
                            vector->stages[0].kind == command::VectorKind::kCopy &&
                            vector->source.space.kind == command::SpaceKind::kScratchpad;
        turned += copies ? vector->rows * vector->columns : 0;
      }
    }
    const std::int64_t tokens = batch * a.query_length;
    const std::int64_t whole = batch * (a.query_length / block * block);
    EXPECT_EQ(stored, tokens * a.kv_heads * (a.head_size + a.value_head_size()) * element) << seed;
    // Or everything, where what is stored is of another type.
    const bool converts = types.activations != types.kv_cache;
    EXPECT_EQ(turned * element,
              converts ? stored : whole * a.kv_heads * a.value_head_size() * element)
        << seed;
    ++compared;
  }
  EXPECT_GT(compared, 150);
}

// A prefill and the decode step behind it, one request a channel, so that its rows begin at the
// same place in both.
struct Sequel {
  RandomCase prefill;
  RandomCase decode;
};

std::optional<Sequel> sequel(std::uint64_t seed) {
  Sequel result{pim_prefill_case(seed), {}};
  const std::int64_t channels = result.prefill.machine.pim->channels();
  const workload::ElementTypes types = types_of(result.prefill.graph);
  Attention a = std::get<Attention>(result.prefill.graph.operators.front().attributes);
  const std::int64_t batch = std::min(result.prefill.graph.tensors.front().shape[0], channels);
  auto order = std::make_shared<std::vector<std::int64_t>>(batch);
  std::iota(order->begin(), order->end(), 0);
  a.channels = order;
  a.past_lengths = std::make_shared<const std::vector<std::int64_t>>(batch, 0);
  lowering::LayerRule& rule = result.prefill.mapping.layers.front();
  rule.channels.reset();
  result.prefill.graph = pim_attention_graph(a, batch, types);
  result.decode.machine = result.prefill.machine;
  result.decode.mapping = result.prefill.mapping;
  lowering::LayerRule& pim = result.decode.mapping.layers.front();
  pim.attention = lowering::AttentionForm::kPim;
  pim.cache.reset();
  a.past_length = a.query_length;
  a.past_lengths = std::make_shared<const std::vector<std::int64_t>>(batch, a.query_length);
  a.query_length = 1;
  result.decode.graph = pim_attention_graph(a, batch, types);
  return result;
}

functional::Memory memory_of(const RandomCase& one, const Trial& trial) {
  return functional::Memory(
      one.machine.tiers, one.machine.scratchpad,
      std::vector<std::int64_t>(trial.plan().machine.engines.size(), one.machine.accumulators));
}

void execute(const Trial& trial, functional::Memory& memory) {
  ListSource source(trial.plan().header, trial.commands());
  functional::Executor(memory).run(source);
}

// The past of the decode step's caches as the prefill's new keys (values): [sequence][token][head].
Values as_new(const Trial& decode, std::size_t cache, std::int64_t size) {
  const workload::Operator& op = decode.graph().operators.front();
  const auto& a = std::get<Attention>(op.attributes);
  const Values& given = decode.given(op.inputs[cache]);
  const std::int64_t batch = decode.graph().tensors.front().shape[0];
  const std::int64_t past = a.past(0);
  Values result;
  for (std::int64_t i = 0; i < batch; ++i) {
    for (std::int64_t token = 0; token < past; ++token) {
      for (std::int64_t head = 0; head < a.kv_heads; ++head) {
        for (std::int64_t d = 0; d < size; ++d) {
          result.push_back(given[static_cast<std::size_t>(
              ((i * a.kv_heads + head) * (past + 1) + token) * size + d)]);
        }
      }
    }
  }
  return result;
}

// Rows of banks as they are after the prefill become those of the decode step: nothing here knows
// the layout.
TEST(PimPrefill, IsFollowedByADecodeStepOverTheSameRows) {
  int checked = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto both = sequel(seed);
    const auto prefill = trial_of(both->prefill, seed);
    const auto decode = trial_of(both->decode, seed + 1);
    if (!prefill || !decode) {
      continue;
    }
    functional::Memory first = memory_of(both->prefill, *prefill);
    prefill->fill(first, {});
    const auto& a = std::get<Attention>(prefill->graph().operators.front().attributes);
    const auto& inputs = prefill->graph().operators.front().inputs;
    for (const std::size_t side : {1, 2}) {
      const workload::Tensor& tensor =
          prefill->graph().tensors[static_cast<std::size_t>(inputs[side])];
      const lowering::Placement& placement = placement_of(*prefill, inputs[side]);
      first.write_tensor({command::SpaceKind::kTier, placement.tier}, placement.address,
                         tensor.type, tensor.shape.back(),
                         as_new(*decode, side + 2, side == 1 ? a.head_size : a.value_head_size()));
    }
    execute(*prefill, first);
    functional::Memory second = memory_of(both->decode, *decode);
    decode->fill(second, {});
    const std::vector<TensorId> from = caches_of(*prefill);
    const std::vector<TensorId> to = caches_of(*decode);
    ASSERT_EQ(from.size(), to.size());
    for (std::size_t i = 0; i < from.size(); ++i) {
      const lowering::Placement& source = placement_of(*prefill, from[i]);
      const lowering::Placement& target = placement_of(*decode, to[i]);
      functional::AddressSpace& space = second.space({command::SpaceKind::kTier, target.tier});
      ASSERT_LE(source.bytes, target.bytes);
      space.forget(target.address, target.bytes);
      space.copy_from(first.space({command::SpaceKind::kTier, source.tier}), source.address,
                      target.address, source.bytes, false);
    }
    execute(*decode, second);
    EXPECT_EQ(decode->compare(second, {}), "") << seed;
    ++checked;
  }
  std::printf("%d prefills with their decode steps checked\n", checked);
  EXPECT_GT(checked, 120);
}

// Spoils one command; false where the command has nothing of that kind.
using Fault = std::function<bool(Command&, const Trial&)>;

Fault on_store(std::function<bool(command::Move&, std::int64_t element)> spoil) {
  return [spoil](Command& command, const Trial& trial) {
    auto* move = std::get_if<command::Move>(&command.body);
    const std::int64_t element = numeric::bits(types_of(trial.graph()).kv_cache) / 8;
    return move != nullptr && goes_to_caches(trial, *move) && spoil(*move, element);
  };
}

bool next_element(command::Move& move, std::int64_t element) {
  move.destination.address += element;
  return true;
}

bool other_element(command::Move& move, std::int64_t element) {
  move.source.address += element;
  return true;
}

bool one_element_less(command::Move& move, std::int64_t element) {
  move.row_bytes -= element;
  return move.row_bytes > 0;
}

bool one_row_less(command::Move& move, std::int64_t /*element*/) {
  for (std::int64_t& count : move.count) {
    if (count > 1) {
      --count;
      return true;
    }
  }
  return false;
}

bool not_transposed(Command& command, const Trial& /*trial*/) {
  auto* vector = std::get_if<command::VectorCommand>(&command.body);
  if (vector == nullptr || vector->stages.size() != 1 ||
      vector->stages[0].kind != command::VectorKind::kCopy ||
      vector->source.space.kind != command::SpaceKind::kScratchpad || vector->rows == 1 ||
      vector->columns == 1) {
    return false;
  }
  const std::int64_t bits = numeric::bits(vector->source.type);
  if (vector->source.column.front().stride_bits == bits) {
    return false;  // a conversion, which turns nothing
  }
  vector->source.row.assign(1, {vector->rows, vector->columns * bits, {}});
  vector->source.column.assign(1, {vector->columns, bits, {}});
  return true;
}

TEST(PimPrefill, PlantedFaultsAreCaught) {
  const std::vector<std::pair<const char*, Fault>> faults{{"place", on_store(next_element)},
                                                          {"element", on_store(other_element)},
                                                          {"length", on_store(one_element_less)},
                                                          {"row", on_store(one_row_less)},
                                                          {"block as it lay", not_transposed}};
  for (const auto& [name, fault] : faults) {
    int planted = 0;
    int caught = 0;
    std::string first;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      const RandomCase one = pim_prefill_case(seed);
      const auto trial = trial_of(one, seed);
      if (!trial) {
        continue;
      }
      base::Random random(seed);
      std::vector<Command> commands = trial->commands();
      const auto start = static_cast<std::size_t>(random.integer(0, std::ssize(commands) - 1));
      for (std::size_t i = 0; i < commands.size(); ++i) {
        Command& victim = commands[(start + i) % commands.size()];
        const Command sound = victim;
        if (fault(victim, *trial)) {
          ++planted;
          const bool is_caught = !trial->check(commands, 0).empty();
          caught += is_caught ? 1 : 0;
          if (!is_caught && first.empty()) {
            first = "seed " + std::to_string(seed) + " command " + std::to_string(victim.id);
          }
          break;
        }
        victim = sound;
      }
    }
    std::printf("%-16s %4d planted, %4d caught\n", name, planted, caught);
    EXPECT_GT(planted, 20) << name;
    EXPECT_EQ(caught, planted) << name << ": " << first;
  }
}

}  // namespace
}  // namespace orrery::testing
