// SPDX-License-Identifier: Apache-2.0
// Which commands could be issued for requests, and the first of them.
#include <algorithm>
#include <bit>

#include "memory/dram/channel.h"

namespace orrery::memory::dram {

void Channel::set_hit(Kind kind, unsigned bank, RequestQueue::Index index) {
  const bool is_write = kind >= kWrite;
  hit_[is_write][bank] = index;
  tags_[kind][bank] = tag(kColumnClass, (is_write ? writes_ : reads_).at(index).age, bank);
  banks_[kind] |= bit(bank);
}

Channel::Kind Channel::set_row_candidate(unsigned bank, std::uint32_t age) {
  const Kind kind = open_row_[bank] == kClosed ? kActivate : kPrecharge;
  banks_[kActivate] &= ~bit(bank);
  banks_[kPrecharge] &= ~bit(bank);
  banks_[kind] |= bit(bank);
  tags_[kind][bank] = tag(kRowClass, age, bank);
  return kind;
}

// A request has been queued.
void Channel::consider_arrival(RequestQueue::Index index, bool is_write, Cycle cycle) {
  const Request& request = (is_write ? writes_ : reads_).at(index);
  const unsigned bank = request.bank;
  if (keeps_house_) {
    stale_ |= kUpkeepKinds;
  } else {
    stale_ |= down_ != 0 ? 1U << kRefresh : 0;
  }
  if (!simple_) {
    classify_bank(bank);
    stale_ |= kRequestKinds;
    return;
  }
  const Kind column = direction_kind();
  if (is_write != (direction_ == kWriting) || (banks_[column] & bit(bank)) != 0) {
    return;
  }
  if (open_row_[bank] == static_cast<std::int64_t>(request.row)) {
    stale_ |= bank_of(first_[kPrecharge].tag) == bank ? 1U << kPrecharge : 0;
    banks_[kPrecharge] &= ~bit(bank);
    set_hit(column, bank, index);
    offer(column, bank, cycle);
  } else if (queue().head(bank) == index) {
    offer(set_row_candidate(bank, request.age), bank, cycle);
  }
}

void Channel::rebuild_candidates() {
  banks_.fill(0);
  for (std::uint64_t left = occupied(); left != 0; left &= left - 1) {
    classify_bank(static_cast<unsigned>(std::countr_zero(left)));
  }
  stale_ |= kAllKinds;
}

Scheduler::Competing Channel::competing(unsigned bank) const {
  Scheduler::Competing competing = {reads_, writes_};
  if (!directed_ || direction_ == kReading) {
    competing.read = reads_.head(bank);
  }
  if (!directed_ || direction_ == kWriting) {
    competing.write = writes_.head(bank);
  }
  return competing;
}

void Channel::classify_bank(unsigned bank) {
  for (std::uint64_t& banks : banks_) {
    banks &= ~bit(bank);
  }
  const Scheduler::Competing requests = competing(bank);
  if (requests.empty()) {
    return;
  }
  const Request& oldest = requests.oldest();
  if (open_row_[bank] != kClosed) {
    const auto row = static_cast<std::uint32_t>(open_row_[bank]);
    const std::int64_t cap = config_.controller.hit_cap;
    const bool capped = cap != 0 && oldest.row != row && overtaken_[bank] >= cap;
    const Scheduler::Hits hits = capped ? Scheduler::Hits{} : scheduler_->hits(requests, row);
    if (hits.read != RequestQueue::kNone) {
      set_hit(column_kind(false, reads_.at(hits.read)), bank, hits.read);
    }
    if (hits.write != RequestQueue::kNone) {
      set_hit(column_kind(true, writes_.at(hits.write)), bank, hits.write);
    }
    if (hits.read != RequestQueue::kNone || hits.write != RequestQueue::kNone) {
      return;
    }
  }
  set_row_candidate(bank, oldest.age);
}

// With or without automatic precharge, by what is left in the bank without the request.
Channel::Kind Channel::column_kind(bool is_write, const Request& request) const {
  bool closes = false;
  if (closes_rows_) {
    bool hit_left = false;
    bool miss_left = false;
    for (const RequestQueue* requests : {&reads_, &writes_}) {
      for (RequestQueue::Index index = requests->head(request.bank); index != RequestQueue::kNone;
           index = requests->at(index).next) {
        const Request& other = requests->at(index);
        hit_left |= other.row == request.row && other.number != request.number;
        miss_left |= other.row != request.row;
      }
    }
    closes = page_policy_->closes_row(hit_left, miss_left);
  }
  return is_write ? (closes ? kWriteClose : kWrite) : (closes ? kReadClose : kRead);
}

namespace {

// The smallest (cycle, tag) in one word: cycles from the floor on above the tag. Delays are below
// 2^20 cycles, so that neither field overflows.
class Earliest {
 public:
  Earliest(Cycle floor, unsigned tag_bits) : floor_(floor), tag_bits_(tag_bits) {}

