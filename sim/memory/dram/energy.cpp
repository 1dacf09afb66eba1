// SPDX-License-Identifier: Apache-2.0
#include "memory/dram/energy.h"

#include <fmt/format.h>

#include <bit>

#include "base/error.h"

namespace orrery::memory::dram {

void Energy::add(const Energy& other) {
  activate_precharge += other.activate_precharge;
  read += other.read;
  write += other.write;
  refresh += other.refresh;
  background_active += other.background_active;
  background_precharged += other.background_precharged;
  background_power_down += other.background_power_down;
  background_buffers += other.background_buffers;
  self_refresh += other.self_refresh;
  pim += other.pim;
  constant += other.constant;
  family = other.family;
  source = other.source;
}

namespace {

// Commands by number, states by nanoseconds summed over the ranks.
struct Totals {
  double activates = 0;
  double reads = 0;
  double writes = 0;
  double refreshes = 0;
  double bank_refreshes = 0;
  double active = 0;
  double open_banks = 0;  // summed over the banks
  double refreshing = 0;
  double precharged = 0;
  double active_power_down = 0;
  double precharged_power_down = 0;
  double self_refresh = 0;
  double further_open = 0;  // within the states

  [[nodiscard]] double time() const {
    return active + refreshing + precharged + active_power_down + precharged_power_down +
           self_refresh;
  }
};

double nanoseconds(const Spec& spec, Cycle cycles) {
  constexpr double kFemtosecondsPerNanosecond = 1e6;
  return static_cast<double>(cycles) * base::to_double(spec.tck) / kFemtosecondsPerNanosecond;
}

double count(const ChannelStatistics& statistics, const Spec& spec, CommandKind kind) {
  const int command = spec.command(kind);
  return command < 0 ? 0
                     : static_cast<double>(statistics.commands[static_cast<std::size_t>(command)]);
}

Totals totals_of(const ChannelStatistics& statistics, const Spec& spec) {
  Totals totals;
  totals.activates = count(statistics, spec, CommandKind::kActivate);
  totals.reads = count(statistics, spec, CommandKind::kRead) +
                 count(statistics, spec, CommandKind::kReadPrecharge);
  totals.writes = count(statistics, spec, CommandKind::kWrite) +
                  count(statistics, spec, CommandKind::kWritePrecharge);
  totals.refreshes = count(statistics, spec, CommandKind::kRefreshAll);
  totals.bank_refreshes = count(statistics, spec, CommandKind::kRefreshBanks);
  for (const RankStatistics& rank : statistics.ranks) {
    totals.active += nanoseconds(spec, rank.active);
    totals.open_banks += nanoseconds(spec, rank.open_bank_cycles);
    totals.refreshing += nanoseconds(spec, rank.refreshing);
    totals.precharged += nanoseconds(spec, rank.precharged);
    totals.active_power_down += nanoseconds(spec, rank.active_power_down);
    totals.precharged_power_down += nanoseconds(spec, rank.precharged_power_down);
    totals.self_refresh += nanoseconds(spec, rank.self_refresh);
    totals.further_open += nanoseconds(spec, rank.further_open);
  }
  return totals;
}

// What one refresh of a set of banks renews of what one all-bank refresh renews: in the same time
// both renew everything once.
double share_of_refresh(const Spec& spec) {
  return static_cast<double>(spec.bank_refresh_interval) /
         static_cast<double>(spec.refresh_interval) / spec.refresh_sets();
}

// Charges one rail after the other and collects the currents that were needed and are not known.
class CurrentModel {
 public:
  CurrentModel(const Totals& totals, const Spec& spec)
      : totals_(totals), spec_(spec), currents_(*spec.currents) {}

  Energy charge() {
    for (const Rail& rail : currents_.rails) {
      main_ = &rail == &currents_.rails.front();
      scale_ = base::to_double(currents_.devices) * rail.volts;
      charge_commands(rail);
      charge_states(rail);
    }
    missing_.throw_if_any();
    if (currents_.activate_picojoules) {
      energy_.activate_precharge = totals_.activates * *currents_.activate_picojoules;
    }
    energy_.constant = currents_.constant_milliwatts * totals_.time();
    if (currents_.further_buffers) {
      charge_further_buffers(*currents_.further_buffers);
    }
    energy_.family = "currents";
    energy_.source = currents_.source;
    return energy_;
  }

