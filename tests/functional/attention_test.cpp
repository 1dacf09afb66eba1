// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <optional>

#include "base/random.h"
#include "command/view.h"
#include "tests/functional/attention_cases.h"

namespace orrery::testing {
namespace {

using command::Command;
using command::VectorCommand;
using command::VectorKind;

constexpr std::uint64_t kCases = 900;

std::optional<Trial> trial_of(const RandomCase& one, std::uint64_t seed) {
  try {
    return Trial(one.graph, one.machine, one.mapping, seed);
  } catch (const base::UserError& error) {
    EXPECT_NE(std::string(error.what()).find("does not fit"), std::string::npos)
        << "seed " << seed << ": " << error.what();
    return std::nullopt;
  }
}

// Whether a softmax, or the first step of a tile, leaves out what its rows do not see.
bool is_masked(const command::View& view) {
  return !view.column.empty() && view.column[0].step[0] != 0;
}

// One-pass rounding is left out here: numbers are real (docs/attention.md bounds it), so that the
// forms differ from the naive operator by the order of sums only.
TEST(AttentionCases, OfAllFormsGiveTheResultsOfTheNaiveOperatorInAnyAllowedOrder) {
  std::map<std::string, int> checked;
  std::map<std::string, int> too_large;
  int wrong = 0;
  int masked = 0;
  int tiled = 0;  // one pass with a rescale
  for (std::uint64_t seed = 0; seed < kCases && wrong < 10; ++seed) {
    const RandomCase one = attention_case(seed);
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
    bool has_mask = false;
    bool has_rescale = false;
    for (const Command& command : trial->commands()) {
      if (const auto* vector = std::get_if<VectorCommand>(&command.body)) {
        has_mask = has_mask || is_masked(vector->source);
        has_rescale = has_rescale || (vector->stages.size() > 1 &&
                                      vector->stages[0].kind == VectorKind::kMultiply);
      }
    }
    masked += has_mask ? 1 : 0;
    tiled += has_rescale ? 1 : 0;
  }
  int total = 0;
  for (const auto& [family, count] : checked) {
    std::printf("%-12s %5d checked, %4d do not fit\n", family.c_str(), count, too_large[family]);
    EXPECT_GT(count, 200) << family;
    total += count;
  }
  std::printf("with a mask %d, with a rescale %d\n", masked, tiled);
  EXPECT_GE(total, 700);
  EXPECT_GT(masked, 120);  // unfused softmax counts columns instead
  EXPECT_GT(tiled, 60);
}

// Which elements of a view are inside its bounds.
std::vector<bool> inside(const command::View& view) {
  const auto coordinate = [](const auto& digits, std::int64_t index) {
    std::int64_t sum = 0;
    for (std::size_t i = digits.size(); i-- > 0;) {
      sum += index % digits[i].extent * digits[i].step[0];
      index /= digits[i].extent;
    }
    return sum;
  };
  std::vector<bool> result;
  for (std::int64_t row = 0; row < command::row_count(view); ++row) {
    for (std::int64_t column = 0; column < command::column_count(view); ++column) {
      const std::int64_t at =
          view.bounds[0].origin + coordinate(view.row, row) + coordinate(view.column, column);
      result.push_back(at >= 0 && at < view.bounds[0].limit);
    }
  }
  return result;
}

// Changes a command; false where it has nothing of the kind.
using Change = std::function<bool(Command&)>;

// Changes the mask under which weights are made. The maximum of one pass is left alone: another one
// gives the same quotients.
Change on_mask(const std::function<void(command::View&)>& spoil) {
  return [spoil](Command& command) {
    auto* vector = std::get_if<VectorCommand>(&command.body);
    if (vector == nullptr || !is_masked(vector->source) ||
        (vector->stages.back().kind != VectorKind::kSoftmax &&
         vector->stages.back().kind != VectorKind::kExp)) {
      return false;
    }
    const std::vector<bool> before = inside(vector->source);
    spoil(vector->source);
    return inside(vector->source) != before;
  };
}

// Leaves out a stage of that kind at that place of a command of so many stages (0: any).
Change without(VectorKind kind, std::size_t place, std::size_t stages, bool twice) {
  return [=](Command& command) {
    auto* vector = std::get_if<VectorCommand>(&command.body);
    if (vector == nullptr || vector->stages.empty() ||
        (stages != 0 && vector->stages.size() != stages)) {
      return false;
    }
    const std::size_t at = std::min(place, vector->stages.size() - 1);
    if (vector->stages[at].kind != kind) {
      return false;
    }
    const auto stage = vector->stages.begin() + static_cast<std::ptrdiff_t>(at);
    if (twice) {
      vector->stages.insert(stage, command::VectorStage(*stage));
    } else {
      vector->stages.erase(stage);
    }
    return true;
  };
}

constexpr std::size_t kLast = 99;

struct Tally {
  int planted = 0;
  int caught = 0;
  int idle = 0;
  std::string first_uncaught;
};

// Plants the fault in one command of each stream. `witness`, where there is one, tells whether what
// the fault spoils has any effect there: a factor of 1 may be left out, or be there twice.
Tally plant(const Change& fault, const Change& witness) {
  Tally tally;
  base::Random random(5);
  for (std::uint64_t seed = 0; seed < kCases; ++seed) {
    const RandomCase one = attention_case(seed);
    const auto trial = trial_of(one, seed);
    if (!trial) {
      continue;
    }
    const std::vector<Command> good = trial->commands();
    std::vector<std::size_t> victims;
    for (std::size_t i = 0; i < good.size(); ++i) {
      Command copy = good[i];
      if (fault(copy)) {
        victims.push_back(i);
      }
    }
    if (victims.empty()) {
      continue;
    }
    const auto victim = victims[static_cast<std::size_t>(
        random.integer(0, static_cast<std::int64_t>(victims.size()) - 1))];
    if (witness) {
      std::vector<Command> changed = good;
      witness(changed[victim]);
      if (trial->check(changed, 0).empty()) {
        ++tally.idle;
        continue;
      }
    }
    std::vector<Command> bad = good;
    fault(bad[victim]);
    ++tally.planted;
    const bool caught = !trial->check(bad, 0).empty();
    tally.caught += caught ? 1 : 0;
    if (!caught && tally.first_uncaught.empty()) {
      tally.first_uncaught = one.family + " seed " + std::to_string(seed) + " command " +
                             std::to_string(bad[victim].id);
    }
  }
  return tally;
}

void expect_all_caught(const char* name, int at_least, const Change& fault,
                       const Change& witness = {}) {
  const Tally tally = plant(fault, witness);
  std::printf("%-24s %4d planted, %4d caught, %d without effect\n", name, tally.planted,
              tally.caught, tally.idle);
  EXPECT_GT(tally.planted, at_least) << name;
  EXPECT_EQ(tally.caught, tally.planted) << name << ": " << tally.first_uncaught;
}

TEST(AttentionFaults, OfMasksAreAllCaught) {
  expect_all_caught("mask one key late", 100,
                    on_mask([](command::View& view) { ++view.bounds[0].origin; }));
  expect_all_caught("mask one key early", 100,
                    on_mask([](command::View& view) { --view.bounds[0].origin; }));
  expect_all_caught("window one key short", 40,
                    on_mask([](command::View& view) { --view.bounds[0].limit; }));
  expect_all_caught("mask dropped", 100, on_mask([](command::View& view) {
                      view.bounds[0] = {std::int64_t{1} << 40, command::Bound{}.limit};
                    }));
}

TEST(AttentionFaults, OfRunningSumsAreAllCaught) {
  using enum VectorKind;
  expect_all_caught("rescale dropped", 20, without(kMultiply, 0, 2, false),
                    without(kMultiply, 0, 2, true));
  expect_all_caught("division dropped", 100, without(kDivide, kLast, 0, false),
                    without(kDivide, kLast, 0, true));
  expect_all_caught("old sum dropped", 40, without(kAdd, 1, 2, false), without(kAdd, 1, 2, true));
}

}  // namespace
}  // namespace orrery::testing
