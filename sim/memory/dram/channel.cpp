// SPDX-License-Identifier: Apache-2.0
// The cycle: arrivals, refreshes that fall due, directions, and whose turn it is.
#include "memory/dram/channel.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <string>
#include <utility>

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

// The commands that the policies can issue: constraints on others need not be kept.
std::vector<int> commands_in_use(const Spec& spec, const ControllerConfig& config,
                                 const PagePolicy& page_policy) {
  std::vector<CommandKind> kinds = {CommandKind::kActivate, CommandKind::kPrecharge,
                                    CommandKind::kPrechargeAll, CommandKind::kRead,
                                    CommandKind::kWrite};
  if (page_policy.closes_rows()) {
    kinds.insert(kinds.end(), {CommandKind::kReadPrecharge, CommandKind::kWritePrecharge});
  }
  if (config.refresh_policy == RefreshPolicyKind::kAllBank) {
    kinds.push_back(CommandKind::kRefreshAll);
  } else if (config.refresh_policy == RefreshPolicyKind::kPerBank) {
    kinds.push_back(CommandKind::kRefreshBanks);
  }
  if (config.power_down == PowerDownKind::kPowerDown) {
    kinds.insert(kinds.end(), {CommandKind::kPowerDown, CommandKind::kPowerDownExit});
  } else if (config.power_down == PowerDownKind::kSelfRefresh) {
    kinds.insert(kinds.end(), {CommandKind::kSelfRefresh, CommandKind::kSelfRefreshExit});
  }
  std::vector<int> used;
  for (const CommandKind kind : kinds) {
    used.push_back(spec.command(kind));
  }
  for (std::size_t i = 0; i < spec.commands.size(); ++i) {
    if (is_pim(spec.commands[i].kind)) {
      used.push_back(static_cast<int>(i));
    }
  }
  return used;
}

// Of the kinds that banks can be candidates for, in their order.
constexpr std::array kBankCommands = {CommandKind::kRead,     CommandKind::kReadPrecharge,
                                      CommandKind::kWrite,    CommandKind::kWritePrecharge,
                                      CommandKind::kActivate, CommandKind::kPrecharge};

std::array<int, kBankCommands.size()> bank_commands(const Spec& spec) {
  std::array<int, kBankCommands.size()> result{};
  std::transform(kBankCommands.begin(), kBankCommands.end(), result.begin(),
                 [&](CommandKind kind) { return spec.command(kind); });
  return result;
}

// By command: the kinds, as bits, that it delays in other banks.
std::vector<unsigned> delayed_elsewhere(const Spec& spec, const TimingTable& table) {
  std::vector<unsigned> result(spec.commands.size(), 0);
  for (std::size_t command = 0; command < result.size(); ++command) {
    const std::uint32_t elsewhere = table.row(static_cast<int>(command)).delays_elsewhere;
    for (std::size_t kind = 0; kind < kBankCommands.size(); ++kind) {
      result[command] |= (elsewhere >> static_cast<unsigned>(kBankCommands[kind]) & 1U) << kind;
    }
  }
  return result;
}

// The longest delay from `earlier` to the precharge of its bank.
Cycle delay_to_precharge(const Spec& spec, CommandKind earlier) {
  Cycle delay = 0;
  const auto names = [&](const std::vector<int>& commands, CommandKind kind) {
    return std::find(commands.begin(), commands.end(), spec.command(kind)) != commands.end();
  };
  for (const Constraint& constraint : spec.constraints) {
    if (!constraint.sibling && constraint.window == 1 && names(constraint.earlier, earlier) &&
        names(constraint.later, CommandKind::kPrecharge)) {
      delay = std::max(delay, constraint.delay);
    }
  }
  return delay;
}

// Far longer than anything keeps a request from being served.
Cycle longest_wait(const Spec& spec, const ControllerConfig& config) {
  Cycle longest = spec.refresh_cycles + config.page_timeout;
  for (const Constraint& constraint : spec.constraints) {
    longest = std::max(longest, constraint.delay);
  }
  return 1000 * longest + 4 * (config.refresh_max_postponed + 1) * spec.refresh_interval;
}

