// SPDX-License-Identifier: Apache-2.0
#include "tests/memory/reference/clocked_controller.h"

#include <algorithm>

namespace orrery::memory::dram::test {

ClockedController::ClockedController(const Spec& spec, const ChannelConfig& config)
    : spec_(spec),
      config_(config),
      bus_free_(spec.command_buses.size(), 0),
      refreshes_done_(static_cast<std::size_t>(spec.ranks()), 0),
      refreshed_until_(static_cast<std::size_t>(spec.ranks()), 0),
      history_(spec.constraints.size()) {
  counts_.ranks.resize(static_cast<std::size_t>(spec.ranks()));
}

void ClockedController::submit(const ReferenceSlice& slice) {
  if (lines_.size() <= slice.initiator) {
    lines_.resize(slice.initiator + 1);
  }
  lines_[slice.initiator].slices.push_back(slice);
  open_[slice.ticket] = {slice.initiator, slice.bursts.size(), 0};
}

void ClockedController::run(Cycle until) {
  for (; now_ < until; ++now_) {
    tick();
  }
}

void ClockedController::tick() {
  arrive();
  choose_direction();
  const int column_bus = command(spec_.command(CommandKind::kRead)).bus;
  const int row_bus = command(spec_.command(CommandKind::kActivate)).bus;
  if (column_bus == row_bus) {
    if (free_bus(row_bus)) {
      try_refresh(row_bus) || try_column(row_bus) || try_row(row_bus);
    }
  } else {
    if (free_bus(column_bus)) {
      try_column(column_bus);
    }
    if (free_bus(row_bus)) {
      try_refresh(row_bus) || try_row(row_bus);
    }
  }
  account_ranks();
}

void ClockedController::arrive() {
  const auto count = static_cast<std::int64_t>(lines_.size());
  for (std::int64_t i = 1; i <= count; ++i) {
    const std::int64_t initiator = (last_initiator_ + i) % count;
    Line& line = lines_[static_cast<std::size_t>(initiator)];
    if (line.slices.empty() || line.slices.front().arrival > now_) {
      continue;
    }
    const auto on_their_way = std::count_if(line.credits_return.begin(), line.credits_return.end(),
                                            [this](Cycle back) { return back > now_; });
    if (line.in_flight + on_their_way >= config_.credits) {
      continue;
    }
    const ReferenceSlice& slice = line.slices.front();
    std::vector<Entry>& window = slice.is_write ? writes_ : reads_;
    const auto places = static_cast<std::size_t>(config_.controller.buffer_size);
    if (window.size() >= places) {
      continue;
    }
    last_initiator_ = initiator;
    Entry entry;
    entry.number = arrivals_++;
    entry.burst = slice.bursts[line.next_burst];
    entry.place = locate(entry.burst);
    entry.ticket = slice.ticket;
    entry.initiator = slice.initiator;
    entry.arrival = now_;
    const bool is_write = slice.is_write;
    ++line.in_flight;
    if (++line.next_burst == slice.bursts.size()) {
      line.next_burst = 0;
      line.slices.pop_front();
    }
    const bool queued_write = std::any_of(writes_.begin(), writes_.end(), [&](const Entry& write) {
      return write.burst == entry.burst;
    });
    if (is_write) {
      writes_.push_back(entry);
      finish_burst(entry.ticket, entry.initiator, now_);
    } else if (queued_write) {
      ++counts_.forwarded;
      ++counts_.latency_sum;
      finish_burst(entry.ticket, entry.initiator, now_ + 1);
    } else {
      reads_.push_back(entry);
    }
    return;
  }
}

void ClockedController::finish_burst(std::uint64_t ticket, std::uint32_t initiator, Cycle done) {
  Line& line = lines_[initiator];
  --line.in_flight;
  line.credits_return.push_back(done + config_.round_trip);
  OpenSlice& slice = open_.at(ticket);
  slice.done = std::max(slice.done, done);
  if (--slice.left == 0) {
    completions_.push_back({ticket, initiator, slice.done});
    open_.erase(ticket);
  }
}

void ClockedController::choose_direction() {
  const auto writes = static_cast<int>(writes_.size());
  if (!writing_) {
    writing_ =
        writes >= config_.controller.write_high_or_default() || (reads_.empty() && writes > 0);
  } else {
    writing_ =
        !(writes == 0 || (writes <= config_.controller.write_low_or_default() && !reads_.empty()));
  }
}

bool ClockedController::due(int rank) const {
  // The k-th refresh of the r-th of R ranks on one data bus is due at floor((k R + r + 1) nREFI /
  // R).
  const std::int64_t ranks = spec_.ranks() / spec_.data_buses();
  const std::int64_t k = refreshes_done_[static_cast<std::size_t>(rank)];
  return config_.controller.refresh_policy != RefreshPolicyKind::kNone &&
         (k * ranks + rank % ranks + 1) * spec_.refresh_interval / ranks <= now_;
}

bool ClockedController::try_refresh(int) {
  for (int rank = 0; rank < spec_.ranks(); ++rank) {
    if (!due(rank)) {
      continue;
    }
    const int banks_each = spec_.banks() / spec_.ranks();
    Place place;
    for (const Level& level : spec_.levels) {
      place.nodes.push_back(rank * banks_each / (spec_.banks() / level.nodes));
    }
    std::vector<int> open;
    for (const auto& [bank, row] : open_row_) {
      if (bank / banks_each == rank) {
        open.push_back(bank);
      }
    }
    const int index =
        spec_.command(open.empty() ? CommandKind::kRefreshAll : CommandKind::kPrechargeAll);
    if (!allowed(index, place.nodes)) {
      continue;
    }
    issue(index, place, std::nullopt);
    if (open.empty()) {
      ++refreshes_done_[static_cast<std::size_t>(rank)];
      ++counts_.ranks[static_cast<std::size_t>(rank)].refreshes;
      refreshed_until_[static_cast<std::size_t>(rank)] = now_ + spec_.refresh_cycles;
    }
    for (const int bank : open) {
      open_row_.erase(bank);
    }
    return true;
  }
  return false;
}

bool ClockedController::try_column(int) {
  std::vector<Entry>& window = writing_ ? writes_ : reads_;
  const int index = spec_.command(writing_ ? CommandKind::kWrite : CommandKind::kRead);
  for (std::size_t i = 0; i < window.size(); ++i) {
    const Entry entry = window[i];
    const auto open = open_row_.find(entry.place.bank());
    if (due(rank_of(entry.place)) || open == open_row_.end() || open->second != entry.place.row ||
        !allowed(index, entry.place.nodes)) {
      continue;
    }
    issue(index, entry.place, entry.number);
    (entry.first == 0     ? counts_.hits
     : entry.first == 'a' ? counts_.misses
                          : counts_.conflicts) += 1;
    if (!writing_) {
      const Cycle done = now_ + spec_.read_latency + spec_.burst_cycles;
      counts_.latency_sum += static_cast<std::uint64_t>(done - entry.arrival);
      finish_burst(entry.ticket, entry.initiator, done);
    }
    window.erase(window.begin() + static_cast<std::ptrdiff_t>(i));
    return true;
  }
  return false;
}

bool ClockedController::try_row(int) {
  std::vector<Entry>& window = writing_ ? writes_ : reads_;
  for (std::size_t i = 0; i < window.size(); ++i) {
    Entry& entry = window[i];
    const int bank = entry.place.bank();
    const bool oldest_of_bank =
        std::none_of(window.begin(), window.begin() + static_cast<std::ptrdiff_t>(i),
                     [&](const Entry& older) { return older.place.bank() == bank; });
    if (!oldest_of_bank || due(rank_of(entry.place))) {
      continue;
    }
    const auto open = open_row_.find(bank);
    const bool closed = open == open_row_.end();
    const int index = spec_.command(closed ? CommandKind::kActivate : CommandKind::kPrecharge);
    const bool row_wanted =
        !closed && std::any_of(window.begin(), window.end(), [&](const Entry& e) {
          return e.place.bank() == bank && e.place.row == open->second;
        });
    if (row_wanted || !allowed(index, entry.place.nodes)) {
      continue;
    }
    issue(index, entry.place, entry.number);
    if (entry.first == 0) {
      entry.first = closed ? 'a' : 'p';
    }
    if (closed) {
      open_row_[bank] = entry.place.row;
    } else {
      open_row_.erase(bank);
    }
    return true;
  }
  return false;
}

bool ClockedController::allowed(int index, const std::vector<int>& nodes) const {
  for (std::size_t c = 0; c < spec_.constraints.size(); ++c) {
    const Constraint& row = spec_.constraints[c];
    if (std::find(row.later.begin(), row.later.end(), index) == row.later.end()) {
      continue;
    }
    const auto scope = static_cast<std::size_t>(row.scope);
    const int here = nodes[scope];
    const int per_parent = spec_.levels[scope].count;
    for (const auto& [node, cycles] : history_[c]) {
      const bool counts =
          row.sibling ? node != here && node / per_parent == here / per_parent : node == here;
      const auto window = static_cast<std::size_t>(row.window);
      if (counts && cycles.size() >= window && now_ < cycles[cycles.size() - window] + row.delay) {
        return false;
      }
    }
  }
  return true;
}

void ClockedController::issue(int index, const Place& place, std::optional<std::uint64_t> number) {
  for (std::size_t c = 0; c < spec_.constraints.size(); ++c) {
    const Constraint& row = spec_.constraints[c];
    if (std::find(row.earlier.begin(), row.earlier.end(), index) != row.earlier.end()) {
      history_[c][place.nodes[static_cast<std::size_t>(row.scope)]].push_back(now_);
    }
  }
  bus_free_[static_cast<std::size_t>(command(index).bus)] = now_ + command(index).cycles;
  CommandRecord record;
  record.cycle = now_;
  record.command = index;
  record.bank = static_cast<std::uint32_t>(place.bank());
  const CommandKind kind = command(index).kind;
  if (kind == CommandKind::kActivate || kind == CommandKind::kRead || kind == CommandKind::kWrite) {
    record.row = static_cast<std::uint32_t>(place.row);
  }
  if (kind == CommandKind::kRead || kind == CommandKind::kWrite) {
    record.column = static_cast<std::uint32_t>(place.column);
  }
  record.request = number.value_or(kNoRequest);
  log_.push_back(record);
}

void ClockedController::account_ranks() {
  const int banks_each = spec_.banks() / spec_.ranks();
  for (int rank = 0; rank < spec_.ranks(); ++rank) {
    const bool active = std::any_of(open_row_.begin(), open_row_.end(), [&](const auto& open) {
      return open.first / banks_each == rank;
    });
    RankStatistics& statistics = counts_.ranks[static_cast<std::size_t>(rank)];
    const bool refreshing = now_ < refreshed_until_[static_cast<std::size_t>(rank)];
    (active ? statistics.active : refreshing ? statistics.refreshing : statistics.precharged) += 1;
  }
}

ClockedController::Place ClockedController::locate(std::uint64_t burst) const {
  Place place;
  std::map<std::string, std::int64_t> digit;
  for (const std::string& field : spec_.address_order) {
    const std::int64_t count =
        field == "row"      ? spec_.rows
        : field == "column" ? spec_.columns
                            : spec_.levels[static_cast<std::size_t>(spec_.level(field))].count;
    digit[field] = static_cast<std::int64_t>(burst % static_cast<std::uint64_t>(count));
    burst /= static_cast<std::uint64_t>(count);
  }
  int node = 0;
  for (const Level& level : spec_.levels) {
    node = node * level.count + static_cast<int>(digit[level.name]);
    place.nodes.push_back(node);
  }
  place.row = digit["row"];
  place.column = digit["column"];
  return place;
}

}  // namespace orrery::memory::dram::test
