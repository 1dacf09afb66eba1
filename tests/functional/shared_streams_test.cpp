// SPDX-License-Identifier: Apache-2.0
// Pairs of random workloads on one machine, each in its part of the memories, executed in random
// orders of both streams.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <sstream>

#include "base/random.h"
#include "command/text_form.h"
#include "functional/executor.h"
#include "lowering/machine/share.h"
#include "tests/functional/pim_cases.h"
#include "tests/functional/random_cases.h"

namespace orrery::testing {
namespace {

constexpr std::uint64_t kPairs = 250;

// The machine that both streams run on, twice as large in every memory.
SmallMachine twice(SmallMachine machine) {
  machine.scratchpad *= 2;
  machine.accumulators *= 2;
  for (std::int64_t& tier : machine.tiers) {
    tier *= 2;
  }
  if (machine.pim) {
    machine.pim->row.front().extent *= 2;
  }
  return machine;
}

// Changes the commands of a stream.
using Spoil = std::function<void(std::vector<command::Command>&)>;

// Two workloads that share a machine: the second has that of the first.
class Pair {
 public:
  // They meet so often. `overlap`: a fault. Both streams lie at the beginning of the scratchpad,
  // and nobody checks. Nor where commands are spoilt.
  Pair(std::array<RandomCase, 2> cases, std::uint64_t seed, std::uint64_t meetings_of_each,
       bool overlap, const Spoil& spoil = {}) {
    SmallMachine& part = cases[0].machine;
    part.scratchpad = (part.scratchpad + 255) / 256 * 256;
    part.accumulators = (part.accumulators + 255) / 256 * 256;
    cases[1].machine = part;
    machine_ = twice(part);
    whole_ = machine_.machine();
    if (overlap) {
      whole_.scratchpad_bytes = 0;
    }
    const lowering::Share shares[]{{0, 50}, {50, 100}};
    base::Random random(seed);
    for (const RandomCase& one : cases) {
      const std::size_t index = trials_.size();
      trials_.emplace_back(one.graph, one.machine, one.mapping, seed + index);
      offsets_.emplace_back();
      for (const lowering::Machine::Tier& tier : whole_.tiers) {
        offsets_.back().push_back(shares[index].of(tier).begin);
      }
      std::vector<command::LayerIndex> meetings;
      // Each meets the other as often, somewhere.
      for (std::uint64_t meeting = 0; meeting < meetings_of_each; ++meeting) {
        meetings.push_back(static_cast<command::LayerIndex>(
            random.integer(0, static_cast<std::int64_t>(trials_.back().plan().layers.size()) - 1)));
      }
      std::sort(meetings.begin(), meetings.end());
      std::vector<command::Command> commands = trials_.back().commands();
      if (spoil) {
        spoil(commands);
      }
      auto shared = std::make_unique<lowering::SharedStream>(
          std::make_unique<ListSource>(trials_.back().plan().header, std::move(commands)), whole_,
          shares[index], meetings);
      if (overlap || spoil) {
        sources_.push_back(std::move(shared));
        continue;
      }
      std::stringstream text;
      command::write_text(*shared, text);
      // The reader finds every command that leaves its stream's part.
      sources_.push_back(command::read_text(std::make_unique<std::stringstream>(std::move(text)),
                                            "stream", lowering::extents_of(whole_)));
    }
  }

  // "" or what is wrong after executing both in a random order.
  std::string check(std::uint64_t order) {
    functional::Memory memory(
        machine_.tiers, machine_.scratchpad,
        std::vector<std::int64_t>(whole_.engines.size(), machine_.accumulators));
    for (std::size_t i = 0; i < trials_.size(); ++i) {
      trials_[i].fill(memory, offsets_[i]);
    }
    try {
      functional::Executor(memory).run_in_random_order({sources_[0].get(), sources_[1].get()},
                                                       order);
      for (std::size_t i = 0; i < trials_.size(); ++i) {
        if (const std::string wrong = trials_[i].compare(memory, offsets_[i]); !wrong.empty()) {
          return wrong;
        }
      }
    } catch (const base::UserError& error) {
      return error.what();
    } catch (const functional::MemoryFault& fault) {
      return fault.what();
    }
    return "";
  }