 private:
  using Current = std::optional<double> Rail::*;

  void complain(const Rail& rail, const char* what, const char* key) {
    missing_.add({{},
                  "",
                  fmt::format("{}: energy of {} is asked for, and rail '{}' has no {}", spec_.name,
                              what, rail.name, key),
                  "a public current, or a run without it",
                  ""});
  }

  // What a command draws above `standby`. Rails besides the main one count what they have.
  double excess(const Rail& rail, Current current, double standby, double amount, const char* what,
                const char* key) {
    if (rail.*current) {
      return amount * scale_ * (*(rail.*current) - standby);
    }
    if (main_ && amount > 0) {
      complain(rail, what, key);
    }
    return 0;
  }

  double state(const Rail& rail, Current current, double time, const char* what, const char* key) {
    if (!(rail.*current) && time > 0) {
      complain(rail, what, key);
    }
    return scale_ * (rail.*current).value_or(0) * time;
  }

  void charge_commands(const Rail& rail) {
    const double burst = nanoseconds(spec_, spec_.burst_cycles);
    energy_.read += excess(rail, &Rail::idd4r, rail.idd3n, totals_.reads * burst, "RD", "idd4r");
    energy_.write += excess(rail, &Rail::idd4w, rail.idd3n, totals_.writes * burst, "WR", "idd4w");
    energy_.refresh += refresh(rail, totals_.refreshes);
    if (totals_.bank_refreshes > 0) {
      energy_.refresh += bank_refresh(rail, totals_.bank_refreshes);
    }
    if (!currents_.activate_picojoules) {
      energy_.activate_precharge += activation(rail);
    }
  }

  double activation(const Rail& rail) {
    const double ras = nanoseconds(spec_, spec_.parameter("nRAS"));
    const double rp = nanoseconds(spec_, spec_.parameter("nRP"));
    const double standby = (with_open_banks(rail, 1) * ras + rail.idd2n * rp) / (ras + rp);
    return excess(rail, &Rail::idd0, standby, totals_.activates * (ras + rp), "ACT", "idd0");
  }

  double refresh(const Rail& rail, double number) {
    return excess(rail, &Rail::idd5b, rail.idd3n, number * nanoseconds(spec_, spec_.refresh_cycles),
                  "REF", "idd5b");
  }

  double bank_refresh(const Rail& rail, double number) {
    if (currents_.bank_refresh_as_share) {
      return refresh(rail, number * share_of_refresh(spec_));
    }
    const int command = spec_.command(CommandKind::kRefreshBanks);
    const double standby = with_open_banks(rail, std::popcount(spec_.banks_of(command, 0)));
    return excess(rail, &Rail::idd5_bank, standby,
                  number * nanoseconds(spec_, spec_.bank_refresh_cycles),
                  "a refresh of a set of banks", "idd5_bank");
  }

  void charge_states(const Rail& rail) {
    const double first = with_open_banks(rail, 0);
    const double each = with_open_banks(rail, 1) - first;
    energy_.background_active += scale_ * (first * totals_.active + each * totals_.open_banks +
                                           rail.idd3n * totals_.refreshing);
    energy_.background_precharged += scale_ * rail.idd2n * totals_.precharged;
    energy_.background_power_down +=
        state(rail, &Rail::idd3p, totals_.active_power_down, "active power-down", "idd3p") +
        state(rail, &Rail::idd2p, totals_.precharged_power_down, "precharged power-down", "idd2p");
    energy_.self_refresh += state(rail, &Rail::idd6, totals_.self_refresh, "self refresh", "idd6");
  }

  void charge_further_buffers(const BufferStandby& standby) {
    const double closed = totals_.time() - totals_.further_open;
    energy_.background_buffers = base::to_double(currents_.devices) *
                                 currents_.rails.front().volts *
                                 (standby.closed * closed + standby.open * totals_.further_open);
  }

