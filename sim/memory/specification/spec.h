// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/rational.h"
#include "memory/address/channel_fields.h"
#include "memory/specification/spec_description.h"

namespace orrery::memory::dram {

using base::Cycle;

enum class CommandKind : std::uint8_t {
  kActivate,
  kPrecharge,
  kPrechargeAll,
  kRead,
  kReadPrecharge,
  kWrite,
  kWritePrecharge,
  kRefreshAll,
  kRefreshBanks,  // a bank, or with `across` a set of banks
  kPowerDown,
  kPowerDownExit,
  kSelfRefresh,
  kSelfRefreshExit,
  kPimActivate,   // opens a row in every bank it acts on
  kPimPrecharge,  // closes the rows of every bank it acts on
  kPimCompute,    // works on the open rows of every bank it acts on
  kPimMove,       // between rows, buffers, accumulators and the host
  kPimControl,    // registers and modes
  kPimHeader,     // takes no bus: announces what follows
  kOther,         // constrained like any command, never issued by the read and write path
};

// Whether it is a command for processing in memory.
[[nodiscard]] inline bool is_pim(CommandKind kind) {
  return kind >= CommandKind::kPimActivate && kind <= CommandKind::kPimHeader;
}

// The names of the kinds in spec files, in the order of the enumeration.
[[nodiscard]] const std::vector<std::string>& command_kind_names();

// A level of the organisation. Level 0 is the channel itself.
struct Level {
  std::string name;
  int count = 1;  // within one node of the level above
  int nodes = 1;  // in the channel
};

struct Command {
  std::string name;
  CommandKind kind = CommandKind::kOther;
  int scope = 0;  // the level of the node it addresses
  // The level over all whose nodes it acts together, -1 for none: on every bank of the rank that
  // differs from the addressed one only there (DDR5 REFsb: bank_group).
  int across = -1;
  int bus = 0;
  int cycles = 1;  // for which it holds its bus; it is named by the first
  // Which it opens, closes or needs: the first where the description names none. -1: none, so kinds
  // pim_move and pim_control without a name.
  int row_buffer = 0;
  // Of its node's banks, the part with the same index at this level; see SubsetDescription. -1:
  // all.
  int subset_level = -1;
  int subset_parts = 1;
  bool subset_interleaved = false;
  // The commands that open and close the rows it needs, with all the banks that these act on; -1:
  // whatever fits.
  int opens_with = -1;
  int closes_with = -1;
  // A composite command takes its bus once for up to so many repetitions.
  int most_count = 1;
  // By count: cycles from its issue until its effect is complete, data at the controller included.
  // Empty: it is complete after `cycles`.
  std::vector<Cycle> latency;
  // An expression in cycles over the parameters and over activates, precharges, count and results
  // of what it begins: it is sent only while less than that lies before the next refresh. Empty:
  // always.
  std::string admission;
  std::int64_t bytes_in = 0;   // from the host, each repetition
  std::int64_t bytes_out = 0;  // to the host, each issue
  numeric::PimOperation operation = numeric::PimOperation::kNone;
  std::optional<CommandEnergy> energy;        // of each repetition
  std::optional<CommandEnergy> issue_energy;  // of each issue, beside that

  [[nodiscard]] Cycle latency_of(std::uint32_t count) const {
    return latency.empty() ? cycles : latency[count];
  }
};

// A command of a channel with all its operands.
struct CommandStep {
  int command = 0;
  std::uint32_t bank = 0;  // one of those it acts on
  std::uint32_t row = 0;
  std::uint32_t column = 0;
};

// After one of `earlier` has been issued `window` times at a node of `scope`, no command of `later`
// may be issued there before `delay` cycles have passed since the first of these. With `sibling`:
// there means at the other nodes of that level under the same parent. With `every` above 1 (window
// is 1 and sibling false then) only each every-th of the earlier commands at a node counts, the
// first time the every-th: HBM's refreshes of single banks rest after a full round.
struct Constraint {
  int scope = 0;
  bool sibling = false;
  std::vector<int> earlier;
  std::vector<int> later;
  Cycle delay = 0;
  int window = 1;
  int every = 1;
  std::string text;  // of the delay
  // By count of the earlier command, where the delay depends on it; `delay` is that of count 1.
  std::vector<Cycle> delay_by_count;

