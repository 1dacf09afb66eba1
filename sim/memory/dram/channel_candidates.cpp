// SPDX-License-Identifier: Apache-2.0
// Which commands could be issued, and the first of them.
#include <algorithm>
#include <bit>

#include "memory/dram/channel.h"

namespace orrery::memory::dram {

void Channel::set_hit(unsigned bank, RequestQueue::Index index) {
  hit_[bank] = index;
  column_tag_[bank] = tag(kColumnClass, queue().at(index).age, bank);
  columns_ |= std::uint64_t{1} << bank;
}

// The bank has requests and none of them can have its column command.
void Channel::set_row_candidate(unsigned bank) {
  const std::uint64_t bit = std::uint64_t{1} << bank;
  const bool closed = open_row_[bank] == kClosed;
  activates_ = closed ? activates_ | bit : activates_ & ~bit;
  precharges_ = closed ? precharges_ & ~bit : precharges_ | bit;
  row_tag_[bank] = tag(kRowClass, queue().at(queue().head(bank)).age, bank);
}

// A request of the current direction has been queued.
void Channel::consider_arrival(RequestQueue::Index index, Cycle cycle) {
  const Request& request = queue().at(index);
  const unsigned bank = request.bank;
  const std::uint64_t bit = std::uint64_t{1} << bank;
  if ((columns_ & bit) != 0) {
    return;
  }
  if (open_row_[bank] == static_cast<std::int64_t>(request.row)) {
    rows_stale_ |= bank_of(row_.tag) == bank;
    precharges_ &= ~bit;
    set_hit(bank, index);
    offer_column(bank, cycle);
  } else if (queue().head(bank) == index) {
    set_row_candidate(bank);
    offer_row(bank, cycle);
  }
}

void Channel::rebuild_candidates() {
  columns_ = activates_ = precharges_ = 0;
  for (unsigned bank = 0; bank < static_cast<unsigned>(spec_.banks()); ++bank) {
    classify_bank(bank);
  }
  columns_stale_ = true;
  rows_stale_ = true;
}

void Channel::classify_bank(unsigned bank) {
  const RequestQueue::Index head = queue().head(bank);
  if (head == RequestQueue::kNone) {
    return;
  }
  if (open_row_[bank] != kClosed) {
    const auto row = static_cast<std::uint32_t>(open_row_[bank]);
    const RequestQueue::Index hit = queue().first_hit(head, row);
    if (hit != RequestQueue::kNone) {
      set_hit(bank, hit);
      return;
    }
  }
  set_row_candidate(bank);
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
  [[nodiscard]] bool none() const { return best_ == ~std::uint64_t{0}; }
  [[nodiscard]] Cycle cycle() const { return floor_ + static_cast<Cycle>(best_ >> tag_bits_); }
  [[nodiscard]] std::uint64_t tag() const { return best_ & ((std::uint64_t{1} << tag_bits_) - 1); }

 private:
  Cycle floor_;
  unsigned tag_bits_;
  std::uint64_t best_ = ~std::uint64_t{0};
};

}  // namespace

void Channel::scan_columns(Cycle floor) {
  columns_stale_ = false;
  const int command = column_command();
  const std::uint64_t banks = columns_ & ~blocked_;
  // As a rule the oldest is ready as soon as any could be.
  std::uint64_t oldest = ~std::uint64_t{0};
  for (std::uint64_t left = banks; left != 0; left &= left - 1) {
    oldest = std::min(oldest, column_tag_[static_cast<unsigned>(std::countr_zero(left))]);
  }
  if (banks == 0) {
    column_ = {};
    return;
  }
  const unsigned bank = bank_of(oldest);
  const Cycle bound = std::max(floor, timing_.earliest_of_all(command));
  if (timing_.earliest(command, bank) <= bound) {
    column_ = {bound, oldest};
    return;
  }
  Earliest earliest(floor, kTagBits);
  timing_.for_each_earliest(command, banks, [&](unsigned each, Cycle ready) {
    earliest.offer(ready, column_tag_[each]);
  });
  column_ = {earliest.cycle(), earliest.tag()};
}

void Channel::scan_rows(Cycle floor) {
  rows_stale_ = false;
  const std::uint64_t to_activate = activates_ & ~blocked_;
  const std::uint64_t to_precharge = precharges_ & ~blocked_;
  if (((to_activate | to_precharge) == 0) && blocked_ == 0) {
    row_ = {};
    return;
  }
  Earliest earliest(floor, kTagBits);
  const auto offer = [&](unsigned bank, Cycle ready) { earliest.offer(ready, row_tag_[bank]); };
  timing_.for_each_earliest(command_.activate, to_activate, offer);
  timing_.for_each_earliest(command_.precharge, to_precharge, offer);
  for (std::uint64_t left = blocked_; left != 0;) {
    const auto bank = static_cast<unsigned>(std::countr_zero(left));
    const unsigned rank = rank_of(bank);
    left &= ~rank_mask(rank);
    const int command = ranks_[rank].open_banks() > 0 ? command_.precharge_all : command_.refresh;
    earliest.offer(timing_.earliest(command, bank), tag(kRefreshClass, rank, bank));
  }
  row_ = earliest.none() ? Candidate{} : Candidate{earliest.cycle(), earliest.tag()};
}

void Channel::offer_column(unsigned bank, Cycle floor) {
  if (columns_stale_ || (blocked_ >> bank & 1U) != 0) {
    return;
  }
  const Cycle ready = timing_.earliest(column_command(), bank);
  const Candidate candidate = {std::max({ready, floor, column_floor_}), column_tag_[bank]};
  if (candidate.before(column_)) {
    column_ = candidate;
  }
}

void Channel::offer_row(unsigned bank, Cycle floor) {
  if (rows_stale_ || (blocked_ >> bank & 1U) != 0) {
    return;
  }
  const bool closed = (activates_ >> bank & 1U) != 0;
  const Cycle ready = timing_.earliest(closed ? command_.activate : command_.precharge, bank);
  const Candidate candidate = {std::max({ready, floor, row_floor_}), row_tag_[bank]};
  if (candidate.before(row_)) {
    row_ = candidate;
  }
}

}  // namespace orrery::memory::dram
