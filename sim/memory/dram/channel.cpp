// SPDX-License-Identifier: Apache-2.0
#include "memory/dram/channel.h"

#include <algorithm>
#include <bit>
#include <string>

#include "base/error.h"

namespace orrery::memory::dram {

void ChannelConfig::check(const Spec& spec) const {
  base::Diagnostics errors;
  const auto require = [&](bool holds, const std::string& message, const std::string& expected) {
    if (!holds) {
      errors.add({{}, "", message, expected, ""});
    }
  };
  constexpr int kMostCredits = 1 << 20;
  require(credits >= 1 && credits <= kMostCredits, "the credits", "1 to 1048576");
  for (const int own : credits_of_initiator) {
    require(own >= 0 && own <= kMostCredits, "the credits of an initiator", "0 to 1048576");
  }
  require(round_trip >= 0, "the round trip", "0 cycles or more");
  controller.check(spec, errors);
  errors.throw_if_any();
}

namespace {

ChannelConfig checked(const ChannelConfig& config, const Spec& spec) {
  config.check(spec);
  return config;
}

unsigned shift_of(int count) {
  return static_cast<unsigned>(std::bit_width(static_cast<unsigned>(count))) - 1;
}

std::uint64_t low_bits(int count) {
  return count == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

}  // namespace

Channel::Channel(const Spec& spec, const ChannelConfig& config, CompletionSink& completions,
                 ChannelObserver* observer)
    : spec_(spec),
      config_(checked(config, spec)),
      observer_(observer),
      map_(spec),
      command_{spec.command(CommandKind::kActivate),     spec.command(CommandKind::kPrecharge),
               spec.command(CommandKind::kPrechargeAll), spec.command(CommandKind::kRead),
               spec.command(CommandKind::kWrite),        spec.command(CommandKind::kRefreshAll)},
      table_(spec, {command_.activate, command_.precharge, command_.precharge_all, command_.read,
                    command_.write, command_.refresh}),
      timing_(table_),
      intake_(config.credits, config.credits_of_initiator, config.round_trip, completions),
      reads_(static_cast<int>(config.controller.buffer_size)),
      writes_(static_cast<int>(config.controller.buffer_size)),
      write_high_(static_cast<int>(config.controller.write_high_or_default())),
      write_low_(static_cast<int>(config.controller.write_low_or_default())),
      one_bus_(spec.commands[static_cast<std::size_t>(command_.read)].bus ==
               spec.commands[static_cast<std::size_t>(command_.activate)].bus),
      read_cycles_(spec.read_latency + spec.burst_cycles),
      rank_shift_(shift_of(spec.banks() / spec.ranks())),
      rank_banks_(low_bits(spec.banks() / spec.ranks())),
      command_counts_(spec.commands.size(), 0) {
  const auto bus = [&](int command) {
    return spec.commands[static_cast<std::size_t>(command)].bus;
  };
  base::require_invariant(bus(command_.read) == bus(command_.write),
                          "reads and writes share a command bus");
  base::require_invariant(bus(command_.activate) == bus(command_.precharge) &&
                              bus(command_.activate) == bus(command_.precharge_all) &&
                              bus(command_.activate) == bus(command_.refresh),
                          "row commands and refreshes share a command bus");
  for (std::size_t i = 0; i < spec.commands.size(); ++i) {
    const TimingTable::CommandRow& row = table_.row(static_cast<int>(i));
    delayed_elsewhere_.push_back((row.delays_columns_elsewhere ? 1U << kColumn : 0) |
                                 (row.delays_activates_elsewhere ? 1U << kActivate : 0) |
                                 (row.delays_precharges_elsewhere ? 1U << kPrecharge : 0) |
                                 (row.delays_refreshes_elsewhere ? 1U << kRefresh : 0));
  }
  open_row_.fill(kClosed);
  ranks_.resize(static_cast<std::size_t>(spec.ranks()));
  if (config_.controller.refresh_policy != RefreshPolicyKind::kNone) {
    for (int rank = 0; rank < spec.ranks(); ++rank) {
      const int sharing = std::max(spec.ranks() / spec.data_buses(), 1);
      refreshes_.emplace_back(spec.refresh_interval, rank % sharing, sharing);
    }
    next_refresh_due_ = refreshes_.front().due();
  }
}

void Channel::submit(const Slice& slice, Cycle arrival) {
  base::require_invariant(arrival >= horizon_, "no slice arrives in the committed past");
  intake_.submit(slice, arrival, layer_statistics(slice.layer));
}

// An arrival comes before the decisions of its cycle: horizon_ moves past a cycle only when its
// decisions are made.
void Channel::advance(Cycle until) {
  while (true) {
    update_candidates(horizon_);
    const Cycle arrival = intake_.next_cycle(reads_.full(), writes_.full(), arrival_floor_);
    const Cycle command = std::min(first_[kColumn].cycle, first_row_cycle_);
    const Cycle decision = std::min(command, std::min(next_refresh_due_, direction_event_));
    if (std::min(arrival, decision) >= until) {
      break;
    }
    if (arrival <= decision) {
      arrive(arrival);
    } else {
      decide(decision);
    }
  }
  horizon_ = std::max(horizon_, until);
}

void Channel::decide(Cycle cycle) {
  arrival_floor_ = cycle + 1;
  if (next_refresh_due_ <= cycle) {
    block_due_ranks(cycle);
  }
  if (direction_event_ <= cycle) {
    choose_direction();
  }
  update_candidates(cycle);
  if (!one_bus_ && first_[kColumn].cycle == cycle) {
    issue_column(cycle);
    update_candidates(cycle);
  }
  if (first_row_cycle_ == cycle) {
    const Kind row = first_row_kind();
    if (one_bus_ && first_[kColumn].before(first_[row])) {
      issue_column(cycle);
    } else {
      issue_row(row, cycle);
    }
  } else if (one_bus_ && first_[kColumn].cycle == cycle) {
    issue_column(cycle);
  }
  horizon_ = cycle + 1;
}

void Channel::arrive(Cycle cycle) {
  horizon_ = cycle;
  arrival_floor_ = cycle + 1;
  const Intake::Arrival arrival = intake_.take(cycle);
  const unsigned bank = map_.bank(arrival.burst);
  AccessStatistics& statistics = intake_.statistics(arrival.slice);
  const std::uint64_t number = arrivals_++;
  if (arrival.is_write) {
    ++statistics.write_bursts;
  } else {
    ++statistics.read_bursts;
    if (!writes_.empty() && writes_.holds(bank, arrival.burst)) {
      ++statistics.forwarded;
      ++statistics.read_latency_sum;
      statistics.read_latency.add(1);
      intake_.posted_done(arrival.slice, cycle + 1);
      return;
    }
  }
  RequestQueue& requests = arrival.is_write ? writes_ : reads_;
  const std::uint32_t age = next_age();
  const RequestQueue::Index index = requests.push(bank);
  Request& request = requests.at(index);
  request.burst = arrival.burst;
  request.number = number;
  request.arrival = cycle;
  request.age = age;
  request.row = map_.row(arrival.burst);
  request.slice = arrival.slice;
  request.statistics = &statistics;
  if (arrival.is_write) {
    intake_.posted_done(arrival.slice, cycle);
  }
  if (arrival.is_write == (direction_ == kWriting)) {
    consider_arrival(index, cycle);
  }
  if (direction_would_change()) {
    choose_direction();
  }
}

void Channel::block_due_ranks(Cycle cycle) {
  next_refresh_due_ = kNeverCycle;
  for (unsigned rank = 0; rank < refreshes_.size(); ++rank) {
    const Cycle due = refreshes_[rank].due();
    if (due <= cycle) {
      blocked_ |= rank_mask(rank);
    } else {
      next_refresh_due_ = std::min(next_refresh_due_, due);
    }
  }
  stale_ = kAllKinds;
}

void Channel::choose_direction() {
  direction_event_ = kNeverCycle;
  if (direction_would_change()) {
    direction_ = direction_ == kReading ? kWriting : kReading;
    rebuild_candidates();
  }
}

Cycle Channel::completion_bound() const {
  return intake_.completion_bound(horizon_, read_cycles_);
}

std::uint32_t Channel::next_age() {
  constexpr std::uint32_t kLargestAge = 1U << 30;
  if (age_ == kLargestAge) {
    age_ = writes_.renumber(reads_.renumber(0));
    rebuild_candidates();
  }
  return age_++;
}

AccessStatistics& Channel::layer_statistics(std::uint32_t layer) {
  if (layers_.size() <= layer) {
    layers_.resize(layer + 1);
  }
  if (!layers_[layer]) {
    layers_[layer] = std::make_unique<AccessStatistics>();
  }
  return *layers_[layer];
}

ChannelStatistics Channel::statistics() const {
  ChannelStatistics result;
  result.cycles = horizon_;
  result.access_bytes = static_cast<std::uint64_t>(spec_.access_bytes);
  result.layers.resize(layers_.size());
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    if (layers_[i]) {
      result.layers[i] = *layers_[i];
      result.total.add(*layers_[i]);
    }
  }
  result.commands = command_counts_;
  for (const RankState& rank : ranks_) {
    result.ranks.push_back(rank.statistics(horizon_));
  }
  const std::uint64_t bursts = command_counts_[static_cast<std::size_t>(command_.read)] +
                               command_counts_[static_cast<std::size_t>(command_.write)];
  result.data_bus_busy = static_cast<Cycle>(bursts) * spec_.burst_cycles;
  return result;
}

}  // namespace orrery::memory::dram
