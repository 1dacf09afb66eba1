// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "tests/functional/random_cases.h"

namespace orrery::testing {
namespace {

using command::Command;
using command::ComputeTile;
using command::Move;
using command::VectorCommand;

constexpr std::uint64_t kStreams = 160;
constexpr int kFaultsAStream = 3;  // of each kind

// Spoils one command; false where the command has nothing of that kind.
using Fault = std::function<bool(Command&, base::Random&)>;

template <class Body>
Fault on(std::function<bool(Body&, base::Random&)> spoil) {
  return [spoil](Command& command, base::Random& random) {
    auto* body = std::get_if<Body>(&command.body);
    return body != nullptr && spoil(*body, random);
  };
}

bool drop_dependency(Command& command, base::Random& random) {
  if (command.after.empty()) {
    return false;
  }
  command.after.erase(command.after.begin() +
                      random.integer(0, static_cast<std::int64_t>(command.after.size()) - 1));
  return true;
}

bool shift_move(Move& move, base::Random& random) {
  const bool source = random.integer(0, 1) == 0;
  (source ? move.source : move.destination).address += random.integer(0, 1) == 0 ? 1 : -1;
  return true;
}

bool shift_operand(ComputeTile& tile, base::Random& random) {
  (random.integer(0, 1) == 0 ? tile.a : tile.b).base += random.integer(0, 1) == 0 ? 1 : -1;
  return true;
}

bool swap_operands(ComputeTile& tile, base::Random& /*random*/) {
  std::swap(tile.a, tile.b);
  return true;
}

bool flip_accumulate(ComputeTile& tile, base::Random& /*random*/) {
  tile.accumulate = !tile.accumulate;
  return true;
}

bool shorten_move(Move& move, base::Random& /*random*/) {
  --move.row_bytes;
  return true;
}

bool leave_out_last_product(ComputeTile& tile, base::Random& /*random*/) {
  if (tile.k == 1 || tile.a.column.size() != 1 || tile.b.row.size() != 1) {
    return false;
  }
  --tile.k;
  --tile.a.column[0].extent;
  --tile.b.row[0].extent;
  return true;
}

bool leave_out_last_row(VectorCommand& command, base::Random& /*random*/) {
  if (command.rows == 1 || command.source.row.size() != 1 || command.destination.row.size() != 1) {
    return false;
  }
  --command.rows;
  --command.source.row[0].extent;
  --command.destination.row[0].extent;
  for (command::VectorStage& stage : command.stages) {
    if (!stage.operand.row.empty()) {
      --stage.operand.row[0].extent;
    }
  }
  return true;
}

bool wrong_stride(VectorCommand& command, base::Random& /*random*/) {
  command::Digit& digit = command.source.row.front();
  if (digit.extent == 1) {
    return false;
  }
  digit.stride_bits += numeric::bits(command.source.type);
  return true;
}

struct Tally {
  int tried = 0;
  int caught = 0;
  std::string first_uncaught;
};

// Plants the fault in random streams and executes each in stream order and `orders` random ones.
Tally plant(const Fault& fault, std::uint64_t orders) {
  Tally tally;
  base::Random random(99);
  for (std::uint64_t seed = 0; seed < kStreams; ++seed) {
    const RandomCase one = random_case(seed);
    std::optional<Trial> trial;
    try {
      trial.emplace(one.graph, one.machine, one.mapping, seed);
    } catch (const base::UserError&) {
      continue;
    }
    const std::vector<Command> good = trial->commands();
    for (int i = 0; i < kFaultsAStream; ++i) {
      std::vector<Command> bad = good;
      const auto victim = static_cast<std::size_t>(
          random.integer(0, static_cast<std::int64_t>(bad.size()) - 1));
      if (!fault(bad[victim], random)) {
        continue;
      }
      ++tally.tried;
      bool caught = false;
      for (std::uint64_t order = 0; order <= orders && !caught; ++order) {
        caught = !trial->check(bad, order).empty();
      }
      tally.caught += caught ? 1 : 0;
      if (!caught && tally.first_uncaught.empty()) {
        tally.first_uncaught = one.family + " seed " + std::to_string(seed) + " command " +
                               std::to_string(bad[victim].id);
      }
    }
  }
  return tally;
}

void expect_all_caught(const char* name, const Fault& fault, std::uint64_t orders = 0) {
  const Tally tally = plant(fault, orders);
  std::printf("%-24s %4d planted, %4d caught\n", name, tally.tried, tally.caught);
  EXPECT_GT(tally.tried, 40) << name;
  EXPECT_EQ(tally.caught, tally.tried) << name << ": " << tally.first_uncaught;
}

TEST(PlantedFaults, InAddressesAndBoundsAreAllCaught) {
  expect_all_caught("move shifted", on<Move>(shift_move));
  expect_all_caught("move one byte short", on<Move>(shorten_move));
  expect_all_caught("operand shifted", on<ComputeTile>(shift_operand));
  expect_all_caught("last product left out", on<ComputeTile>(leave_out_last_product));
  expect_all_caught("last row left out", on<VectorCommand>(leave_out_last_row));
  expect_all_caught("row stride wrong", on<VectorCommand>(wrong_stride));
}

TEST(PlantedFaults, InOperandsAndSumsAreAllCaught) {
  expect_all_caught("operands swapped", on<ComputeTile>(swap_operands));
  expect_all_caught("accumulate flipped", on<ComputeTile>(flip_accumulate));
}

TEST(PlantedFaults, OfDependenciesAreMostlyCaught) {
  const Tally tally = plant(drop_dependency, 20);
  std::printf("%-24s %4d planted, %4d caught\n", "dependency dropped", tally.tried, tally.caught);
  EXPECT_GT(tally.tried, 100);
  std::printf("first uncaught: %s\n", tally.first_uncaught.c_str());
}

}  // namespace
}  // namespace orrery::testing
