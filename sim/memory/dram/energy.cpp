// SPDX-License-Identifier: Apache-2.0
#include "memory/dram/energy.h"

#include "base/error.h"

namespace orrery::memory::dram {

void Energy::add(const Energy& other) {
  activate_precharge += other.activate_precharge;
  read += other.read;
  write += other.write;
  refresh += other.refresh;
  background_active += other.background_active;
  background_precharged += other.background_precharged;
  constant += other.constant;
  family = other.family;
  source = other.source;
}

namespace {

struct Totals {
  double activates = 0;
  double reads = 0;
  double writes = 0;
  double refreshes = 0;
  double active_ns = 0;      // summed over ranks, refreshing included
  double precharged_ns = 0;  // summed over ranks
};

double count(const ChannelStatistics& statistics, const Spec& spec, CommandKind kind) {
  const int command = spec.command(kind);
  return command < 0 ? 0
                     : static_cast<double>(statistics.commands[static_cast<std::size_t>(command)]);
}

double tck_ns(const Spec& spec) {
  constexpr double kFemtosecondsPerNanosecond = 1e6;
  return base::to_double(spec.tck) / kFemtosecondsPerNanosecond;
}

Totals totals_of(const ChannelStatistics& statistics, const Spec& spec) {
  Totals totals;
  totals.activates = count(statistics, spec, CommandKind::kActivate);
  totals.reads = count(statistics, spec, CommandKind::kRead) +
                 count(statistics, spec, CommandKind::kReadPrecharge);
  totals.writes = count(statistics, spec, CommandKind::kWrite) +
                  count(statistics, spec, CommandKind::kWritePrecharge);
  totals.refreshes = count(statistics, spec, CommandKind::kRefreshAll);
  for (const RankStatistics& rank : statistics.ranks) {
    totals.active_ns += static_cast<double>(rank.active + rank.refreshing) * tck_ns(spec);
    totals.precharged_ns += static_cast<double>(rank.precharged) * tck_ns(spec);
  }
  return totals;
}

Energy from_currents(const Totals& totals, const Spec& spec, const CurrentEnergy& currents) {
  const double ns = tck_ns(spec);
  const double ras = static_cast<double>(spec.parameter("nRAS")) * ns;
  const double rp = static_cast<double>(spec.parameter("nRP")) * ns;
  const double burst = static_cast<double>(spec.burst_cycles) * ns;
  const double rfc = static_cast<double>(spec.refresh_cycles) * ns;
  const double devices = base::to_double(currents.devices);
  Energy energy;
  for (const Rail& rail : currents.rails) {
    const double scale = devices * rail.volts;
    energy.activate_precharge +=
        totals.activates * scale * (rail.idd0 * (ras + rp) - rail.idd3n * ras - rail.idd2n * rp);
    energy.read += totals.reads * scale * (rail.idd4r - rail.idd3n) * burst;
    energy.write += totals.writes * scale * (rail.idd4w - rail.idd3n) * burst;
    energy.refresh += totals.refreshes * scale * (rail.idd5b - rail.idd3n) * rfc;
    energy.background_active += scale * rail.idd3n * totals.active_ns;
    energy.background_precharged += scale * rail.idd2n * totals.precharged_ns;
  }
  energy.constant = currents.constant_milliwatts * (totals.active_ns + totals.precharged_ns);
  energy.family = "currents";
  energy.source = currents.source;
  return energy;
}

Energy from_bits(const Totals& totals, const Spec& spec, const PerBitEnergy& per_bit) {
  constexpr double kBitsPerByte = 8;
  const double bits = static_cast<double>(spec.access_bytes) * kBitsPerByte;
  Energy energy;
  energy.activate_precharge = totals.activates * per_bit.activate_picojoules;
  energy.read = totals.reads * bits * per_bit.read_picojoules_per_bit;
  energy.write = totals.writes * bits * per_bit.write_picojoules_per_bit;
  energy.refresh = totals.refreshes * per_bit.refresh_picojoules;
  energy.constant = per_bit.background_milliwatts * (totals.active_ns + totals.precharged_ns);
  energy.family = "energy per bit";
  energy.source = per_bit.source;
  return energy;
}

}  // namespace

namespace {

Energy charge(const Totals& totals, const Spec& spec) {
  if (spec.currents) {
    return from_currents(totals, spec, *spec.currents);
  }
  if (spec.per_bit) {
    return from_bits(totals, spec, *spec.per_bit);
  }
  throw base::UserError(base::Diagnostic{
      {}, "", spec.name + " has neither currents nor energies per bit", "one of them", ""});
}

}  // namespace

Energy energy(const ChannelStatistics& statistics, const Spec& spec) {
  return charge(totals_of(statistics, spec), spec);
}

Energy access_energy(const AccessStatistics& statistics, const Spec& spec) {
  Totals totals;
  totals.activates = static_cast<double>(statistics.activates);
  totals.reads = static_cast<double>(statistics.read_bursts - statistics.forwarded);
  totals.writes = static_cast<double>(statistics.write_bursts);
  return charge(totals, spec);
}

}  // namespace orrery::memory::dram