  // I_n of energy.h, of an active rank.
  [[nodiscard]] double with_open_banks(const Rail& rail, int open) const {
    const double banks = spec_.banks() / spec_.ranks();
    const double first = rail.idd2n + currents_.rho * (rail.idd3n - rail.idd2n);
    return first + open * (rail.idd3n - first) / banks;
  }

  const Totals& totals_;
  const Spec& spec_;
  const CurrentEnergy& currents_;
  bool main_ = true;  // whether the rail that is being charged is the first
  double scale_ = 0;  // its volts times devices
  Energy energy_;
  base::Diagnostics missing_;
};

Energy from_bits(const Totals& totals, const Spec& spec, const PerBitEnergy& per_bit) {
  constexpr double kBitsPerByte = 8;
  const double bits = static_cast<double>(spec.access_bytes) * kBitsPerByte;
  Energy energy;
  energy.activate_precharge = totals.activates * per_bit.activate_picojoules;
  energy.read = totals.reads * bits * per_bit.read_picojoules_per_bit;
  energy.write = totals.writes * bits * per_bit.write_picojoules_per_bit;
  energy.refresh = totals.refreshes * per_bit.refresh_picojoules;
  if (totals.bank_refreshes > 0) {
    energy.refresh += totals.bank_refreshes * per_bit.refresh_picojoules * share_of_refresh(spec);
  }
  energy.constant = per_bit.background_milliwatts * totals.time();
  energy.family = "energy per bit";
  energy.source = per_bit.source;
  return energy;
}

Energy charge(const Totals& totals, const Spec& spec) {
  if (spec.currents) {
    return CurrentModel(totals, spec).charge();
  }
  if (spec.per_bit) {
    return from_bits(totals, spec, *spec.per_bit);
  }
  throw base::UserError(base::Diagnostic{
      {}, "", spec.name + " has neither currents nor energies per bit", "one of them", ""});
}

// What PIM commands cost in events of ordinary ones; adds what stands beside these to picojoules.
Totals pim_events(const ChannelStatistics& statistics, const Spec& spec, double& picojoules) {
  Totals totals;
  base::Diagnostics missing;
  const auto add = [&](const std::optional<CommandEnergy>& cost, double number) {
    if (cost) {
      totals.activates += number * cost->activates;
      totals.reads += number * cost->reads;
      totals.writes += number * cost->writes;
      picojoules += number * cost->picojoules;
    }
  };
  for (std::size_t i = 0; i < statistics.repetitions.size(); ++i) {
    const Command& command = spec.commands[i];
    if (statistics.repetitions[i] == 0 || !is_pim(command.kind)) {
      continue;
    }
    const bool free =
        command.kind == CommandKind::kPimPrecharge || command.kind == CommandKind::kPimControl;
    if (!free && !command.energy && !command.issue_energy) {
      missing.add({{},
                   "",
                   fmt::format("{}: energy of {} is asked for, and the command has no 'energy'",
                               spec.name, command.name),
                   "an energy with its source, or a run without it",
                   ""});
    }
    add(command.energy, static_cast<double>(statistics.repetitions[i]));
    add(command.issue_energy, static_cast<double>(statistics.commands[i]));
  }
  missing.throw_if_any();
  return totals;
}

}  // namespace

Energy energy(const ChannelStatistics& statistics, const Spec& spec) {
  Energy result = charge(totals_of(statistics, spec), spec);
  if (spec.has_pim()) {
    double picojoules = 0;
    const Energy events = charge(pim_events(statistics, spec, picojoules), spec);
    result.pim = events.activate_precharge + events.read + events.write + picojoules;
  }
  return result;
}

Energy access_energy(const AccessStatistics& statistics, const Spec& spec) {
  Totals totals;
  totals.activates = static_cast<double>(statistics.activates);
  totals.reads = static_cast<double>(statistics.read_bursts - statistics.forwarded);
  totals.writes = static_cast<double>(statistics.write_bursts);
  return charge(totals, spec);
}

}  // namespace orrery::memory::dram