  [[nodiscard]] Cycle delay_after(std::uint32_t count) const {
    return delay_by_count.empty() ? delay : delay_by_count[count];
  }
};

struct Parameter {
  std::string name;
  Cycle value = 0;
};

// A DRAM standard, checked: every name resolved, every delay an integer number of cycles.
struct Spec {
  std::string name;
  base::Rational tck;  // femtoseconds
  std::vector<Level> levels;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t access_bytes = 0;
  std::int64_t pim_column_bytes = 0;             // of a bank's row, as PIM commands count columns
  std::vector<numeric::ElementType> multiplies;  // what PIM commands multiply
  int data_bus_scope = 0;                        // the level whose nodes have a data bus each
  std::vector<std::string> command_buses;
  std::vector<std::string> row_buffers;
  std::vector<Command> commands;
  std::vector<Parameter> parameters;
  std::vector<Constraint> constraints;
  Cycle burst_cycles = 0;
  Cycle read_latency = 0;  // from the first cycle of RD to the first of its data
  Cycle write_latency = 0;
  Cycle refresh_interval = 0;
  Cycle refresh_cycles = 0;
  int refresh_scope = 0;                   // the level a refresh acts on
  Cycle bank_refresh_cycles = 0;           // how long kRefreshBanks keeps its banks busy
  Cycle bank_refresh_interval = 0;         // in which every bank gets one kRefreshBanks
  std::vector<std::string> address_order;  // from the least significant bit
  std::vector<CommandStep> enter_pim;      // see SpecDescription
  std::vector<CommandStep> leave_pim;
  std::optional<ChannelFields> fields;  // set by a tier's address map: instead of address_order
  std::optional<CurrentEnergy> currents;
  std::optional<PerBitEnergy> per_bit;

  // Checks everything and throws UserError with all mistakes found.
  [[nodiscard]] static Spec from(const SpecDescription& description);

  [[nodiscard]] int banks() const { return levels.back().nodes; }
  [[nodiscard]] int ranks() const { return levels[static_cast<std::size_t>(refresh_scope)].nodes; }
  // Data buses of the channel: one, or one for each pseudo-channel. Together they carry
  // data_buses() * access_bytes every burst_cycles.
  [[nodiscard]] int data_buses() const {
    return levels[static_cast<std::size_t>(data_bus_scope)].nodes;
  }
  // How many kRefreshBanks refresh each bank of a rank once; 0 where there is no such command.
  [[nodiscard]] int refresh_sets() const;
  // Whether there are commands for processing in memory.
  [[nodiscard]] bool has_pim() const;
  // The banks a command acts on when it is addressed by any bank of them, as a mask.
  [[nodiscard]] std::uint64_t banks_of(int command, unsigned bank) const;
  // Of the channel, all its data buses always busy.
  [[nodiscard]] double peak_bytes_per_second() const;
  [[nodiscard]] std::int64_t capacity_bytes() const {
    return banks() * rows * columns * access_bytes;
  }
  [[nodiscard]] base::ClockDomain clock() const { return base::ClockDomain(tck); }

  // The first command of a kind. -1 says that there is none, which happens for kOther, the two with
  // automatic precharge and everything after kRefreshAll.
  [[nodiscard]] int command(CommandKind kind) const;
  // By name; an unknown name is an invariant broken by the caller.
  [[nodiscard]] int command(std::string_view command_name) const;
  [[nodiscard]] int level(std::string_view level_name) const;
  [[nodiscard]] Cycle parameter(std::string_view parameter_name) const;
};

}  // namespace orrery::memory::dram
