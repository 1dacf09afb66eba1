// SPDX-License-Identifier: Apache-2.0
// Pairs of random workloads on one machine, each in its part of the memories, executed in random
// orders of both streams.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "base/random.h"
#include "command/text_form.h"
#include "functional/executor.h"
#include "lowering/share.h"
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
  return machine;
}

// Two workloads that share a machine.
class Pair {
 public:
  // `overlap`: a fault. Both streams lie at the beginning of the scratchpad, and nobody checks.
  Pair(std::uint64_t seed, bool overlap) : first_(random_case(seed)) {
    first_.machine.scratchpad = (first_.machine.scratchpad + 255) / 256 * 256;
    first_.machine.accumulators = (first_.machine.accumulators + 255) / 256 * 256;
    second_ = random_case(seed + 7);
    second_.machine = first_.machine;
    machine_ = twice(first_.machine);
    whole_ = machine_.machine();
    if (overlap) {
      whole_.scratchpad_bytes = 0;
    }
    const lowering::Share shares[]{{0, 50}, {50, 100}};
    base::Random random(seed);
    for (const RandomCase* one : {&first_, &second_}) {
      const std::size_t index = trials_.size();
      trials_.emplace_back(one->graph, one->machine, one->mapping, seed + index);
      offsets_.emplace_back();
      for (const lowering::Machine::Tier& tier : whole_.tiers) {
        offsets_.back().push_back(shares[index].begin(tier.capacity, true));
      }
      std::vector<command::LayerIndex> meetings;
      // Each meets the other as often, somewhere.
      for (std::uint64_t meeting = 0; meeting < seed % 3; ++meeting) {
        meetings.push_back(static_cast<command::LayerIndex>(
            random.integer(0, static_cast<std::int64_t>(trials_.back().plan().layers.size()) - 1)));
      }
      std::sort(meetings.begin(), meetings.end());
      auto shared = std::make_unique<lowering::SharedStream>(
          std::make_unique<ListSource>(trials_.back().plan().header, trials_.back().commands()),
          whole_, shares[index], meetings);
      if (overlap) {
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
  RandomCase first_;
  RandomCase second_;
  SmallMachine machine_;
  lowering::Machine whole_;
  std::vector<Trial> trials_;
  std::vector<std::vector<std::int64_t>> offsets_;
  std::vector<std::unique_ptr<command::Source>> sources_;
};

TEST(SharedStreams, GiveTheResultsOfTheNaiveOperatorsInAnyOrderOfBoth) {
  int checked = 0;
  for (std::uint64_t seed = 0; seed < kPairs; ++seed) {
    try {
      EXPECT_EQ(Pair(seed, false).check(seed + 1), "") << "seed " << seed;
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
      wrong += Pair(seed, true).check(seed + 1).empty() ? 0 : 1;
      ++checked;
    } catch (const base::UserError&) {
      continue;
    }
  }
  std::printf("%d of %d pairs gave wrong results\n", wrong, checked);
  EXPECT_GT(wrong * 2, checked);
}

}  // namespace
}  // namespace orrery::testing
