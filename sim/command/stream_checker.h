// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "command/command.h"
#include "command/extents.h"

namespace orrery::command {

// A mistake in one field of a header or a command, without its place in the file.
struct Problem {
  std::string field;  // key of the text form; "stage 2" for the second stage
  std::string message;
  std::string expected;
  std::string suggestion;
};
using Problems = std::vector<Problem>;

// Longest text and most names of a kind in a header.
inline constexpr std::size_t kLongestText = 64 << 10;
inline constexpr std::size_t kMostEngines = 65'533;  // three values of the index are marks
inline constexpr std::size_t kMostTiers = 65'535;
inline constexpr std::size_t kMostStages = 64;
inline constexpr std::size_t kMostPimCommands = 65'535;
inline constexpr std::size_t kMostPimDigits = 32;  // of one index
inline constexpr std::size_t kMostPimSteps = 1 << 16;
inline constexpr std::size_t kMostDependencies = 65'535;
inline constexpr std::size_t kMostRendezvous = 1 << 20;

// Whether the text is well-formed UTF-8.
[[nodiscard]] bool is_utf8(std::string_view text);

// A PIM memory of a file and its commands among those of the adopted header.
struct PimIndex {
  std::uint16_t memory = 0;
  std::vector<std::uint16_t> commands;
};

// What the two forms of a stream demand of its contents, whatever the form.
class StreamChecker {
 public:
  explicit StreamChecker(std::optional<Extents> extents) : extents_(std::move(extents)) {}

  // Checks the header that the file holds. Where the machine's order of names is known, it replaces
  // that of the header. Call once, before all else.
  void adopt(StreamHeader& header, Problems& problems);

  // Index in the adopted header of the file's engine and tier.
  [[nodiscard]] EngineIndex engine(EngineIndex in_file) const { return engine_index_[in_file]; }
  [[nodiscard]] std::uint16_t tier(std::uint16_t in_file) const { return tier_index_[in_file]; }
  [[nodiscard]] Space space(const Space& in_file) const;

  // And of its PIM memory, and of a command of that.
  [[nodiscard]] std::uint16_t pim_memory(std::size_t in_file) const {
    return pim_index_[in_file].memory;
  }
  [[nodiscard]] std::uint16_t pim_command(std::size_t memory_in_file, std::size_t in_file) const {
    return pim_index_[memory_in_file].commands[in_file];
  }

  // The number that the next command must have.
  [[nodiscard]] CommandId next_id() const { return engines_.size() + 1; }

  // Checks the next command; its engines and tiers are those of the adopted header and known to be
  // in range. After a wrong number nothing more can be checked.
  void check(const Command& command, Problems& problems);
  // A command that could not be read: nothing is said about those that wait for it.
  void skip();
  // At the end of the stream: what the header has promised and no command has done.
  void check_end(Problems& problems) const;

 private:
  void check_after(const Command& command, Problems& problems) const;
  void adopt_engines(StreamHeader& header, Problems& problems);
  void adopt_tiers(StreamHeader& header, Problems& problems);
  void adopt_uses(StreamHeader& header, Problems& problems) const;
  void adopt_pim_memories(StreamHeader& header, Problems& problems);
  void check_rendezvous(std::uint64_t number, Problems& problems);
  void check_channel(const PimProgram& program, EngineIndex engine, Problems& problems);

  std::optional<Extents> extents_;
  StreamHeader header_;  // without its layers
  std::size_t layers_ = 0;
  std::vector<EngineIndex> engine_index_;
  std::vector<std::uint16_t> tier_index_;
  std::vector<PimIndex> pim_index_;
  std::vector<EngineIndex> engines_;  // of the commands so far
  std::map<std::pair<std::uint16_t, std::int64_t>, EngineIndex> channel_engine_;  // of PIM memories
  std::size_t next_rendezvous_ = 0;  // in the header's list
  bool may_have_met_ = false;        // a command that could not be read
};

}  // namespace orrery::command