  void offer(Cycle ready, std::uint64_t tag) {
    const Cycle wait = std::max<Cycle>(ready - floor_, 0);
    best_ = std::min(best_, static_cast<std::uint64_t>(wait) << tag_bits_ | tag);
  }
  [[nodiscard]] Cycle cycle() const { return floor_ + static_cast<Cycle>(best_ >> tag_bits_); }
  [[nodiscard]] std::uint64_t tag() const { return best_ & ((std::uint64_t{1} << tag_bits_) - 1); }

 private:
  Cycle floor_;
  unsigned tag_bits_;
  std::uint64_t best_ = ~std::uint64_t{0};
};

}  // namespace

void Channel::find_stale(Cycle floor) {
  if ((stale_ & kColumnKinds) != 0) {
    find_columns(std::max(floor, column_floor_));
  }
  if ((stale_ & ~kColumnKinds) != 0) {
    find_row_commands(std::max(floor, row_floor_));
  }
  stale_ = 0;
}

void Channel::find_columns(Cycle floor) {
  if (simple_) {
    first_column_kind_ = direction_kind();
    first_[first_column_kind_] = first_of(first_column_kind_, floor);
  } else {
    first_column_kind_ = kRead;
    for (const Kind kind : {kRead, kReadClose, kWrite, kWriteClose}) {
      first_[kind] = first_of(kind, floor);
      if (first_[kind].before(first_[first_column_kind_])) {
        first_column_kind_ = kind;
      }
    }
  }
  first_column_ = first_[first_column_kind_];
}

void Channel::find_row_commands(Cycle floor) {
  if (is_stale(kActivate)) {
    first_[kActivate] = first_of(kActivate, floor);
  }
  if (is_stale(kPrecharge)) {
    first_[kPrecharge] = first_of(kPrecharge, floor);
  }
  if ((stale_ & kUpkeepKinds) != 0) {
    first_refresh_ = is_stale(kRefresh) ? first_refresh(floor) : first_refresh_;
    first_house_ = is_stale(kHouse) ? first_housekeeping(floor) : first_house_;
  }
  first_row_kind_ = first_[kPrecharge].before(first_[kActivate]) ? kPrecharge : kActivate;
  first_row_ = first_[first_row_kind_];
  if (first_refresh_.before(first_row_)) {
    first_row_ = first_refresh_;
    first_row_kind_ = kRefresh;
  }
  if (first_house_.before(first_row_)) {
    first_row_ = first_house_;
    first_row_kind_ = kHouse;
  }
}

Channel::Candidate Channel::first_of(Kind kind, Cycle floor) const {
  Candidate first;
  for (std::uint64_t banks = banks_[kind] & ~(blocked_ | down_ | withheld(kind)); banks != 0;) {
    const unsigned rank = rank_of(static_cast<unsigned>(std::countr_zero(banks)));
    const std::uint64_t here = banks & rank_mask(rank);
    banks ^= here;
    const Candidate best = first_in_rank(kind, here, floor);
    if (best.before(first)) {
      first = best;
    }
  }
  return first;
}

// As a rule the oldest request is ready as soon as its rank lets any be, which spares the search;
// not so for precharges, which wait for their own bank.
Channel::Candidate Channel::first_in_rank(Kind kind, std::uint64_t banks, Cycle floor) const {
  const TimingTable::CommandRow& row = table_.row(command_of(kind));
  const Tags& tags = tags_[kind];
  const auto any = static_cast<unsigned>(std::countr_zero(banks));
  floor = std::max(floor, timing_.earliest_of_rank(row, any));
  if (kind != kPrecharge && (banks & (banks - 1)) != 0) {
    std::uint64_t oldest = ~std::uint64_t{0};
    for (std::uint64_t left = banks; left != 0; left &= left - 1) {
      oldest = std::min(oldest, tags[static_cast<unsigned>(std::countr_zero(left))]);
    }
    if (timing_.earliest(command_of(kind), bank_of(oldest)) <= floor) {
      return {floor, oldest};
    }
  }
  Earliest earliest(floor, kTagBits);
  timing_.for_each_below_rank(
      row, banks, [&](unsigned bank, Cycle ready) { earliest.offer(ready, tags[bank]); });
  return {earliest.cycle(), earliest.tag()};
}

void Channel::offer(Kind kind, unsigned bank, Cycle floor) {
  if (is_stale(kind) || ((blocked_ | down_) >> bank & 1U) != 0) {
    return;
  }
  if (pim_) {
    stale_ |= 1U << kind;
    return;
  }
  const Cycle ready = timing_.earliest(command_of(kind), bank);
  const Candidate candidate = {std::max(std::max(ready, floor), bus_floor(kind)),
                               tags_[kind][bank]};
  if (!candidate.before(first_[kind])) {
    return;
  }
  first_[kind] = candidate;
  if (kind < kActivate) {
    if (candidate.before(first_column_)) {
      first_column_ = candidate;
      first_column_kind_ = kind;
    }
  } else if (candidate.before(first_row_)) {
    first_row_ = candidate;
    first_row_kind_ = kind;
  }
}

}  // namespace orrery::memory::dram
