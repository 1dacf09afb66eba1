// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/rational.h"
#include "numeric/element_type.h"
#include "numeric/pim_operation.h"

namespace orrery::memory::dram {

// A text of the user's input and where it stands, so that later mistakes can be located.
struct LocatedText {
  LocatedText() = default;
  LocatedText(const char* value) : text(value) {}             // NOLINT: specs written in C++
  LocatedText(std::string value) : text(std::move(value)) {}  // NOLINT: likewise
  LocatedText(int value) : text(std::to_string(value)) {}     // NOLINT: likewise
  LocatedText(std::string value, base::SourcePosition position, std::string path)
      : text(std::move(value)), where(std::move(position)), key_path(std::move(path)) {}

  std::string text;
  base::SourcePosition where;
  std::string key_path;
};

struct LevelDescription {
  LocatedText name;
  std::int64_t count = 1;
};

// Of the banks of a command's node it acts on one part at a time: those whose index at `level`
// (within the node above) falls into the part. The indices are cut into `parts` of neighbours, or
// dealt out in turn (`interleaved`: even and odd ones).
struct SubsetDescription {
  LocatedText level;
  std::int64_t parts = 2;
  bool interleaved = false;
};

// What one issue of a command (one repetition, where it has some) costs in events of ordinary
// commands, and beside them.
struct CommandEnergy {
  double activates = 0;
  double reads = 0;
  double writes = 0;
  double picojoules = 0;
  std::string source;
};

// kind is one of the names of command_kind_names().
struct CommandDescription {
  LocatedText name;
  LocatedText kind;
  LocatedText scope;
  LocatedText bus;
  std::int64_t cycles = 1;
  LocatedText across;      // see Command::across; empty: none
  LocatedText row_buffer;  // which buffer it opens, closes or needs; empty: see Command::row_buffer
  // Of PIM commands; see Command.
  std::optional<SubsetDescription> subset;
  LocatedText opens_with;
  LocatedText closes_with;
  std::int64_t count = 1;
  LocatedText latency;
  LocatedText admission;
  std::int64_t bytes_in = 0;
  std::int64_t bytes_out = 0;
  numeric::PimOperation operation = numeric::PimOperation::kNone;
  std::optional<CommandEnergy> energy;
  std::optional<CommandEnergy> issue_energy;
};

// A command with its operands, as a mode change needs it.
struct StepDescription {
  LocatedText command;
  std::int64_t bank = 0;
  std::int64_t row = 0;
  std::int64_t column = 0;
};

// name = expression over other parameters; see evaluate().
struct ParameterDescription {
  LocatedText name;
  LocatedText value;
};

struct ConstraintDescription {
  LocatedText scope;
  bool sibling = false;  // between different nodes of that level under one parent
  std::vector<LocatedText> earlier;
  std::vector<LocatedText> later;
  LocatedText delay;
  std::int64_t window = 1;
  std::int64_t every = 1;  // see Constraint::every
};

// Data-sheet currents of one supply rail, in milliampere for each device. Those of commands are the
// whole current while the command lasts, standby included. What is not public stays empty: energy()
// then refuses to charge what would need it.
struct Rail {
  std::string name;
  double volts = 0;
  double idd2n = 0;                 // precharged standby
  double idd3n = 0;                 // active standby
  std::optional<double> idd0;       // one bank, activate and precharge every tRC
  std::optional<double> idd4r;      // burst read
  std::optional<double> idd4w;      // burst write
  std::optional<double> idd5b;      // all-bank refresh, during tRFC
  std::optional<double> idd5_bank;  // refresh of a set of banks (IDD5PB, IDD5C), during its tRFC
  std::optional<double> idd2p;      // precharged power-down
  std::optional<double> idd3p;      // active power-down
  std::optional<double> idd6;       // self refresh
};

// What further row buffers of a rank draw beside the standby of the first, in milliampere for each
// device.
struct BufferStandby {
  double closed = 0;  // no row open in them
  double open = 0;    // a row open in some bank
  std::string source;
};

// Energy from currents: sums over the rails, times `devices`, the number of devices that act on one
// command (1/2 when the currents are those of a channel of two pseudo-channels).
struct CurrentEnergy {
  std::vector<Rail> rails;  // the main supply first
  base::Rational devices = 1;
  // The share of the active standby's excess over the precharged one that is paid as soon as one
  // bank is open; the rest is paid for each open bank.
  double rho = 1;
  double constant_milliwatts = 0;  // for each rank (pseudo-channel), whatever it does
  // Of an ACT with its PRE on one rank (pseudo-channel), where IDD0 gives no sensible figure.
  std::optional<double> activate_picojoules;
  // Refreshing sets of banks costs, above standby and over time, what refreshing all banks at once
  // costs; taken where no current of it is public.
  bool bank_refresh_as_share = false;
  // Of row buffers beyond the first, all together; at the voltage of the main rail.
  std::optional<BufferStandby> further_buffers;
  std::string source;
};

// Energy where no public currents exist.
struct PerBitEnergy {
  double activate_picojoules = 0;  // for each ACT with its PRE
  double read_picojoules_per_bit = 0;
  double write_picojoules_per_bit = 0;
  double refresh_picojoules = 0;     // for each REF; a refresh of a set of banks costs its share
  double background_milliwatts = 0;  // for each rank (pseudo-channel), whatever it does
  std::string source;
};

// A choice of die density (and width): what it changes.
struct DensityDescription {
  std::optional<std::int64_t> rows;
  std::optional<std::int64_t> columns;
  std::vector<LevelDescription> levels;      // replaces the counts of levels of the same names
  std::vector<ParameterDescription> timing;  // replaces parameters of the same names
  // Either replaces both of the standard.
  std::optional<CurrentEnergy> currents;
  std::optional<PerBitEnergy> per_bit;
};

// A DRAM standard as its file states it. Nothing is checked here; Spec is the checked form.
struct SpecDescription {
  std::string name;
  base::Rational tck = 0;                // femtoseconds
  std::vector<LevelDescription> levels;  // below the channel, outermost first, "bank" last
  std::int64_t rows = 0;
  std::int64_t columns = 0;  // bursts of a row
  std::int64_t access_bytes = 0;
  std::int64_t pim_column_bytes = 0;  // 0: access_bytes
  std::vector<numeric::ElementType> multiplies = {
      numeric::ElementType::kFp16, numeric::ElementType::kBf16, numeric::ElementType::kFp32};
  LocatedText data_bus = "channel";  // the level whose nodes have a data bus each
  std::vector<LocatedText> command_buses;
  std::vector<LocatedText> row_buffers = {"mem"};
  std::vector<CommandDescription> commands;
  std::vector<ParameterDescription> parameters;
  std::vector<ConstraintDescription> constraints;
  std::vector<ConstraintDescription>
      pim_constraints;  // likewise; apart, so that a file can add them
  std::vector<ConstraintDescription> further_constraints;  // likewise, of a variant of such a file
  // Expressions in cycles.
  LocatedText burst_cycles = "nBL";
  LocatedText read_latency = "nCL";
  LocatedText write_latency = "nCWL";
  LocatedText refresh_interval = "nREFI";
  LocatedText refresh_cycles = "nRFC";  // how long a refresh keeps the rank busy
  LocatedText bank_refresh_cycles;      // likewise of refresh_banks; empty: there is none
  LocatedText bank_refresh_interval;    // empty: the refresh interval
  // Whether delays count from the last cycle of the earlier command to the last of the later one,
  // and latencies from the last cycle of the column command, as the standards write them; or both
  // from first cycles, as Spec has them.
  bool delays_between_last_cycles = false;
  // From the least significant bit above the burst: level names, "row", "column".
  std::vector<LocatedText> address_order;
  std::vector<std::pair<std::string, DensityDescription>> densities;
  LocatedText density;  // the one to take; empty: none
  // What a channel sends before the first and after the last of successive PIM commands.
  std::vector<StepDescription> enter_pim;
  std::vector<StepDescription> leave_pim;
  std::optional<CurrentEnergy> currents;
  std::optional<PerBitEnergy> per_bit;
  base::SourcePosition where;
};

}  // namespace orrery::memory::dram
