// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/rational.h"

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

// kind is one of the names of command_kind_names().
struct CommandDescription {
  LocatedText name;
  LocatedText kind;
  LocatedText scope;
  LocatedText bus;
  std::int64_t cycles = 1;
  LocatedText across;      // see Command::across; empty: none
  LocatedText row_buffer;  // which buffer it opens, closes or needs; empty: the first
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
};

// A choice of die density: what it changes.
struct DensityDescription {
  std::int64_t rows = 0;
  std::vector<ParameterDescription> timing;  // replaces parameters of the same names
};

// Data-sheet currents of one supply rail, in milliampere for each device.
struct Rail {
  std::string name;
  double volts = 0;
  double idd0 = 0;   // one bank, activate and precharge every tRC
  double idd2n = 0;  // precharged standby
  double idd3n = 0;  // active standby
  double idd4r = 0;  // burst read
  double idd4w = 0;  // burst write
  double idd5b = 0;  // all-bank refresh
};

// Energy from currents: sums over the rails, times `devices`, the number of devices that act on one
// command (1/2 when the currents are those of a channel of two pseudo-channels).
struct CurrentEnergy {
  std::vector<Rail> rails;
  base::Rational devices = 1;
  double constant_milliwatts = 0;  // for each rank (pseudo-channel), whatever it does
  std::string source;
};

// Energy where no public currents exist.
struct PerBitEnergy {
  double activate_picojoules = 0;  // for each ACT with its PRE
  double read_picojoules_per_bit = 0;
  double write_picojoules_per_bit = 0;
  double refresh_picojoules = 0;     // for each REF
  double background_milliwatts = 0;  // for each rank (pseudo-channel)
  std::string source;
};

// A DRAM standard as its file states it. Nothing is checked here; Spec is the checked form.
struct SpecDescription {
  std::string name;
  base::Rational tck = 0;                // femtoseconds
  std::vector<LevelDescription> levels;  // below the channel, outermost first, "bank" last
  std::int64_t rows = 0;
  std::int64_t columns = 0;  // bursts of a row
  std::int64_t access_bytes = 0;
  LocatedText data_bus = "channel";  // the level whose nodes have a data bus each
  std::vector<LocatedText> command_buses;
  std::vector<LocatedText> row_buffers = {"mem"};
  std::vector<CommandDescription> commands;
  std::vector<ParameterDescription> parameters;
  std::vector<ConstraintDescription> constraints;
  // Expressions in cycles.
  LocatedText burst_cycles = "nBL";
  LocatedText read_latency = "nCL";
  LocatedText write_latency = "nCWL";
  LocatedText refresh_interval = "nREFI";
  LocatedText refresh_cycles = "nRFC";  // how long a refresh keeps the rank busy
  LocatedText bank_refresh_cycles;      // likewise of refresh_banks; empty: there is none
  // Whether delays count from the last cycle of the earlier command to the last of the later one,
  // as the standards write them, or between first cycles.
  bool delays_between_last_cycles = false;
  // From the least significant bit above the burst: level names, "row", "column".
  std::vector<LocatedText> address_order;
  std::vector<std::pair<std::string, DensityDescription>> densities;
  LocatedText density;  // the one to take; empty: none
  std::optional<CurrentEnergy> currents;
  std::optional<PerBitEnergy> per_bit;
  base::SourcePosition where;
};

}  // namespace orrery::memory::dram