void check_buses(const Spec& spec) {
  for (const Command& command : spec.commands) {
    const bool column =
        command.kind >= CommandKind::kRead && command.kind <= CommandKind::kWritePrecharge;
    const int like = spec.command(column ? CommandKind::kRead : CommandKind::kActivate);
    base::require_invariant(command.kind == CommandKind::kOther || is_pim(command.kind) ||
                                command.bus == spec.commands[static_cast<std::size_t>(like)].bus,
                            "column commands share a bus, and so do all others", command.name);
  }
}

}  // namespace

Channel::Channel(const Spec& spec, const ChannelConfig& config, CompletionSink& completions,
                 ChannelObserver* observer)
    : spec_(spec),
      config_(checked(config, spec)),
      completions_(completions),
      observer_(observer),
      map_(spec),
      page_policy_(make_page_policy(config.controller)),
      scheduler_(make_scheduler(config.controller)),
      command_{spec.command(CommandKind::kPrechargeAll), spec.command(CommandKind::kPowerDown),
               spec.command(CommandKind::kPowerDownExit), spec.command(CommandKind::kSelfRefresh),
               spec.command(CommandKind::kSelfRefreshExit)},
      commands_(bank_commands(spec)),
      table_(spec, commands_in_use(spec, config.controller, *page_policy_)),
      timing_(table_),
      intake_(config.credits, config.credits_of_initiator, config.round_trip,
              make_arbiter(config.controller), completions),
      reads_(config.controller.write_places(spec.banks())),
      writes_(config.controller.write_places(spec.banks())),
      directed_(config.controller.has_direction()),
      closes_rows_(page_policy_->closes_rows()),
      simple_(directed_ && !closes_rows_ && scheduler_->takes_any_hit() &&
              config.controller.hit_cap == 0),
      in_order_(config.controller.response_queue == ResponseQueueKind::kFifo),
      keeps_house_(page_policy_->timeout() || config.controller.refresh_max_postponed > 0 ||
                   config.controller.refresh_max_pulled_in > 0 ||
                   config.controller.power_down != PowerDownKind::kNone),
      places_(config.controller.buffer_size),
      shared_(config.controller.buffer == BufferKind::kShared),
      places_of_all_banks_(config.controller.buffer == BufferKind::kBankwise
                               ? std::numeric_limits<std::int64_t>::max()
                               : places_),
      write_high_(static_cast<int>(config.controller.write_high_or_default())),
      write_low_(static_cast<int>(config.controller.write_low_or_default())),
      one_bus_(spec.commands[static_cast<std::size_t>(commands_[kRead])].bus ==
               spec.commands[static_cast<std::size_t>(commands_[kActivate])].bus),
      read_cycles_(spec.read_latency + spec.burst_cycles),
      bus_cycles_{spec.commands[static_cast<std::size_t>(commands_[kRead])].cycles,
                  spec.commands[static_cast<std::size_t>(commands_[kActivate])].cycles,
                  spec.commands[static_cast<std::size_t>(commands_[kPrecharge])].cycles},
      longest_wait_(longest_wait(spec, config.controller)),
      rank_shift_(shift_of(spec.banks() / spec.ranks())),
      rank_banks_(low_bits(spec.banks() / spec.ranks())),
      read_timing_(table_, read_commands(), static_cast<unsigned>(spec.ranks()), rank_shift_),
      window_(read_timing_, static_cast<unsigned>(spec.ranks()), rank_shift_),
      column_bus_(spec.commands[static_cast<std::size_t>(commands_[kRead])].bus),
      bus_floors_(spec.command_buses.size(), 0),
      idle_since_(static_cast<std::size_t>(spec.ranks()), 0),
      command_counts_(spec.commands.size(), 0),
      repetitions_(spec.commands.size(), 0) {
  check_buses(spec);
  delayed_elsewhere_ = simple_ ? delayed_elsewhere(spec, table_)
                               : std::vector<unsigned>(spec.commands.size(), kRequestKinds);
  stretches_ = simple_ && !in_order_ && !keeps_house_ &&
               config.controller.buffer != BufferKind::kBankwise &&
               reads_.places() <= ReadWindow::kMostPlaces && read_timing_.suits();
  precharge_after_ = {delay_to_precharge(spec, CommandKind::kRead),
                      delay_to_precharge(spec, CommandKind::kWrite)};
  open_row_.fill(kClosed);
  stale_ = kAllKinds;
  if (spec.has_pim()) {
    pim_ = std::make_unique<PimUnit>(spec_, config_.controller, open_row_);
  }
  ranks_.resize(static_cast<std::size_t>(spec.ranks()));
  for (int rank = 0; rank < spec.ranks(); ++rank) {
    refreshes_.emplace_back(spec, config.controller, rank);
    next_refresh_due_ = std::min(next_refresh_due_, refreshes_.back().next_due());
  }
}

