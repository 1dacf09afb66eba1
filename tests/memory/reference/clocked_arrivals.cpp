// SPDX-License-Identifier: Apache-2.0
// How bursts enter the clocked controller, and how they are answered.
#include <algorithm>
#include <bit>
#include <tuple>

#include "tests/memory/reference/clocked_controller.h"

namespace orrery::memory::dram::test {

namespace {

// Bit i is the parity of the burst number under mask i, or its opposite.
std::int64_t number_of(const ChannelFields::Part& part, std::uint64_t burst) {
  std::int64_t number = 0;
  for (std::size_t i = 0; i < part.masks.size(); ++i) {
    const auto ones = static_cast<unsigned>(std::popcount(burst & part.masks[i]));
    const bool flipped = (part.flipped >> i & 1U) != 0;
    number |= std::int64_t{(ones % 2 == 1) != flipped} << i;
  }
  return number;
}

}  // namespace

void ClockedController::arrive() {
  const std::optional<std::size_t> initiator = choose_initiator();
  if (initiator) {
    enter(*initiator);
  }
}

bool ClockedController::at_door(const Line& line) const {
  return !line.slices.empty() && line.slices.front().arrival <= now_;
}

bool ClockedController::may_enter(std::size_t initiator) const {
  const Line& line = lines_[initiator];
  if (!at_door(line)) {
    return false;
  }
  const auto on_their_way = std::count_if(line.credits_return.begin(), line.credits_return.end(),
                                          [this](Cycle back) { return back > now_; });
  return line.in_flight + on_their_way < credits_of(initiator) && place_free(next_entry(initiator));
}

bool ClockedController::place_free(const Entry& entry) const {
  const auto taken = std::count_if(queue_.begin(), queue_.end(), [&](const Entry& queued) {
    switch (controller_.buffer) {
      case BufferKind::kReadWrite:
        return queued.is_write == entry.is_write;
      case BufferKind::kBankwise:
        return queued.bank == entry.bank;
      case BufferKind::kShared:
        break;
    }
    return true;
  });
  return taken < controller_.buffer_size;
}

int ClockedController::credits_of(std::size_t initiator) const {
  const std::vector<int>& own = config_.credits_of_initiator;
  return initiator < own.size() && own[initiator] > 0 ? own[initiator] : config_.credits;
}

ClockedController::Entry ClockedController::next_entry(std::size_t initiator) const {
  const Line& line = lines_[initiator];
  const ReferenceSlice& slice = line.slices.front();
  Entry entry;
  entry.number = arrivals_;
  entry.burst = slice.bursts[line.next_burst];
  locate(entry);
  entry.is_write = slice.is_write;
  entry.ticket = slice.ticket;
  entry.initiator = slice.initiator;
  entry.layer = slice.layer;
  entry.arrival = now_;
  return entry;
}

std::optional<std::size_t> ClockedController::choose_initiator() const {
  // The smallest of these goes: (slice's arrival, row not open, distance from whose turn it is).
  using Order = std::tuple<Cycle, bool, std::size_t>;
  std::optional<std::pair<Order, std::size_t>> chosen;
  for (std::size_t initiator = 0; initiator < lines_.size(); ++initiator) {
    if (!at_door(lines_[initiator])) {
      continue;
    }
    const std::size_t turn = (initiator + lines_.size() - first_in_turn_) % lines_.size();
    const Entry entry = next_entry(initiator);
    Order order;
    bool candidate = may_enter(initiator);
    switch (controller_.arbiter) {
      case ArbiterKind::kRoundRobin:
        order = {0, false, turn};
        break;
      case ArbiterKind::kReadyFirst:
        order = {0, bank(entry.bank).row != entry.row, turn};
        break;
      case ArbiterKind::kArrivalOrder:
        // Also one that may not enter: then nobody does.
        candidate = true;
        order = {lines_[initiator].slices.front().arrival, false, initiator};
        break;
    }
    if (candidate && (!chosen || order < chosen->first)) {
      chosen = {order, initiator};
    }
  }
  if (!chosen || !may_enter(chosen->second)) {
    return std::nullopt;
  }
  return chosen->second;
}

void ClockedController::enter(std::size_t initiator) {
  const Entry entry = next_entry(initiator);
  ++arrivals_;
  first_in_turn_ = initiator + 1;
  Line& line = lines_[initiator];
  ++line.in_flight;
  if (++line.next_burst == line.slices.front().bursts.size()) {
    line.next_burst = 0;
    line.slices.pop_front();
  }
  const bool forwarded =
      !entry.is_write && std::any_of(queue_.begin(), queue_.end(), [&](const Entry& queued) {
        return queued.is_write && queued.burst == entry.burst;
      });
  ArrivalRecord record;
  record.cycle = now_;
  record.number = entry.number;
  record.is_write = entry.is_write;
  record.forwarded = forwarded;
  record.address = {static_cast<std::uint32_t>(entry.bank), static_cast<std::uint32_t>(entry.row),
                    static_cast<std::uint32_t>(entry.column)};
  log_.arrival(record);
  if (!forwarded) {
    queue_.push_back(entry);
  }
  if (entry.is_write) {
    ++layer(entry.layer).write_bursts;
    finish_burst(entry, now_);
    return;
  }
  ++layer(entry.layer).read_bursts;
  awaited_.push_back({entry, std::nullopt});
  if (forwarded) {
    ++layer(entry.layer).forwarded;
    data_ends(entry.number, now_ + 1);
  }
}

void ClockedController::data_ends(std::uint64_t number, Cycle cycle) {
  const auto read = std::find_if(awaited_.begin(), awaited_.end(), [&](const AwaitedRead& each) {
    return each.entry.number == number;
  });
  if (controller_.response_queue == ResponseQueueKind::kReorder) {
    answer_read(read->entry, cycle);
    awaited_.erase(read);
    return;
  }
  read->data_end = cycle;
  while (!awaited_.empty() && awaited_.front().data_end) {
    last_answer_ = std::max(last_answer_, *awaited_.front().data_end);
    answer_read(awaited_.front().entry, last_answer_);
    awaited_.pop_front();
  }
}

void ClockedController::answer_read(const Entry& read, Cycle done) {
  AccessStatistics& statistics = layer(read.layer);
  statistics.read_latency_sum += static_cast<std::uint64_t>(done - read.arrival);
  statistics.read_latency.add(done - read.arrival);
  finish_burst(read, done);
}

void ClockedController::finish_burst(const Entry& entry, Cycle done) {
  Line& line = lines_[entry.initiator];
  --line.in_flight;
  // Those that have come back are of no further interest.
  line.credits_return.erase(std::remove_if(line.credits_return.begin(), line.credits_return.end(),
                                           [this](Cycle back) { return back <= now_; }),
                            line.credits_return.end());
  line.credits_return.push_back(done + config_.round_trip);
  OpenSlice& slice = open_.at(entry.ticket);
  slice.done = std::max(slice.done, done);
  if (--slice.left == 0) {
    completions_.push_back({entry.ticket, entry.initiator, slice.done});
    open_.erase(entry.ticket);
  }
}

void ClockedController::locate(Entry& entry) const {
  if (spec_.fields) {
    entry.bank = static_cast<int>(number_of(spec_.fields->bank, entry.burst));
    entry.row = number_of(spec_.fields->row, entry.burst);
    entry.column = number_of(spec_.fields->column, entry.burst);
    return;
  }
  std::uint64_t left = entry.burst;
  std::vector<std::int64_t> digits(spec_.levels.size(), 0);
  for (const AddressField& field : address_fields_) {
    const auto digit = static_cast<std::int64_t>(left % field.count);
    left /= field.count;
    (field.level >= 0           ? digits[static_cast<std::size_t>(field.level)]
     : field.level == kRowField ? entry.row
                                : entry.column) = digit;
  }
  entry.bank = 0;
  for (std::size_t level = 0; level < digits.size(); ++level) {
    entry.bank = entry.bank * spec_.levels[level].count + static_cast<int>(digits[level]);
  }
}

}  // namespace orrery::memory::dram::test
