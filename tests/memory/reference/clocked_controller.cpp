// SPDX-License-Identifier: Apache-2.0
#include "tests/memory/reference/clocked_controller.h"

#include <algorithm>

namespace orrery::memory::dram::test {

ClockedController::ClockedController(const Spec& spec, const ChannelConfig& config)
    : spec_(spec),
      config_(config),
      controller_(config_.controller),
      banks_(static_cast<std::size_t>(spec.banks())),
      ranks_(static_cast<std::size_t>(spec.ranks())),
      bus_free_(spec.command_buses.size(), 0),
      table_(spec),
      pim_(spec_, controller_, table_),
      command_counts_(spec.commands.size(), 0),
      repetitions_(spec.commands.size(), 0) {
  for (const std::string& field : spec.address_order) {
    const int level = field == "row"      ? kRowField
                      : field == "column" ? kColumnField
                                          : spec.level(field);
    const std::int64_t count = level == kRowField ? spec.rows
                               : level == kColumnField
                                   ? spec.columns
                                   : spec.levels[static_cast<std::size_t>(level)].count;
    address_fields_.push_back({level, static_cast<std::uint64_t>(count)});
  }
  for (int rank = 0; rank < spec.ranks(); ++rank) {
    ledgers_.emplace_back(spec, controller_, rank);
  }
}

void ClockedController::submit(const ReferenceSlice& slice) {
  if (lines_.size() <= slice.initiator) {
    lines_.resize(slice.initiator + 1);
  }
  if (layers_.size() <= slice.layer) {
    layers_.resize(slice.layer + 1);
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
  fall_due();
  choose_direction();
  take_turn_of_pim();
  note_idleness();
  const int column_bus = command(spec_.command(CommandKind::kRead)).bus;
  issue_on(column_bus);
  for (int bus = 0; bus < static_cast<int>(bus_free_.size()); ++bus) {
    if (bus != column_bus) {
      issue_on(bus);
    }
  }
  account();
}

void ClockedController::fall_due() {
  std::uint64_t blocked = 0;
  for (int r = 0; r < spec_.ranks(); ++r) {
    ledger(r).fall_due(now_);
    if (rank(r).power == Power::kSelfRefresh) {
      ledger(r).forget();
    }
    if (must_refresh(r)) {
      for (const int bank : ledger(r).banks()) {
        blocked |= std::uint64_t{1} << bank;
      }
    }
  }
  if (blocked != blocked_) {
    blocked_ = blocked;
    log_.blocked(now_, blocked);
  }
}

void ClockedController::choose_direction() {
  if (!controller_.has_direction()) {
    return;
  }
  const auto writes = static_cast<std::int64_t>(
      std::count_if(queue_.begin(), queue_.end(), [](const Entry& e) { return e.is_write; }));
  const auto reads = static_cast<std::int64_t>(queue_.size()) - writes;
  const bool forced = pim_.waits_for(queued_writes());
  const bool to_writes =
      forced || writes >= controller_.write_high_or_default() || (writes > 0 && reads == 0);
  const bool to_reads =
      !forced && ((writes <= controller_.write_low_or_default() && reads > 0) || writes == 0);
  if (writing_ ? to_reads : to_writes) {
    writing_ = !writing_;
    log_.direction(now_, writing_);
  }
}

void ClockedController::note_idleness() {
  for (int r = 0; r < spec_.ranks(); ++r) {
    if (queued_for_rank(r) || must_refresh(r) || may_refresh(r)) {
      rank(r).busy = now_;
    }
  }
}

void ClockedController::issue_on(int bus) {
  if (bus_free_[static_cast<std::size_t>(bus)] > now_) {
    return;
  }
  refresh_what_must(bus) || send_pim(bus) || serve_column(bus) || serve_row(bus) ||
      close_by_timeout(bus) || refresh_what_may(bus) || enter_power_down(bus);
}

void ClockedController::account() {
  for (int r = 0; r < spec_.ranks(); ++r) {
    const std::vector<int> banks = banks_of_rank(r);
    const auto open_banks = std::count_if(banks.begin(), banks.end(), [this](int index) {
      return bank(index).row.has_value() || now_ < bank(index).closing_until;
    });
    const bool open = open_banks > 0;
    RankStatistics& account = rank(r).account;
    const bool further = spec_.row_buffers.size() > 1 && !pim_.closing(banks).empty();
    account.further_open += further ? 1 : 0;
    if (now_ < rank(r).refreshed_until) {
      ++account.refreshing;
    } else if (rank(r).power == Power::kSelfRefresh) {
      ++account.self_refresh;
    } else if (rank(r).power == Power::kDown) {
      ++(open ? account.active_power_down : account.precharged_power_down);
    } else {
      ++(open ? account.active : account.precharged);
      account.open_bank_cycles += open_banks;
    }
  }
}

ChannelStatistics ClockedController::statistics() const {
  ChannelStatistics result;
  result.cycles = now_;
  result.access_bytes = static_cast<std::uint64_t>(spec_.access_bytes);
  result.layers = layers_;
  for (const auto& [index, account] : pim_.accounts()) {
    if (result.layers.size() <= index) {
      result.layers.resize(index + 1);
    }
    AccessStatistics& of_layer = result.layers[index];
    of_layer.pim_steps = account.steps;
    of_layer.pim_row_commands = account.row_commands;
    of_layer.pim_bytes_in = account.bytes_in;
    of_layer.pim_bytes_out = account.bytes_out;
  }
  for (const AccessStatistics& of_layer : result.layers) {
    result.total.add(of_layer);
  }
  result.commands = command_counts_;
  result.repetitions = repetitions_;
  result.pim_busy = pim_.busy();
  for (const Rank& each : ranks_) {
    result.ranks.push_back(each.account);
  }
  for (std::size_t i = 0; i < spec_.commands.size(); ++i) {
    const CommandKind kind = spec_.commands[i].kind;
    if (kind == CommandKind::kRead || kind == CommandKind::kReadPrecharge ||
        kind == CommandKind::kWrite || kind == CommandKind::kWritePrecharge) {
      result.data_bus_busy += static_cast<Cycle>(command_counts_[i]) * spec_.burst_cycles;
    }
  }
  return result;
}

}  // namespace orrery::memory::dram::test
