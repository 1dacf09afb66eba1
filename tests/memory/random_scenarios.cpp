// SPDX-License-Identifier: Apache-2.0
#include "tests/memory/random_scenarios.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>

#include "base/random.h"

namespace orrery::memory::dram::test {

namespace {

bool one_in(base::Random& random, std::int64_t n) {
  return random.integer(1, n) == 1;
}

template <class Kind>
Kind any_up_to(base::Random& random, Kind last) {
  return static_cast<Kind>(random.integer(0, static_cast<std::int64_t>(last)));
}

// Mostly small: small numbers meet their limits more often.
std::int64_t mostly_small(base::Random& random, std::int64_t low, std::int64_t high) {
  const std::int64_t most = one_in(random, 3) ? high : std::min(high, low + 6);
  return random.integer(low, most);
}

ControllerConfig random_controller(base::Random& random, const Spec& spec) {
  ControllerConfig config;
  config.page_policy = any_up_to(random, PagePolicyKind::kTimeout);
  config.page_timeout = mostly_small(random, 1, 300);
  config.scheduler = any_up_to(random, SchedulerKind::kFifo);
  config.hit_cap = one_in(random, 2) ? 0 : mostly_small(random, 1, 20);
  config.buffer = any_up_to(random, BufferKind::kBankwise);
  config.buffer_size = mostly_small(random, 1, 40);
  config.write_high = mostly_small(random, 1, config.write_places(spec.banks()));
  config.write_low = random.integer(0, *config.write_high - 1);
  config.response_queue = any_up_to(random, ResponseQueueKind::kFifo);
  config.refresh_policy = any_up_to(random, RefreshPolicyKind::kNone);
  config.refresh_max_postponed = one_in(random, 2) ? 0 : random.integer(0, 8);
  config.refresh_max_pulled_in = one_in(random, 2) ? 0 : random.integer(0, 8);
  config.arbiter = any_up_to(random, ArbiterKind::kReadyFirst);
  config.power_down = any_up_to(random, PowerDownKind::kSelfRefresh);
  config.power_down_idle = one_in(random, 2) ? random.integer(1, 12) : random.integer(1, 300);
  return config;
}

// The default policies with random numbers: what most users run, and what a channel may shorten.
ControllerConfig plain_controller(base::Random& random) {
  ControllerConfig config;
  config.buffer_size = one_in(random, 2) ? config.buffer_size : random.integer(4, 64);
  config.refresh_policy =
      one_in(random, 4) ? RefreshPolicyKind::kNone : RefreshPolicyKind::kAllBank;
  config.hit_cap = one_in(random, 4) ? random.integer(1, 40) : 0;
  return config;
}

// Intervals that leave some time between refreshes: whole ranks a few nRFC, banks some dozen
// cycles for each set.
void shorten_refresh(base::Random& random, Spec& spec) {
  const std::int64_t longest = (one_in(random, 3) ? 30 : 6) * spec.refresh_cycles;
  spec.refresh_interval = random.integer(5 * spec.refresh_cycles / 2, longest);
  const std::int64_t sets = spec.banks() / spec.ranks();
  spec.bank_refresh_interval = random.integer(60 * sets, 300 * sets);
}

// The fields in the order of the spec, some bits of the bank number hashed with a bit of the row or
// inverted.
ChannelFields hashed_fields(base::Random& random, const Spec& spec) {
  ChannelFields fields;
  const auto bits_of = [](std::int64_t count) {
    return static_cast<std::size_t>(std::countr_zero(static_cast<std::uint64_t>(count)));
  };
  fields.bank.masks.resize(bits_of(spec.banks()));
  unsigned next = 0;
  for (const std::string& name : spec.address_order) {
    std::int64_t count = name == "row" ? spec.rows : spec.columns;
    BitMasks* masks = name == "row" ? &fields.row.masks : &fields.column.masks;
    std::size_t first = 0;
    if (name == "row" || name == "column") {
      masks->resize(bits_of(count));
    } else {
      const Level& level = spec.levels[static_cast<std::size_t>(spec.level(name))];
      count = level.count;
      masks = &fields.bank.masks;
      first = bits_of(spec.banks() / level.nodes);
    }
    for (std::size_t bit = 0; bit < bits_of(count); ++bit) {
      (*masks)[first + bit] = std::uint64_t{1} << next++;
    }
  }
  const auto rows = static_cast<std::int64_t>(fields.row.masks.size());
  for (std::size_t bit = 0; bit < fields.bank.masks.size(); ++bit) {
    if (one_in(random, 2)) {
      const auto row =
          static_cast<std::size_t>(random.integer(0, std::min(rows, std::int64_t{4}) - 1));
      fields.bank.masks[bit] ^= fields.row.masks[row];
    }
    fields.bank.flipped |= static_cast<std::uint64_t>(random.integer(0, 1)) << bit;
  }
  return fields;
}

enum class Shape : std::uint8_t {
  kHotSpot,    // a few bursts, read and written again and again
  kStream,     // one contiguous range
  kShortRows,  // short rows with strides
  kSingles,    // single bursts with strides
  kRows,       // another row of one bank each time
  kFewRows,    // single bursts within a few rows of all banks
  kOneBurst    // a single burst anywhere
};

// Several kilobytes, contiguous or with gaps, now and then the same again.
Transfer long_stream(base::Random& random, const Spec& spec) {
  Transfer transfer;
  transfer.address = static_cast<std::uint64_t>(random.integer(0, spec.capacity_bytes() / 2));
  transfer.row_bytes = random.integer(1024, 40000);
  if (one_in(random, 3)) {
    transfer.row_bytes = spec.access_bytes;
    transfer.outer[0] = {random.integer(20, 400), spec.access_bytes * random.integer(1, 9)};
  }
  if (one_in(random, 4)) {
    transfer.outer[1] = {2, 0};
  }
  return transfer;
}

Transfer random_transfer(base::Random& random, const Spec& spec) {
  const std::int64_t all_rows = spec.banks() * spec.columns * spec.access_bytes;
  const auto shape = one_in(random, 3) ? Shape::kHotSpot : any_up_to(random, Shape::kOneBurst);
  Transfer transfer;
  std::int64_t region = spec.capacity_bytes() / 2;
  transfer.row_bytes = spec.access_bytes;
  switch (shape) {
    case Shape::kHotSpot:
      region = 4 * spec.access_bytes;
      transfer.row_bytes = random.integer(1, region);
      transfer.outer[0] = {random.integer(1, 10), 0};
      break;
    case Shape::kStream:
      transfer.row_bytes = random.integer(1, 4096);
      break;
    case Shape::kShortRows:
      transfer.row_bytes = random.integer(1, 300);
      [[fallthrough]];
    case Shape::kSingles:
      transfer.outer[0] = {random.integer(1, 20), random.integer(0, 100000)};
      transfer.outer[1] = {random.integer(1, 3), random.integer(0, 1000000)};
      break;
    case Shape::kRows:
      region = 2 * all_rows;
      transfer.outer[0] = {random.integer(2, 12), all_rows};
      break;
    case Shape::kFewRows:
      region = 4 * all_rows;
      transfer.outer[0] = {random.integer(1, 30), all_rows / 16};
      break;
    case Shape::kOneBurst:
      break;
  }
  transfer.address = static_cast<std::uint64_t>(random.integer(0, region - 1));
  return transfer;
}

std::vector<Submission> random_submissions(base::Random& random, const Spec& spec, Cycle span,
                                           bool streams) {
  std::vector<Submission> result;
  const int count = streams ? 25 : 60;
  const int initiators = static_cast<int>(random.integer(1, streams ? 2 : 5));
  const std::int64_t one_pause_in = random.integer(2, 12);
  const std::int64_t writes_of_ten = streams ? random.integer(0, 5) : random.integer(1, 7);
  Cycle at = 0;
  for (int i = 0; i < count && at < span; ++i) {
    if (one_in(random, one_pause_in)) {
      at += random.integer(0, 3 * one_pause_in * span / count);
    }
    Submission submission;
    submission.at = at;
    submission.transfer =
        streams && !one_in(random, 4) ? long_stream(random, spec) : random_transfer(random, spec);
    submission.transfer.is_write = random.integer(1, 10) <= writes_of_ten;
    submission.transfer.initiator = static_cast<std::uint32_t>(random.integer(0, initiators - 1));
    submission.transfer.layer = static_cast<std::uint32_t>(random.integer(0, 3));
    submission.arrival = at + random.integer(0, 30);
    submission.ticket = static_cast<std::uint64_t>(i);
    result.push_back(submission);
  }
  return result;
}

}  // namespace

Scenario random_scenario(const Spec& spec, std::uint64_t seed) {
  base::Random random(seed);
  Scenario scenario{spec, {}, {}, 0};
  shorten_refresh(random, scenario.spec);
  const bool plain = random.integer(1, 5) <= 2;
  scenario.config.controller = plain ? plain_controller(random) : random_controller(random, spec);
  scenario.config.credits =
      static_cast<int>(plain ? random.integer(8, 128) : mostly_small(random, 2, 70));
  if (one_in(random, 3)) {
    for (int i = 0; i < 3; ++i) {
      scenario.config.credits_of_initiator.push_back(static_cast<int>(random.integer(0, 8)));
    }
  }
  scenario.config.round_trip = mostly_small(random, 0, 60);
  if (one_in(random, 4)) {
    scenario.spec.fields = hashed_fields(random, spec);
  }
  constexpr Cycle kSpan = 12000;
  constexpr Cycle kAfterwards = 4000;
  scenario.submissions = random_submissions(random, spec, kSpan, plain);
  scenario.end = kSpan + kAfterwards;
  return scenario;
}

std::string describe(const ChannelConfig& config) {
  // In the order of the enumerations.
  constexpr std::array kPages = {"open", "open_adaptive", "closed", "closed_adaptive", "timeout"};
  constexpr std::array kSchedulers = {"fr_fcfs", "fr_fcfs_grouped", "fifo"};
  constexpr std::array kBuffers = {"read_write", "shared", "bankwise"};
  constexpr std::array kResponses = {"reorder", "fifo"};
  constexpr std::array kRefreshes = {"all_bank", "per_bank", "none"};
  constexpr std::array kArbiters = {"round_robin", "arrival_order", "ready_first"};
  constexpr std::array kPowerDowns = {"no power_down", "power_down", "self_refresh"};
  const auto name = [](const auto& names, auto kind) {
    return names[static_cast<std::size_t>(kind)];
  };
  const ControllerConfig& c = config.controller;
  return fmt::format(
      "{} timeout {} | {} cap {} | {} of {} high {} low {} | {} | {} postponed {} ahead {} | {} | "
      "{} after {} | credits {} round trip {}",
      name(kPages, c.page_policy), c.page_timeout, name(kSchedulers, c.scheduler), c.hit_cap,
      name(kBuffers, c.buffer), c.buffer_size, c.write_high_or_default(), c.write_low_or_default(),
      name(kResponses, c.response_queue), name(kRefreshes, c.refresh_policy),
      c.refresh_max_postponed, c.refresh_max_pulled_in, name(kArbiters, c.arbiter),
      name(kPowerDowns, c.power_down), c.power_down_idle, config.credits, config.round_trip);
}

std::uint64_t scaled(std::uint64_t count) {
  const char* scale = std::getenv("ORRERY_TEST_SCALE");
  const long factor = scale == nullptr ? 1 : std::strtol(scale, nullptr, 10);
  return count * static_cast<std::uint64_t>(std::max(factor, 1L));
}

}  // namespace orrery::memory::dram::test
