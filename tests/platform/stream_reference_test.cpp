// SPDX-License-Identifier: Apache-2.0
// Random sets of streams against a machine that looks at everything in every cycle.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>

#include "base/random.h"
#include "config/codec.h"
#include "tests/platform/reference/clocked_machine.h"
#include "tests/platform/small_streams.h"

namespace orrery::platform {
namespace {

using testing::ClockedMachine;

constexpr std::uint64_t kSets = 400;

// A small machine of random clocks, depths and policies, and streams for it.
class RandomSet {
 public:
  explicit RandomSet(std::uint64_t seed, std::int64_t partitions = 1)
      : random_(seed), partitions_(partitions) {
    make_platform();
    make_streams(static_cast<int>(seed % 4 == 0 ? 1 : 2 + seed % 2));
  }

  [[nodiscard]] const hardware::PlatformConfig& platform() const { return platform_; }
  [[nodiscard]] const std::vector<SmallStream>& streams() const { return streams_; }
  [[nodiscard]] ClockedMachine::Setup setup() const { return *setup_; }

 private:
  void make_platform() {
    // 13/10 and 7/10 of 1 GHz and 1 GHz itself: edges that fall together and apart.
    static const std::array<const char*, 3> kClocks{"core", "fast", "slow"};
    static const std::array<const char*, 4> kEngines{"array", "vector", "load", "store"};
    std::vector<std::string> set{"platform.clocks.fast=1300 MHz", "platform.clocks.slow=700 MHz"};
    const std::int64_t dispatch = random_.integer(1, 3);
    set.push_back(fmt::format("platform.sequencer.dispatch_cycles={}", dispatch));
    // In every third set each layer is a kernel.
    const std::int64_t launch = random_.integer(0, 2) == 0 ? random_.integer(1, 30) : 0;
    set.push_back(fmt::format("platform.sequencer.launch_latency={} ns", launch));
    std::int64_t lookahead = 1;
    if (partitions_ > 1) {
      lookahead = random_.integer(1, 5);
      set.push_back(fmt::format("platform.sequencer.lookahead={}", lookahead));
      set.push_back(fmt::format("platform.scratchpad.partitions={}", partitions_));
    }
    std::vector<std::pair<std::string, ClockedMachine::EngineSetup>> engines;
    for (const char* name : kEngines) {
      const char* clock = kClocks[static_cast<std::size_t>(random_.integer(0, 2))];
      ClockedMachine::EngineSetup engine{base::ClockDomain(1)};
      engine.queue_depth = static_cast<std::size_t>(random_.integer(1, 4));
      engine.arbitration = static_cast<hardware::Arbitration>(random_.integer(0, 2));
      engine.most_under_way = static_cast<std::size_t>(random_.integer(1, 3));
      const auto change = [&](const std::string& key, const auto& value) {
        set.push_back(fmt::format("platform.engines.{}.{}={}", name, key, value));
      };
      change("count", partitions_);
      change("clock", clock);
      change("queue_depth", engine.queue_depth);
      change("arbitration", config::enum_name(hardware::arbitration_names(), engine.arbitration));
      if (engines.size() >= 2) {
        change("transfers", engine.most_under_way);
      }
      engines.emplace_back(clock, engine);
    }
    platform_ = small_platform(set);
    setup_ = ClockedMachine::Setup{platform_.clock("core").clock(),
                                   dispatch,
                                   launch,
                                   {},
                                   static_cast<std::size_t>(partitions_),
                                   static_cast<std::size_t>(lookahead)};
    for (auto& [clock, engine] : engines) {
      engine.clock = platform_.clock(clock).clock();
      for (std::int64_t i = 0; i < partitions_; ++i) {
        engine.partition = static_cast<std::size_t>(i);
        setup_->engines.push_back(engine);
      }
    }
  }

  decltype(command::Command::body) body(command::EngineIndex engine) {
    const auto size = [&] { return random_.integer(1, 40); };
    if (engine == kArray) {
      command::ComputeTile result = tile(size(), size(), size());
      result.dataflow = timing::kStandardDataflows[static_cast<std::size_t>(random_.integer(0, 2))];
      return result;
    }
    if (engine == kVector) {
      return copy_of(random_.integer(1, 8), size());
    }
    return load(random_.integer(1, 500));
  }

  void make_streams(int count) {
    for (int i = 0; i < count; ++i) {
      streams_.emplace_back(fmt::format("s{}", i), i);
      streams_.back().header().engines.clear();
      for (const hardware::PlatformConfig::Instance& instance : platform_.instances()) {
        streams_.back().header().engines.push_back(instance.name);
      }
    }
    std::uint64_t number = 0;
    for (std::int64_t part = random_.integer(1, 4); part > 0; --part) {
      for (SmallStream& stream : streams_) {
        add_commands(stream, random_.integer(0, 12));
      }
      // Two of the streams, or all.
      number += static_cast<std::uint64_t>(random_.integer(1, 5));
      const std::int64_t without = random_.integer(-2, count - 1);
      for (int i = 0; i < count && count > 1; ++i) {
        if (count == 2 || i != without) {
          streams_[static_cast<std::size_t>(i)].add(kArray, command::Rendezvous{number});
        }
      }
    }
    for (SmallStream& stream : streams_) {
      add_commands(stream, random_.integer(1, 6));
    }
  }

