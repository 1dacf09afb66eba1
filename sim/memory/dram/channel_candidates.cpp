// SPDX-License-Identifier: Apache-2.0
// Which commands could be issued, and the first of them.
#include <algorithm>
#include <bit>

#include "memory/dram/channel.h"

namespace orrery::memory::dram {

void Channel::set_hit(unsigned bank, RequestQueue::Index index) {
  hit_[bank] = index;
  tags_[kColumn][bank] = tag(kColumnClass, queue().at(index).age, bank);
  banks_[kColumn] |= std::uint64_t{1} << bank;
}

Channel::Kind Channel::set_row_candidate(unsigned bank) {
  const std::uint64_t bit = std::uint64_t{1} << bank;
  const Kind kind = open_row_[bank] == kClosed ? kActivate : kPrecharge;
  banks_[kActivate] &= ~bit;
  banks_[kPrecharge] &= ~bit;
  banks_[kind] |= bit;
  tags_[kind][bank] = tag(kRowClass, queue().at(queue().head(bank)).age, bank);
  return kind;
}

// A request of the current direction has been queued.
void Channel::consider_arrival(RequestQueue::Index index, Cycle cycle) {
  const Request& request = queue().at(index);
  const unsigned bank = request.bank;
  const std::uint64_t bit = std::uint64_t{1} << bank;
  if ((banks_[kColumn] & bit) != 0) {
    return;
  }
  if (open_row_[bank] == static_cast<std::int64_t>(request.row)) {
    stale_ |= bank_of(first_[kPrecharge].tag) == bank ? 1U << kPrecharge : 0;
    banks_[kPrecharge] &= ~bit;
    set_hit(bank, index);
    offer(kColumn, bank, cycle);
  } else if (queue().head(bank) == index) {
    offer(set_row_candidate(bank), bank, cycle);
  }
}

void Channel::rebuild_candidates() {
  banks_.fill(0);
  for (unsigned bank = 0; bank < static_cast<unsigned>(spec_.banks()); ++bank) {
    classify_bank(bank);
  }
  stale_ |= kAllKinds;
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
  [[nodiscard]] Cycle cycle() const { return floor_ + static_cast<Cycle>(best_ >> tag_bits_); }
  [[nodiscard]] std::uint64_t tag() const { return best_ & ((std::uint64_t{1} << tag_bits_) - 1); }

 private:
  Cycle floor_;
  unsigned tag_bits_;
  std::uint64_t best_ = ~std::uint64_t{0};
};

}  // namespace

void Channel::find_stale(Cycle floor) {
  if ((stale_ >> kColumn & 1U) != 0) {
    first_[kColumn] = first_of(kColumn, std::max(floor, column_floor_));
  }
  if ((stale_ >> (kColumn + 1)) != 0) {
    for (const Kind kind : {kActivate, kPrecharge}) {
      if ((stale_ >> kind & 1U) != 0) {
        first_[kind] = first_of(kind, std::max(floor, row_floor_));
      }
    }
    if ((stale_ >> kRefresh & 1U) != 0) {
      first_[kRefresh] = first_refresh(std::max(floor, row_floor_));
    }
    first_row_cycle_ = std::min(std::min(first_[kActivate].cycle, first_[kPrecharge].cycle),
                                first_[kRefresh].cycle);
  }
  stale_ = 0;
}

Channel::Candidate Channel::first_of(Kind kind, Cycle floor) const {
  Candidate first;
  for (std::uint64_t banks = banks_[kind] & ~blocked_; banks != 0;) {
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
  const int command = command_of(kind);
  const Tags& tags = tags_[kind];
  if (kind != kPrecharge) {
    const auto any = static_cast<unsigned>(std::countr_zero(banks));
    floor = std::max(floor, timing_.earliest_of_rank(command, any));
    std::uint64_t oldest = ~std::uint64_t{0};
    for (std::uint64_t left = banks; left != 0; left &= left - 1) {
      oldest = std::min(oldest, tags[static_cast<unsigned>(std::countr_zero(left))]);
    }
    if (timing_.earliest(command, bank_of(oldest)) <= floor) {
      return {floor, oldest};
    }
  }
  Earliest earliest(floor, kTagBits);
  timing_.for_each_earliest(command, banks,
                            [&](unsigned bank, Cycle ready) { earliest.offer(ready, tags[bank]); });
  return {earliest.cycle(), earliest.tag()};
}

Channel::Candidate Channel::first_refresh(Cycle floor) const {
  Candidate first;
  for (std::uint64_t left = blocked_; left != 0;) {
    const auto bank = static_cast<unsigned>(std::countr_zero(left));
    const unsigned rank = rank_of(bank);
    left &= ~rank_mask(rank);
    const int command = ranks_[rank].open_banks() > 0 ? command_.precharge_all : command_.refresh;
    const Candidate refresh = {std::max(floor, timing_.earliest(command, bank)),
                               tag(kRefreshClass, rank, bank)};
    if (refresh.before(first)) {
      first = refresh;
    }
  }
  return first;
}

void Channel::offer(Kind kind, unsigned bank, Cycle floor) {
  if ((stale_ >> kind & 1U) != 0 || (blocked_ >> bank & 1U) != 0) {
    return;
  }
  const Cycle ready = timing_.earliest(command_of(kind), bank);
  const Candidate candidate = {std::max(std::max(ready, floor), bus_floor(kind)),
                               tags_[kind][bank]};
  if (candidate.before(first_[kind])) {
    first_[kind] = candidate;
    if (kind != kColumn) {
      first_row_cycle_ = std::min(first_row_cycle_, candidate.cycle);
    }
  }
}

Channel::Kind Channel::first_row_kind() const {
  const Kind row = first_[kPrecharge].before(first_[kActivate]) ? kPrecharge : kActivate;
  return first_[kRefresh].before(first_[row]) ? kRefresh : row;
}

}  // namespace orrery::memory::dram
