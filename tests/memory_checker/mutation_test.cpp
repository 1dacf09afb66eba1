// SPDX-License-Identifier: Apache-2.0
// One change in a log of the real channel, anywhere, is found.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <list>

#include "base/random.h"
#include "memory/checker/log_checker.h"
#include "tests/memory_checker/random_runs.h"
#include "tests/memory_checker/standards.h"

namespace orrery::memory::checker::test {
namespace {

using base::Random;

struct Log : EventSink {
  void event(const LogEvent& event) override { events.push_back(event); }
  std::vector<LogEvent> events;
};

bool is_arrival(const LogEvent& event) {
  return event.kind == EventKind::kArrive || event.kind == EventKind::kForward;
}
bool is_command(const LogEvent& event) {
  return event.kind == EventKind::kCommand;
}

// The index of any event of this kind, not among the last tenth: what it leads to must still be in
// the log.
std::size_t any(Random& random, const std::vector<LogEvent>& events,
                bool (*wanted)(const LogEvent&)) {
  while (true) {
    const std::int64_t last = static_cast<std::int64_t>(events.size()) * 9 / 10;
    const auto index = static_cast<std::size_t>(random.integer(0, last));
    if (wanted(events[index])) {
      return index;
    }
  }
}

using Events = std::vector<LogEvent>;
using Mutate = void (*)(Random&, Events&);

void delay_all_commands_from_one_on(Random& random, Events& events) {
  for (std::size_t i = any(random, events, is_command); i < events.size(); ++i) {
    events[i].cycle += is_arrival(events[i]) ? 0 : 1;
  }
  // A list sorts stably without the temporary buffer that newer compilers refuse.
  std::list<LogEvent> sorted(events.begin(), events.end());
  sorted.sort([](const LogEvent& a, const LogEvent& b) {
    return a.cycle != b.cycle ? a.cycle < b.cycle : is_arrival(a) && !is_arrival(b);
  });
  events.assign(sorted.begin(), sorted.end());
}

void advance_a_command(Random& random, Events& events) {
  const std::size_t index = any(random, events, is_command);
  LogEvent event = events[index];
  --event.cycle;
  events.erase(events.begin() + static_cast<std::ptrdiff_t>(index));
  const auto place =
      std::upper_bound(events.begin(), events.end(), event,
                       [](const LogEvent& a, const LogEvent& b) { return a.cycle < b.cycle; });
  events.insert(place, event);
}

void drop_a_command(Random& random, Events& events) {
  events.erase(events.begin() + static_cast<std::ptrdiff_t>(any(random, events, is_command)));
}

void drop_an_arrival(Random& random, Events& events) {
  events.erase(events.begin() + static_cast<std::ptrdiff_t>(any(random, events, is_arrival)));
}

void repeat_a_command(Random& random, Events& events) {
  const std::size_t index = any(random, events, is_command);
  events.insert(events.begin() + static_cast<std::ptrdiff_t>(index), events[index]);
}

void change_a_bank(Random& random, Events& events) {
  events[any(random, events, is_command)].bank ^= 1U;
}

void change_a_request(Random& random, Events& events) {
  events[any(random, events, is_command)].number += 2;
}

void change_a_command(Random& random, Events& events) {
  LogEvent& event = events[any(random, events, is_command)];
  event.command = event.command == 0 ? 1 : 0;
}

void swap_two_commands(Random& random, Events& events) {
  const std::size_t first = any(random, events, is_command);
  std::size_t second = first + 1;
  while (second < events.size() && !is_command(events[second])) {
    ++second;
  }
  if (second == events.size()) {
    drop_a_command(random, events);
    return;
  }
  std::swap(events[first], events[second]);
  std::swap(events[first].cycle, events[second].cycle);
}

void forget_a_decision(Random& random, Events& events) {
  const auto is_decision = [](const LogEvent& event) {
    return event.kind == EventKind::kDirection || event.kind == EventKind::kBlocked;
  };
  if (std::none_of(events.begin(), events.begin() + static_cast<std::ptrdiff_t>(events.size() / 2),
                   is_decision)) {
    drop_a_command(random, events);
    return;
  }
  events.erase(events.begin() + static_cast<std::ptrdiff_t>(any(random, events, is_decision)));
}

struct Mutation {
  const char* name;
  Mutate mutate;
};

constexpr std::array<Mutation, 10> kMutations = {
    {{"all commands from one on a cycle later", delay_all_commands_from_one_on},
     {"a command a cycle earlier", advance_a_command},
     {"a command less", drop_a_command},
     {"an arrival less", drop_an_arrival},
     {"a command twice", repeat_a_command},
     {"a command to another bank", change_a_bank},
     {"a command for another request", change_a_request},
     {"another command", change_a_command},
     {"two commands in the other order", swap_two_commands},
     {"a decision that is not announced", forget_a_decision}}};

TEST(TheChecker, FindsEveryChangeOfALogThatWasClean) {
  int mutants = 0;
  for (const std::string& standard : shipped_standards()) {
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      const RandomRun run = random_run(variant(standard, seed), 100 + seed, 40, seed % 2 == 0);
      Log log;
      run_channel(run, log);
      ASSERT_GT(log.events.size(), 200U);
      Random random(seed);
      for (const Mutation& mutation : kMutations) {
        std::vector<LogEvent> events = log.events;
        mutation.mutate(random, events);
        Findings findings;
        LogChecker checker(run.spec, run.config.controller, findings);
        for (const LogEvent& event : events) {
          checker.event(event);
        }
        checker.finish(run.end);
        EXPECT_GT(findings.total(), 0U) << mutation.name << "\n" << describe(run);
        ++mutants;
      }
      Findings clean;
      check_run(run, clean);
      EXPECT_EQ(clean.total(), 0U) << describe(run) << "\n" << clean.to_string(3);
    }
  }
  std::cout << mutants << " changed logs\n";
}

}  // namespace
}  // namespace orrery::memory::checker::test