  void add_commands(SmallStream& stream, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) {
      if (random_.integer(1, 20) == 1) {
        stream.add(kArray, command::Barrier{});
        continue;
      }
      const auto kind = static_cast<command::EngineIndex>(random_.integer(0, 3));
      const auto engine = static_cast<command::EngineIndex>(
          kind * partitions_ + (partitions_ == 1 ? 0 : random_.integer(0, partitions_ - 1)));
      std::vector<command::Dependency> after;
      for (std::int64_t j = random_.integer(0, 2); j > 0 && !stream.commands().empty(); --j) {
        const auto last = static_cast<std::int64_t>(stream.commands().size()) - 1;
        const command::Command& earlier =
            stream.commands()[static_cast<std::size_t>(random_.integer(0, last))];
        if (!command::is_for_sequencer(earlier)) {
          after.push_back({earlier.engine, earlier.id});
        }
      }
      stream.add(engine, body(kind), after);
    }
  }

  base::Random random_;
  std::int64_t partitions_;
  hardware::PlatformConfig platform_;
  std::optional<ClockedMachine::Setup> setup_;
  std::vector<SmallStream> streams_;
};

std::vector<std::vector<command::Command>> commands_of(const std::vector<SmallStream>& streams) {
  std::vector<std::vector<command::Command>> result;
  for (const SmallStream& stream : streams) {
    result.push_back(stream.commands());
  }
  return result;
}

// "" or the first difference.
std::string difference(const metrics::RunResult& result, const ClockedMachine::Outcome& expected) {
  std::size_t first = 0;
  for (std::size_t s = 0; s < expected.spans.size(); ++s) {
    for (const auto& [id, span] : expected.spans[s]) {
      const metrics::LayerResult& layer = result.layers.at(first + id - 1);
      if (layer.start != span.start || layer.end != span.end) {
        return fmt::format("command {} of stream {}: {} to {}, not {} to {}", id, s, layer.start,
                           layer.end, span.start, span.end);
      }
    }
    first += result.streams.empty() ? 0 : result.streams[s].layers;
  }
  for (std::size_t e = 0; e < expected.accounts.size(); ++e) {
    const ClockedMachine::Account found{result.engines[e].cycles.busy,
                                        result.engines[e].cycles.stalled,
                                        result.engines[e].cycles.idle};
    const ClockedMachine::Account& wanted = expected.accounts[e];
    if (!(found == wanted)) {
      return fmt::format("{}: {} busy, {} stalled, {} idle, not {}, {}, {}", result.engines[e].name,
                         found.busy, found.stalled, found.idle, wanted.busy, wanted.stalled,
                         wanted.idle);
    }
  }
  return "";
}

// Commands of random sets whose starts and ends were compared.
std::size_t compare_random_sets(std::uint64_t sets, std::int64_t partitions) {
  std::size_t compared = 0;
  for (std::uint64_t seed = 1; seed <= sets; ++seed) {
    const RandomSet set(seed, partitions);
    const auto commands = commands_of(set.streams());
    const ClockedMachine::Outcome expected = ClockedMachine(set.setup(), commands).run();
    const metrics::RunResult result = run_streams(set.platform(), set.streams());
    const std::string wrong = difference(result, expected);
    EXPECT_EQ(wrong, "") << "seed " << seed;
    EXPECT_EQ(result.latency, expected.end);
    if (!wrong.empty()) {
      break;
    }
    for (const auto& spans : expected.spans) {
      compared += spans.size();
    }
  }
  return compared;
}

TEST(StreamReference, AgreesOnEveryStartAndEndOfRandomSets) {
  const std::size_t compared = compare_random_sets(kSets, 1);
  // About 20 commands a stream, two or three streams in three sets of four.
  EXPECT_GT(compared, kSets * 30);
}

// Each partition has a dispatcher of its own.
TEST(StreamReference, AgreesOnRandomSetsOnPartitions) {
  EXPECT_GT(compare_random_sets(kSets / 4, 2), kSets / 4 * 30);
  EXPECT_GT(compare_random_sets(kSets / 4, 3), kSets / 4 * 30);
}

TEST(StreamReference, ConstructionOrderDoesNotShow) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const RandomSet set(seed);
    const auto latencies = [&](bool reverse) {
      const metrics::RunResult result = run_streams(set.platform(), set.streams(), reverse);
      std::vector<base::Femtoseconds> ends;
      for (const metrics::LayerResult& layer : result.layers) {
        ends.push_back(layer.start);
        ends.push_back(layer.end);
      }
      return ends;
    };
    EXPECT_EQ(latencies(false), latencies(true)) << "seed " << seed;
  }
}

// An engine that chooses between streams, one of which has nothing, does what it does alone.
TEST(StreamReference, AnEmptyStreamBesideChangesNothing) {
  for (std::uint64_t seed = 4; seed <= 200; seed += 4) {
    const RandomSet set(seed);
    SmallStream empty("empty", 5);
    empty.header().layers.push_back({"nothing", "test", 0, "", "", ""});
    const metrics::RunResult alone = run_streams(set.platform(), set.streams());
    for (const bool first : {false, true}) {
      std::vector<SmallStream> streams = set.streams();
      streams.insert(first ? streams.begin() : streams.end(), empty);
      const metrics::RunResult result = run_streams(set.platform(), streams);
      EXPECT_EQ(result.latency, alone.latency);
      for (std::size_t i = 0; i < alone.layers.size(); ++i) {
        EXPECT_EQ(result.layers[i + (first ? 1 : 0)].end, alone.layers[i].end);
      }
      for (std::size_t e = 0; e < alone.engines.size(); ++e) {
        EXPECT_EQ(result.engines[e].stall_causes, alone.engines[e].stall_causes);
      }
    }
  }
}

}  // namespace
}  // namespace orrery::platform
