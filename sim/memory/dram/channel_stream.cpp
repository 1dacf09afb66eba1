// SPDX-License-Identifier: Apache-2.0
// Stretches of reads that hit open rows: the same decisions as everywhere, without looking for
// them. As long as every queued request is a read of an open row, the oldest of a rank is the first
// of it whose command can issue, unless its own bank or bank group keeps it longer than its rank
// does; the ranks take turns by the first cycle, then by age.
#include <algorithm>
#include <bit>

#include "memory/dram/channel.h"

namespace orrery::memory::dram {

namespace {

// Reads in a row before a stretch begins, so that beginning and ending it pay.
constexpr int kCalm = 5;

}  // namespace

bool Channel::may_stream() const {
  return calm_ >= kCalm && streams_ && direction_ == kReading && banks_[kActivate] == 0 &&
         banks_[kPrecharge] == 0 && blocked_ == 0 && down_ == 0 && writes_.empty() &&
         direction_event_ == kNeverCycle && intake_.at_most_one_read() && !reads_.empty();
}

bool Channel::all_reads_hit() const {
  for (RequestQueue::Index index = reads_.oldest(); index != RequestQueue::kNone;
       index = reads_.at(index).younger) {
    const Request& request = reads_.at(index);
    if (open_row_[request.bank] != static_cast<std::int64_t>(request.row)) {
      return false;
    }
  }
  return true;
}

void Channel::begin_stream() {
  stream_.set_active(true);
  for (RequestQueue::Index index = reads_.oldest(); index != RequestQueue::kNone;
       index = reads_.at(index).younger) {
    stream_.push(rank_of(reads_.at(index).bank), index);
  }
  reads_.unlink_all();
}

void Channel::end_stream() {
  calm_ = 0;
  stream_.set_active(false);
  stream_.settle([this](unsigned bank) {
    const Cycle cycle = last_used_[bank];
    timing_.issue_rest(commands_[kRead], bank, cycle);
    idle_since_[rank_of(bank)] = std::max(idle_since_[rank_of(bank)], cycle);
    watch_until_ = std::max(watch_until_, cycle + longest_wait_);
  });
  for (int left = reads_.size(); left > 0; --left) {
    const unsigned rank = oldest_in_stream();
    reads_.link(stream_.oldest(rank));
    stream_.drop(rank);
  }
  rebuild_candidates();
}

// The rank of the oldest of all; there is one.
unsigned Channel::oldest_in_stream() const {
  unsigned first = 0;
  std::uint32_t least = ~std::uint32_t{0};
  for (unsigned rank = 0; rank < stream_.ranks(); ++rank) {
    if (stream_.count(rank) > 0 && reads_.at(stream_.oldest(rank)).age < least) {
      first = rank;
      least = reads_.at(stream_.oldest(rank)).age;
    }
  }
  return first;
}

bool Channel::find_next_in_stream(StreamRead& first) const {
  const TimingTable::CommandRow& row = table_.row(commands_[kRead]);
  const Cycle floor = std::max(column_floor_, horizon_);
  first = StreamRead{};
  for (unsigned rank = 0; rank < stream_.ranks(); ++rank) {
    const std::uint32_t count = stream_.count(rank);
    if (count == 0) {
      continue;
    }
    const Request& oldest = reads_.at(stream_.oldest(rank));
    const auto [rank_ready, bank_ready] = timing_.earliest_of_rank_and_bank(row, oldest.bank);
    const Cycle ready = std::max(floor, bank_ready);
    if (count > 1 && std::max(floor, rank_ready) < ready) {
      return false;
    }
    if (ready < first.cycle || (ready == first.cycle && oldest.age < first.age)) {
      first = {ready, oldest.age, rank};
    }
  }
  return true;
}

void Channel::stream(Cycle until) {
  if (!stream_.active()) {
    if (!all_reads_hit()) {
      calm_ = 0;
      return;
    }
    begin_stream();
  }
  const Cycle limit = std::min(until, next_refresh_due_);
  bool known = false;  // of the next read
  StreamRead read;
  while (intake_.at_most_one_read() && age_ < kLargestAge) {
    if (!known && !reads_.empty()) {
      if (!find_next_in_stream(read)) {
        break;
      }
      known = true;
    }
    const Cycle arrival = reads_.full() ? kNeverCycle : intake_.only_ready(arrival_floor_);
    if (std::min(arrival, read.cycle) >= limit) {
      if (limit < until || reads_.empty()) {
        break;
      }
      return;
    }
    if (arrival > read.cycle) {
      stream_read(read.rank, read.cycle);
      read = {};
      known = false;
      continue;
    }
    const std::uint64_t burst = intake_.only_burst();
    const unsigned bank = map_.bank(burst);
    const std::uint32_t row = map_.row(burst);
    if (open_row_[bank] != static_cast<std::int64_t>(row)) {
      break;
    }
    // A further read of a rank that has several changes nothing about whose turn it is.
    known = known && stream_.count(rank_of(bank)) > 1;
    stream_arrival(arrival, burst, bank, row);
  }
  end_stream();
}

void Channel::stream_arrival(Cycle cycle, std::uint64_t burst, unsigned bank, std::uint32_t row) {
  horizon_ = cycle;
  arrival_floor_ = cycle + 1;
  const RequestQueue::Index index = reads_.take_place(bank);
  stream_.push(rank_of(bank), index);
  Request& request = reads_.at(index);
  request.burst = burst;
  request.number = arrivals_++;
  request.arrival = cycle;
  request.age = age_++;
  request.row = row;
  request.slice = intake_.take_only(cycle);
  request.statistics = &intake_.statistics(request.slice);
  ++request.statistics->read_bursts;
  if (observer_ != nullptr) {
    observer_->arrival({cycle, request.number, false, false, map_.locate(request.burst)});
  }
}

void Channel::stream_read(unsigned rank, Cycle cycle) {
  const RequestQueue::Index index = stream_.oldest(rank);
  const Request& request = reads_.at(index);
  const unsigned bank = request.bank;
  const int command = commands_[kRead];
  timing_.issue_own(command, bank, cycle);
  record(command, bank, &request, cycle);
  column_floor_ = cycle + read_bus_cycles_;
  row_floor_ = one_bus_ ? column_floor_ : row_floor_;
  horizon_ = cycle + 1;
  arrival_floor_ = cycle + 1;
  last_used_[bank] = cycle;
  served(request, false, cycle);
  stream_.drop(rank);
  stream_.mark_read(bank);
  reads_.free_place(index);
}

}  // namespace orrery::memory::dram
