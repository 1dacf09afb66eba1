// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>

#include "tests/functional/pim_cases.h"
#include "tests/functional/pim_product_cases.h"
#include "tests/functional/race_checker.h"

namespace orrery::testing {
namespace {

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
    EXPECT_TRUE(text.find("does not fit") != std::string::npos) << "seed " << seed << ": " << text;
    return std::nullopt;
  }
}

// Whether a program multiplies.
bool multiplies(const command::PimProgram& program, const command::PimMemory& memory) {
  return std::any_of(program.steps.begin(), program.steps.end(), [&](const auto& step) {
    return numeric::multiplies(memory.commands.at(step.command).operation);
  });
}

// One thing that a program may do wrong; false where this program cannot.
struct Fault {
  const char* name;
  bool (*plant)(command::Command& command, command::PimProgram& program,
                const command::PimMemory& memory);
};

const std::vector<Fault>& faults() {
  using command::Command;
  using command::PimMemory;
  using command::PimProgram;
  static const std::vector<Fault> kFaults{
      {"multiplies the row behind",
       [](Command&, PimProgram& program, const PimMemory& memory) {
         const bool can = multiplies(program, memory);
         for (command::PimStep& step : program.steps) {
           step.row += can ? 1 : 0;
         }
         return can;
       }},
      {"leaves out its last column",
       [](Command&, PimProgram& program, const PimMemory& memory) {
         for (auto step = program.steps.rbegin(); step != program.steps.rend(); ++step) {
           if (numeric::multiplies(memory.commands.at(step->command).operation)) {
             // A count of 0 multiplies nothing.
             --step->count;
             return true;
           }
         }
         return false;
       }},
      {"gives its results a place further",
       [](Command&, PimProgram& program, const PimMemory& memory) {
         const bool can = multiplies(program, memory);
         program.destination.address += can ? 2 : 0;
         return can;
       }},
      {"takes the vector of another bank",
       [](Command&, PimProgram& program, const PimMemory& memory) {
         command::PimStep& step = program.steps.front();
         const auto operation = memory.commands.at(step.command).operation;
         step.bank = (step.bank + 1) % memory.banks();
         return operation == command::PimOperation::kLoadRow;
       }},
      {"takes its vector a column further",
       [](Command&, PimProgram& program, const PimMemory& memory) {
         program.source.address += memory.column_bytes;
         return memory.commands.at(program.steps.front().command).operation ==
                command::PimOperation::kLoad;
       }},
      {"does not wait for its vector",
       [](Command& command, PimProgram& program, const PimMemory& memory) {
         const bool can = multiplies(program, memory) && !command.after.empty();
         command.after.clear();
         return can;
       }},
  };
  return kFaults;
}

// Each fault, planted into the first program that can have it, is noticed in every case.
TEST(PimProductFaults, AreNoticed) {
  std::map<std::string, int> planted;
  for (std::uint64_t seed = 0; seed < 240; ++seed) {
    const RandomCase one = pim_product_case(seed);
    // What follows, relu for one, may hide a wrong product.
    const auto trial = one.graph.operators.size() == 1 ? trial_of(one, seed) : std::nullopt;
    if (!trial) {
      continue;
    }
    const command::PimMemory& memory = trial->plan().header.pim_memories.front();
    for (const Fault& fault : faults()) {
      std::vector<command::Command> list = trial->commands();
      for (command::Command& command : list) {
        auto* program = std::get_if<command::PimProgram>(&command.body);
        if (program == nullptr) {
          continue;
        }
        command::Command changed = command;
        if (fault.plant(changed, std::get<command::PimProgram>(changed.body), memory)) {
          command = changed;
          ++planted[fault.name];
          EXPECT_TRUE(!find_race(list, trial->plan().header).empty() ||
                      !trial->check(list, 0).empty())
              << "seed " << seed << ", " << one.family << " " << fault.name;
          break;
        }
      }
    }
  }
  for (const Fault& fault : faults()) {
    std::printf("%-36s planted %3d times\n", fault.name, planted[fault.name]);
    EXPECT_GT(planted[fault.name], 10) << fault.name;
  }
}

// Results, multiply-accumulates, races.
TEST(PimProductCases, GiveTheResultsOfTheNaiveProductInAnyAllowedOrder) {
  std::map<std::string, int> checked;
  std::map<std::string, int> too_large;
  std::map<std::string, int> orders;
  int wrong = 0;
  for (std::uint64_t seed = 0; seed < wanted_cases() && wrong < 10; ++seed) {
    const RandomCase one = pim_product_case(seed);
    const auto trial = trial_of(one, seed);
    if (!trial) {
      ++too_large[one.family];
      continue;
    }
    const std::string& tiling = trial->plan().header.layers[0].tiling;
    ++orders[tiling.ends_with("tiles outside") ? "tiles outside" : "vectors outside"];
    const std::string difference = trial->check();
    EXPECT_EQ(difference, "") << "seed " << seed << ", " << one.family << ": " << tiling;
    wrong += difference.empty() ? 0 : 1;
    ++checked[one.family];
  }
  for (const std::string& family : pim_families()) {
    std::printf("%-12s %5d checked, %4d do not fit\n", family.c_str(), checked[family],
                too_large[family]);
    EXPECT_GT(checked[family], 2 * too_large[family]) << family;
  }
  for (const char* order : {"tiles outside", "vectors outside"}) {
    std::printf("%-16s %5d\n", order, orders[order]);
    EXPECT_GT(orders[order], 20) << order;
  }
}

}  // namespace
}  // namespace orrery::testing