void Channel::submit(Slice slice, Cycle arrival) {
  base::require_invariant(arrival >= horizon_, "no slice arrives in the committed past");
  AccessStatistics& statistics = layer_statistics(slice.layer);
  intake_.submit(std::move(slice), arrival, statistics);
}

// An arrival comes before the decisions of its cycle: horizon_ moves past a cycle only when its
// decisions are made.
void Channel::advance(Cycle until) {
  while (true) {
    if (in_stretch_ || may_stretch()) {
      stretch(until);
    }
    if (in_stretch_) {
      break;
    }
    update_candidates(horizon_);
    const Cycle arrival = next_arrival();
    Cycle command = std::min(first_column_.cycle, first_row_.cycle);
    if (pim_) {
      choose_pim(horizon_);
      command = std::min(command, std::min(pim_choice_.cycle, pim_event_));
    }
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
    pass_dues(cycle);
  }
  if (direction_event_ <= cycle) {
    choose_direction(cycle);
  }
  if (pim_event_ <= cycle) {
    settle_pim(cycle);
  }
  update_candidates(cycle);
  if (pim_) {
    choose_pim(cycle);
  }
  if (!one_bus_) {
    decide_on_column_bus(cycle);
  }
  decide_on_row_bus(cycle);
  horizon_ = cycle + 1;
  if (cycle >= watch_until_) {
    check_progress(cycle);
  }
}

void Channel::decide_on_column_bus(Cycle cycle) {
  if (pim_goes(cycle, true)) {
    issue_pim(cycle);
  } else if (first_column_.cycle == cycle) {
    issue_column(cycle);
  } else {
    return;
  }
  update_candidates(cycle);
  if (pim_) {
    choose_pim(cycle);
  }
}

// The only bus, where there is one.
void Channel::decide_on_row_bus(Cycle cycle) {
  const bool must = first_row_.cycle == cycle && first_row_kind_ == kRefresh;
  if (!must && pim_goes(cycle, false)) {
    issue_pim(cycle);
  } else if (one_bus_ && first_column_.cycle == cycle && first_column_.before(first_row_)) {
    issue_column(cycle);
  } else if (first_row_.cycle == cycle) {
    issue_row_bus(first_row_kind_, cycle);
  }
}

void Channel::arrive(Cycle cycle) {
  horizon_ = cycle;
  arrival_floor_ = cycle + 1;
  const Intake::Arrival arrival = intake_.take(door(), cycle);
  receive(arrival, map_.bank(arrival.burst), cycle);
}

void Channel::receive(const Intake::Arrival& arrival, unsigned bank, Cycle cycle) {
  AccessStatistics& statistics = intake_.statistics(arrival.slice);
  const std::uint64_t number = arrivals_++;
  ++(arrival.is_write ? statistics.write_bursts : statistics.read_bursts);
  const bool forwarded =
      !arrival.is_write && !writes_.empty() && writes_.holds(bank, arrival.burst);
  if (observer_ != nullptr) {
    observer_->arrival({cycle, number, arrival.is_write, forwarded, map_.locate(arrival.burst)});
  }
  if (!forwarded) {
    enqueue(arrival, bank, number, statistics, cycle);
    return;
  }
  ++statistics.forwarded;
  if (in_order_) {
    answer_in_order(responses_.enter(cycle, arrival.slice, statistics), cycle + 1);
    return;
  }
  ++statistics.read_latency_sum;
  statistics.read_latency.add(1);
  intake_.posted_done(arrival.slice, cycle + 1);
}