 private:
  SmallMachine machine_;
  lowering::Machine whole_;
  std::vector<Trial> trials_;
  std::vector<std::vector<std::int64_t>> offsets_;
  std::vector<std::unique_ptr<command::Source>> sources_;
};

Pair random_pair(std::uint64_t seed, bool overlap) {
  return Pair({random_case(seed), random_case(seed + 7)}, seed, seed % 3, overlap);
}

TEST(SharedStreams, GiveTheResultsOfTheNaiveOperatorsInAnyOrderOfBoth) {
  int checked = 0;
  for (std::uint64_t seed = 0; seed < kPairs; ++seed) {
    try {
      EXPECT_EQ(random_pair(seed, false).check(seed + 1), "") << "seed " << seed;
      ++checked;
    } catch (const base::UserError& error) {
      EXPECT_NE(std::string(error.what()).find("does not fit"), std::string::npos)
          << "seed " << seed << ": " << error.what();
    }
  }
  std::printf("%d pairs checked\n", checked);
  EXPECT_GT(checked, 100);
}

// Streams that lie in each other's way are found out.
TEST(SharedStreams, ThatOverlapGiveWrongResults) {
  int wrong = 0;
  int checked = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    try {
      wrong += random_pair(seed, true).check(seed + 1).empty() ? 0 : 1;
      ++checked;
    } catch (const base::UserError&) {
      continue;
    }
  }
  std::printf("%d of %d pairs gave wrong results\n", wrong, checked);
  EXPECT_GT(wrong * 2, checked);
}

// Both are in attention in the same channels of one memory and never meet.
Pair pair_in_banks(std::uint64_t seed, const Spoil& spoil = {}) {
  const RandomCase first = pim_attention_case(seed);
  return Pair({first, pim_attention_case_beside(first, seed + 1'000'000)}, seed, 0, false, spoil);
}

bool is_too_large(const base::UserError& error) {
  const std::string text = error.what();
  return text.find("does not fit") != std::string::npos ||
         text.find("tiles of a channel") != std::string::npos;
}

TEST(SharedStreams, MayBothBeInAttentionInTheSameBanks) {
  int checked = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    try {
      Pair pair = pair_in_banks(seed);
      EXPECT_EQ(pair.check(seed + 1), "") << "seed " << seed;
      ++checked;
    } catch (const base::UserError& error) {
      EXPECT_TRUE(is_too_large(error)) << "seed " << seed << ": " << error.what();
    }
  }
  std::printf("%d pairs checked\n", checked);
  EXPECT_GE(checked, 200);
}

// Loads become programs before those that use what they load.
void load_apart(std::vector<command::Command>& commands) {
  std::vector<command::Command> result;
  std::vector<command::CommandId> renumbered{0};
  for (command::Command& sound : commands) {
    for (command::Dependency& dependency : sound.after) {
      dependency.id = renumbered[dependency.id];
    }
    auto* program = std::get_if<command::PimProgram>(&sound.body);
    if (program != nullptr && program->steps.front().once) {
      command::Command load = sound;
      auto& steps = std::get<command::PimProgram>(load.body).steps;
      const auto is_once = [](const command::PimStep& step) { return step.once; };
      steps.erase(std::find_if_not(steps.begin(), steps.end(), is_once), steps.end());
      std::get<command::PimProgram>(load.body).repetitions = 1;
      std::get<command::PimProgram>(load.body).macs_useful = 0;
      program->steps.erase(program->steps.begin(),
                           std::find_if_not(program->steps.begin(), program->steps.end(), is_once));
      load.id = result.size() + 1;
      result.push_back(std::move(load));
    }
    sound.id = result.size() + 1;
    renumbered.push_back(sound.id);
    result.push_back(std::move(sound));
  }
  commands = std::move(result);
}

TEST(SharedStreams, ThatLoadVectorsInProgramsOfTheirOwnGiveWrongResults) {
  int wrong = 0;
  int checked = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    try {
      wrong += pair_in_banks(seed, load_apart).check(seed + 1).empty() ? 0 : 1;
      ++checked;
    } catch (const base::UserError&) {
      continue;
    }
  }
  std::printf("%d of %d pairs gave wrong results\n", wrong, checked);
  EXPECT_EQ(wrong, checked);
  EXPECT_GT(checked, 30);
}

}  // namespace
}  // namespace orrery::testing
