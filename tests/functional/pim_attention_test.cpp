// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <optional>

#include "base/integer.h"
#include "base/random.h"
#include "tests/functional/pim_cases.h"

namespace orrery::testing {
namespace {

using command::Command;
using command::PimProgram;
using command::VectorCommand;
using workload::Attention;

// More cases on request: ORRERY_RANDOM_CASES=20000 functional_test
std::uint64_t wanted_cases() {
  const char* const text = std::getenv("ORRERY_RANDOM_CASES");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 600;
}

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

// Results, the caches with the new token in its banks, multiply-accumulates, races.
TEST(PimAttentionCases, GiveTheResultsOfTheNaiveOperatorInAnyAllowedOrder) {
  std::map<std::string, int> checked;
  std::map<std::string, int> too_large;
  int wrong = 0;
  for (std::uint64_t seed = 0; seed < wanted_cases() && wrong < 10; ++seed) {
    const RandomCase one = pim_attention_case(seed);
    const auto trial = trial_of(one, seed);
    if (!trial) {
      ++too_large[one.family];
      continue;
    }
    const std::string difference = trial->check();
    EXPECT_EQ(difference, "") << "seed " << seed << ", " << one.family << ": "
                              << trial->plan().header.layers[0].tiling;
    wrong += difference.empty() ? 0 : 1;
    ++checked[one.family];
  }
  for (const std::string& family : pim_families()) {
    std::printf("%-12s %5d checked, %4d do not fit\n", family.c_str(), checked[family],
                too_large[family]);
    EXPECT_GT(checked[family], 2 * too_large[family]) << family;
  }
}

// What crosses between memory, scratchpad and banks, in bytes.
struct Traffic {
  std::int64_t loaded = 0;   // memory to scratchpad
  std::int64_t stored = 0;   // and back
  std::int64_t sent = 0;     // scratchpad to vector buffers
  std::int64_t results = 0;  // banks to scratchpad
  std::int64_t copies = 0;   // of vector rows into vector buffers, in rows
};

Traffic traffic_of(const Trial& trial) {
  Traffic traffic;
  for (const Command& command : trial.commands()) {
    if (command.layer != 0) {
      continue;
    }
    if (const auto* move = std::get_if<command::Move>(&command.body)) {
      const bool loads = move->source.space.kind == command::SpaceKind::kTier;
      (loads ? traffic.loaded : traffic.stored) += move->bytes();
    } else if (const auto* program = std::get_if<PimProgram>(&command.body)) {
      const command::PimMemory& memory = trial.plan().header.pim_memories.at(program->memory);
      for (const command::PimStep& step : program->steps) {
        const command::PimCommand& used = memory.commands.at(step.command);
        if (used.operation == command::PimOperation::kLoadRow) {
          traffic.copies += program->repetitions_of(step);
        } else if (used.operation == command::PimOperation::kLoad) {
          traffic.sent += program->repetitions_of(step) * step.count * used.bytes;
        } else if (numeric::reads(used.operation)) {
          traffic.results += program->repetitions * used.bytes;
        }
      }
    }
  }
  return traffic;
}

// The formulas of docs/pim_lowering.md. `load`: bytes of one load command, 0 where vectors come
// from rows; `result`: bytes of the results of all banks.
Traffic charged(const RandomCase& one, std::int64_t load, std::int64_t result) {
  using base::divide_up;
  const auto& a = std::get<Attention>(one.graph.operators.front().attributes);
  const command::PimMemory& memory = *one.machine.pim;
  const std::int64_t given = numeric::bits(types_of(one.graph).activations) / 8;
  const std::int64_t element = numeric::bits(types_of(one.graph).kv_cache) / 8;
  const std::int64_t row = memory.row_bytes() / element;
  const std::int64_t column = memory.column_bytes / element;
  const std::int64_t value = a.value_head_size();
  const auto& append = one.mapping.layers.front().append;
  // Whole bursts and columns, where values are not appended token by token.
  const std::int64_t block = append && append->value == lowering::PimAppend::kToken
                                 ? 1
                                 : std::max(one.machine.access_bytes / element, column);
  const std::int64_t row_heads = row / a.head_size;
  const std::int64_t fresh = a.kv_heads * (a.head_size + value);  // new key and value
  Traffic traffic;
  for (std::int64_t i = 0; i < one.graph.tensors.front().shape[0]; ++i) {
    const std::int64_t tokens = a.length(i);
    const std::int64_t banked = tokens / block * block;
    const std::int64_t chunks = divide_up(banked, row);
    const std::int64_t waiting = (tokens - 1) % block;
    traffic.loaded +=
        (a.heads * a.head_size + fresh) * given + waiting * a.kv_heads * value * element;
    traffic.stored += fresh * element + a.heads * value * given;
    // A whole block goes to the banks together.
    traffic.stored += tokens == banked ? (block - 1) * a.kv_heads * value * element : 0;
    traffic.results +=
        a.heads * result *
        (divide_up(tokens, memory.banks()) + chunks * divide_up(value, memory.banks()));
    const std::int64_t whole = std::max<std::int64_t>(chunks - 1, 0);
    const std::int64_t last = divide_up(banked - whole * row, column) * column;
    if (load == 0) {
      traffic.stored += a.heads * (a.head_size + whole * row + last) * element;
      traffic.copies += divide_up(a.kv_heads, row_heads) * a.heads / a.kv_heads + a.heads * chunks;
      continue;
    }
    for (std::int64_t first = 0; first < a.kv_heads; first += row_heads) {
      const std::int64_t heads = std::min(row_heads, a.kv_heads - first);
      traffic.sent += a.heads / a.kv_heads * divide_up(heads * a.head_size * element, load) * load;
    }
    traffic.sent +=
        a.heads * load * (whole * divide_up(row * element, load) + divide_up(last * element, load));
  }
  return traffic;
}

TEST(PimAttentionCases, MoveTheBytesThatTheirFormulasSay) {
  int compared = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const RandomCase one = pim_attention_case(seed);
    const auto trial = trial_of(one, seed);
    if (!trial) {
      continue;
    }
    std::int64_t load = 0;
    std::int64_t result = 0;
    for (const command::PimCommand& command : one.machine.pim->commands) {
      if (command.operation == command::PimOperation::kLoad) {
        load = command.bytes;
      } else if (numeric::reads(command.operation)) {
        result = command.bytes * one.machine.pim->banks() / command.banks;
      }
    }
    const Traffic found = traffic_of(*trial);
    const Traffic wanted = charged(one, load, result);
    EXPECT_EQ(found.loaded, wanted.loaded) << seed;
    EXPECT_EQ(found.stored, wanted.stored) << seed;
    EXPECT_EQ(found.sent, wanted.sent) << seed;
    EXPECT_EQ(found.results, wanted.results) << seed;
    EXPECT_EQ(found.copies, wanted.copies) << seed;
    ++compared;
  }
  EXPECT_GT(compared, 150);
}

// Spoils one command; false where the command has nothing of that kind.
using Fault = std::function<bool(Command&, base::Random&)>;

Fault on_program(std::function<bool(PimProgram&, base::Random&)> spoil) {
  return [spoil](Command& command, base::Random& random) {
    auto* program = std::get_if<PimProgram>(&command.body);
    return program != nullptr && spoil(*program, random);
  };
}

bool has_results(const PimProgram& program) {
  return program.macs_useful > 0;
}

bool next_row(PimProgram& program, base::Random& /*random*/) {
  for (command::PimStep& step : program.steps) {
    step.row += step.once ? 0 : 1;
  }
  return has_results(program);
}

// The first step that is repeated multiplies: a column of a read means nothing.
bool next_column(PimProgram& program, base::Random& /*random*/) {
  ++std::find_if(program.steps.begin(), program.steps.end(), [](const auto& step) {
      return !step.once;
    })->column;
  return has_results(program);
}

bool other_channel(PimProgram& program, base::Random& /*random*/) {
  program.channel = program.channel == 0 ? 1 : program.channel - 1;
  return true;
}

bool stay_in_row(PimProgram& program, base::Random& /*random*/) {
  for (command::PimStep& step : program.steps) {
    step.row_step = 0;
  }
  return has_results(program) && program.repetitions > 1;
}

bool one_repetition_less(PimProgram& program, base::Random& /*random*/) {
  --program.repetitions;
  return has_results(program) && program.repetitions > 0;
}

bool shift_results(PimProgram& program, base::Random& /*random*/) {
  program.destination.address += 2;
  return has_results(program);
}

bool other_vector(PimProgram& program, base::Random& /*random*/) {
  program.source.address += 8;
  ++program.steps.front().row;
  return program.steps.front().once;
}

Fault on_vector(std::function<bool(VectorCommand&)> spoil) {
  return [spoil](Command& command, base::Random& /*random*/) {
    auto* vector = std::get_if<VectorCommand>(&command.body);
    return vector != nullptr && spoil(*vector);
  };
}

// Of the values that wait beside the banks.
bool other_dimension(VectorCommand& vector) {
  vector.source.base += numeric::bits(vector.source.type) / 8;
  return vector.macs_useful > 0;
}

bool one_token_less(VectorCommand& vector) {
  --vector.columns;
  --vector.source.column.front().extent;
  for (command::VectorStage& stage : vector.stages) {
    if (!stage.operand.column.empty()) {
      --stage.operand.column.front().extent;
    }
  }
  return vector.macs_useful > 0 && vector.columns > 0;
}

bool other_weight(VectorCommand& vector) {
  vector.stages.front().operand.base += numeric::bits(vector.source.type) / 8;
  return vector.macs_useful > 0;
}

// Of the copy that turns a block.
bool not_transposed(VectorCommand& vector) {
  const std::int64_t bits = numeric::bits(vector.source.type);
  vector.source.row.assign(1, {vector.rows, vector.columns * bits, {}});
  vector.source.column.assign(1, {vector.columns, bits, {}});
  return vector.stages.size() == 1 && vector.stages.front().kind == command::VectorKind::kCopy &&
         vector.source.type == vector.destination.type && vector.rows > 1 && vector.columns > 1;
}

bool next_place(VectorCommand& vector) {
  vector.destination.base += numeric::bits(vector.destination.type) / 8;
  return vector.stages.size() == 1 && vector.stages.front().kind == command::VectorKind::kCopy;
}

// Of the division by the sum of integer weights.
bool other_total(VectorCommand& vector) {
  command::VectorStage& last = vector.stages.back();
  last.operand.base += numeric::bits(last.operand.type) / 8;
  return last.kind == command::VectorKind::kDivide;
}

// A request that sees one key gives its value whatever query and key are; results of tiles behind
// the last token, of header steps and of banks that a head does not reach are nobody's.
bool shows_everything(const RandomCase& one) {
  const auto& a = std::get<Attention>(one.graph.operators.front().attributes);
  if (one.family == "composite" || a.value_size != 0 || !a.past_lengths) {
    return false;
  }
  return std::all_of(a.past_lengths->begin(), a.past_lengths->end(),
                     [](std::int64_t past) { return past > 0; });
}

// Spoils the first command from a random one on that has something of that kind; 0 where none has.
command::CommandId plant(const Fault& fault, base::Random& random, std::vector<Command>& commands) {
  const auto first = static_cast<std::size_t>(random.integer(0, std::ssize(commands) - 1));
  for (std::size_t i = 0; i < commands.size(); ++i) {
    Command& victim = commands[(first + i) % commands.size()];
    const Command sound = victim;
    if (fault(victim, random)) {
      return victim.id;
    }
    victim = sound;
  }
  return 0;
}

TEST(PimAttentionCases, PlantedFaultsAreCaught) {
  const std::vector<std::pair<const char*, Fault>> faults{
      {"row", on_program(next_row)},
      {"column", on_program(next_column)},
      {"channel", on_program(other_channel)},
      {"row step", on_program(stay_in_row)},
      {"one repetition less", on_program(one_repetition_less)},
      {"results shifted", on_program(shift_results)},
      {"vector", on_program(other_vector)},
      {"staged dimension", on_vector(other_dimension)},
      {"staged token", on_vector(one_token_less)},
      {"staged weight", on_vector(other_weight)},
      {"block as it lay", on_vector(not_transposed)},
      {"block shifted", on_vector(next_place)},
      {"other head's total", on_vector(other_total)}};
  for (const auto& [name, fault] : faults) {
    base::Random random(7);
    int planted = 0;
    int caught = 0;
    std::string first;
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
      const RandomCase one = pim_attention_case(seed);
      const auto trial = shows_everything(one) ? trial_of(one, seed) : std::nullopt;
      if (!trial) {
        continue;
      }
      std::vector<Command> commands = trial->commands();
      const command::CommandId victim = plant(fault, random, commands);
      if (victim == 0) {
        continue;
      }
      ++planted;
      const bool is_caught = !trial->check(commands, 0).empty();
      caught += is_caught ? 1 : 0;
      if (!is_caught && first.empty()) {
        first = "seed " + std::to_string(seed) + " command " + std::to_string(victim);
      }
    }
    std::printf("%-20s %4d planted, %4d caught\n", name, planted, caught);
    EXPECT_GT(planted, 5) << name;
    EXPECT_EQ(caught, planted) << name << ": " << first;
  }
}

}  // namespace
}  // namespace orrery::testing