void Channel::answer_in_order(std::uint32_t number, Cycle data_end) {
  responses_.ended(number, data_end, [this](const ResponseQueue::Entry& entry, Cycle done) {
    const Cycle latency = done - entry.arrival;
    entry.statistics->read_latency_sum += static_cast<std::uint64_t>(latency);
    entry.statistics->read_latency.add(latency);
    intake_.read_done(entry.slice, done);
  });
}

void Channel::enqueue(const Intake::Arrival& arrival, unsigned bank, std::uint64_t number,
                      AccessStatistics& statistics, Cycle cycle) {
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
  } else if (in_order_) {
    request.response = responses_.enter(cycle, arrival.slice, statistics);
  }
  if (config_.controller.buffer == BufferKind::kBankwise &&
      reads_.count(bank) + writes_.count(bank) >= places_) {
    full_banks_ |= bit(bank);
  }
  consider_arrival(index, arrival.is_write, cycle);
  if (directed_ && direction_would_change()) {
    direction_event_ = cycle;
  }
}

void Channel::pass_dues(Cycle cycle) {
  next_refresh_due_ = kNeverCycle;
  std::uint64_t blocked = 0;
  for (std::size_t rank = 0; rank < refreshes_.size(); ++rank) {
    RefreshPlan& plan = refreshes_[rank];
    plan.pass(cycle, ranks_[rank].power() != RankState::Power::kSelfRefresh);
    next_refresh_due_ = std::min(next_refresh_due_, plan.next_due());
    blocked |= plan.must_refresh() ? plan.banks() : 0;
  }
  stale_ |= keeps_house_ ? kUpkeepKinds : 0;
  if (pim_) {
    pim_event_ = cycle;
  }
  if (blocked != blocked_) {
    blocked_ = blocked;
    stale_ = kAllKinds;
    if (observer_ != nullptr) {
      observer_->blocked(cycle, blocked);
    }
  }
}

void Channel::choose_direction(Cycle cycle) {
  direction_event_ = kNeverCycle;
  if (direction_would_change()) {
    direction_ = direction_ == kReading ? kWriting : kReading;
    calm_ = 0;
    rebuild_candidates();
    if (observer_ != nullptr) {
      observer_->direction(cycle, direction_ == kWriting);
    }
  }
}

Cycle Channel::completion_bound() const {
  const Cycle bound = intake_.completion_bound(horizon_, read_cycles_, in_order_);
  return pim_ ? std::min(bound, pim_->completion_bound(horizon_)) : bound;
}

std::uint32_t Channel::next_age() {
  if (age_ >= kLargestAge) {
    age_ = renumber(reads_, writes_);
    rebuild_candidates();
  }
  return age_++;
}

// Requests wait, and no column command has been issued for far longer than anything may take.
void Channel::check_progress(Cycle cycle) {
  Cycle oldest = kNeverCycle;
  for (const RequestQueue* requests : {&reads_, &writes_}) {
    if (!requests->empty()) {
      oldest = std::min(oldest, requests->at(requests->oldest()).arrival);
    }
  }
  watch_until_ = (oldest == kNeverCycle ? cycle : oldest) + longest_wait_;
  if (watch_until_ <= cycle) {
    throw base::UserError(base::Diagnostic{{}, "", explain(cycle), "", ""});
  }
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
  result.repetitions = repetitions_;
  result.pim_busy = pim_ ? pim_->busy() : 0;
  for (const RankState& rank : ranks_) {
    result.ranks.push_back(rank.statistics(horizon_));
  }
  std::uint64_t bursts = 0;
  for (const Kind kind : {kRead, kReadClose, kWrite, kWriteClose}) {
    bursts += commands_[kind] < 0 ? 0 : command_counts_[static_cast<std::size_t>(commands_[kind])];
  }
  result.data_bus_busy = static_cast<Cycle>(bursts) * spec_.burst_cycles;
  return result;
}

}  // namespace orrery::memory::dram
