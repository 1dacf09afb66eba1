// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <map>
#include <optional>

#include "base/random.h"
#include "command/vector_kinds.h"
#include "tests/functional/vector_cases.h"

namespace orrery::testing {
namespace {

using command::Command;
using command::Move;
using command::VectorCommand;

// More cases on request: ORRERY_RANDOM_CASES=20000 functional_test
std::uint64_t wanted_cases() {
  const char* const text = std::getenv("ORRERY_RANDOM_CASES");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 1200;
}

// What may be refused: too little memory, and packed elements that cannot be addressed.
bool is_refusal(const std::string& what) {
  return what.find("does not fit") != std::string::npos ||
         what.find("packed elements") != std::string::npos;
}

TEST(VectorCases, GiveTheResultsOfTheNaiveOperatorsInAnyAllowedOrder) {
  std::map<std::string, int> checked;
  std::map<std::string, int> refused;
  int wrong = 0;
  for (std::uint64_t seed = 0; seed < wanted_cases() && wrong < 10; ++seed) {
    const RandomCase one = vector_case(seed);
    try {
      const Trial trial(one.graph, one.machine, one.mapping, seed);
      const std::string difference = trial.check();
      EXPECT_EQ(difference, "") << "seed " << seed << ", " << one.family;
      wrong += difference.empty() ? 0 : 1;
      ++checked[one.family];
    } catch (const base::UserError& error) {
      EXPECT_TRUE(is_refusal(error.what())) << "seed " << seed << ": " << error.what();
      ++refused[one.family];
    }
  }
  for (const std::string& family : vector_families()) {
    std::printf("%-12s %5d checked, %4d refused\n", family.c_str(), checked[family],
                refused[family]);
    EXPECT_GT(checked[family], 2 * refused[family]) << family;
  }
}

// Spoils one command; false where it has nothing of that kind.
using Fault = std::function<bool(Command&)>;

bool shift_move(Command& command) {
  auto* move = std::get_if<Move>(&command.body);
  if (move == nullptr) {
    return false;
  }
  move->source.address += 1;
  return true;
}

bool shift_operand(Command& command) {
  auto* vector = std::get_if<VectorCommand>(&command.body);
  if (vector != nullptr) {
    for (command::VectorStage& stage : vector->stages) {
      if (command::takes_operand(stage.kind)) {
        stage.operand.base += 1;
        return true;
      }
    }
  }
  return false;
}

// x - y for y - x, a / b for b / a: the function's first operand is lost.
bool drop_stage(Command& command) {
  auto* vector = std::get_if<VectorCommand>(&command.body);
  if (vector == nullptr || vector->stages.empty() ||
      vector->stages.front().kind == command::VectorKind::kCopy ||
      vector->stages.front().kind == command::VectorKind::kReduceMaximum) {
    return false;
  }
  const bool reduces = command::is_reduction(vector->stages.front().kind);
  if (reduces && vector->columns == 1) {
    return false;
  }
  vector->stages.erase(vector->stages.begin());
  return true;
}

bool wrong_stride(Command& command) {
  auto* vector = std::get_if<VectorCommand>(&command.body);
  if (vector == nullptr || vector->source.column.front().extent == 1) {
    return false;
  }
  vector->source.column.front().stride_bits += 8;
  return true;
}

struct Tally {
  int tried = 0;
  int caught = 0;
  std::string first_uncaught;
};

Tally plant(const Fault& fault, const std::function<bool(const RandomCase&)>& shows) {
  Tally tally;
  base::Random random(5);
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    const RandomCase one = vector_case(seed);
    if (!shows(one)) {
      continue;
    }
    std::optional<Trial> trial;
    try {
      trial.emplace(one.graph, one.machine, one.mapping, seed);
    } catch (const base::UserError&) {
      continue;
    }
    const std::vector<Command> good = trial->commands();
    for (int i = 0; i < 3; ++i) {
      std::vector<Command> bad = good;
      const auto victim =
          static_cast<std::size_t>(random.integer(0, static_cast<std::int64_t>(bad.size()) - 1));
      if (!fault(bad[victim])) {
        continue;
      }
      ++tally.tried;
      const bool caught = !trial->check(bad, 0).empty();
      tally.caught += caught ? 1 : 0;
      if (!caught && tally.first_uncaught.empty()) {
        tally.first_uncaught = one.family + " seed " + std::to_string(seed) + " command " +
                               std::to_string(bad[victim].id);
      }
    }
  }
  return tally;
}

// Clips and maxima swallow wrong values, and slices behind other moves drop them.
bool is_linear(const RandomCase& one) {
  return one.family == "recurrence" || one.family == "packed elements";
}

void expect_all_caught(const char* name, const Fault& fault) {
  const Tally tally = plant(fault, is_linear);
  std::printf("%-24s %4d planted, %4d caught\n", name, tally.tried, tally.caught);
  EXPECT_GT(tally.tried, 40) << name;
  EXPECT_EQ(tally.caught, tally.tried) << name << ": " << tally.first_uncaught;
}

TEST(VectorCases, PlantedFaultsAreAllCaught) {
  expect_all_caught("move shifted", shift_move);
  expect_all_caught("operand shifted", shift_operand);
  expect_all_caught("stage left out", drop_stage);
  expect_all_caught("column stride wrong", wrong_stride);
}

}  // namespace
}  // namespace orrery::testing
