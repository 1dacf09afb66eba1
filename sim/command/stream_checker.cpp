// SPDX-License-Identifier: Apache-2.0
#include "command/stream_checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "command/body_checker.h"
#include "command/form_names.h"
#include "command/pim_memory_checker.h"
#include "command/pim_memory_matcher.h"

namespace orrery::command {
namespace {

// Marks among the engines of the commands so far.
constexpr EngineIndex kBarrierMark = 0xFFFF;
constexpr EngineIndex kUnknownMark = 0xFFFE;
constexpr EngineIndex kRendezvousMark = 0xFFFD;

// Length of the UTF-8 sequence that begins with this byte, 0 where none does.
int sequence_length(unsigned char lead) {
  struct Range {
    unsigned char first;
    unsigned char last;
    int length;
  };
  static constexpr std::array<Range, 4> kRanges{
      {{0x00, 0x7F, 1}, {0xC2, 0xDF, 2}, {0xE0, 0xEF, 3}, {0xF0, 0xF4, 4}}};
  for (const Range& range : kRanges) {
    if (lead >= range.first && lead <= range.last) {
      return range.length;
    }
  }
  return 0;
}

// Over-long forms, surrogates and numbers beyond the last are told by the second byte.
bool is_second(unsigned char lead, unsigned char second) {
  const unsigned char least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  return second >= least && second <= most;
}

std::vector<std::string> keys(const std::map<std::string, std::int64_t>& sizes) {
  std::vector<std::string> names;
  for (const auto& [name, size] : sizes) {
    names.push_back(name);
  }
  return names;
}

Problem unknown(std::string field, const char* what, const std::string& name,
                const std::vector<std::string>& known) {
  return {std::move(field), fmt::format("the platform has no {} '{}'", what, name),
          "one of " + config::join(known, ", "), base::nearest_name(name, known)};
}

void check_unique(const std::vector<std::string>& names, const char* what, Problems& problems) {
  std::map<std::string, std::size_t> first;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!first.emplace(names[i], i).second) {
      problems.push_back({fmt::format("{} {}", what, i + 1),
                          fmt::format("a second {} '{}'", what, names[i]), "names that differ",
                          ""});
    }
  }
}

// Replaces the file's names by the machine's; gives the index of each name of the file there.
std::vector<std::uint16_t> replace(std::vector<std::string>& names,
                                   const std::vector<std::string>& known, const char* what,
                                   Problems& problems) {
  std::vector<std::uint16_t> index;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (known.empty()) {
      index.push_back(static_cast<std::uint16_t>(i));
      continue;
    }
    const auto found = std::find(known.begin(), known.end(), names[i]);
    if (found == known.end()) {
      problems.push_back(unknown(fmt::format("{} {}", what, i + 1), what, names[i], known));
    }
    index.push_back(static_cast<std::uint16_t>(found - known.begin()));
  }
  if (!known.empty()) {
    names = known;
  }
  return index;
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const int length = sequence_length(lead);
    if (length == 0 || i + static_cast<std::size_t>(length) > text.size()) {
      return false;
    }
    for (int j = 1; j < length; ++j) {
      const auto byte = static_cast<unsigned char>(text[i + static_cast<std::size_t>(j)]);
      if (j == 1 ? !is_second(lead, byte) : (byte & 0xC0) != 0x80) {
        return false;
      }
    }
    i += static_cast<std::size_t>(length);
  }
  return true;
}

void StreamChecker::adopt_engines(StreamHeader& header, Problems& problems) {
  check_unique(header.engines, "engine", problems);
  std::vector<std::string> known;
  if (extents_) {
    for (const Extents::Engine& engine : extents_->engines) {
      known.push_back(engine.name);
    }
  }
  engine_index_ = replace(header.engines, known, "engine", problems);
}

void StreamChecker::adopt_tiers(StreamHeader& header, Problems& problems) {
  check_unique(header.tiers, "tier", problems);
  std::vector<std::string> known;
  if (extents_) {
    known = extents_->tier_order;
    for (std::size_t i = 0; known.empty() && i < header.tiers.size(); ++i) {
      if (!extents_->tiers.contains(header.tiers[i])) {
        problems.push_back(
            unknown(fmt::format("tier {}", i + 1), "tier", header.tiers[i], keys(extents_->tiers)));
      }
    }
  }
  tier_index_ = replace(header.tiers, known, "tier", problems);
}

Space StreamChecker::space(const Space& in_file) const {
  switch (in_file.kind) {
    case SpaceKind::kTier:
      return {in_file.kind, tier(in_file.index)};
    case SpaceKind::kAccumulator:
      return {in_file.kind, engine(in_file.index)};
    case SpaceKind::kScratchpad:
      break;
  }
  return in_file;
}

void StreamChecker::adopt_uses(StreamHeader& header, Problems& problems) const {
  for (std::size_t i = 0; i < header.uses.size(); ++i) {
    UsedRange& range = header.uses[i];
    range.space = space(range.space);
    const auto add = [&](std::string message, std::string expected) {
      problems.push_back(
          {fmt::format("uses {}", i + 1), std::move(message), std::move(expected), ""});
    };
    const std::string name = describe(range.space, header);
    const bool again =
        std::any_of(header.uses.begin(), header.uses.begin() + static_cast<std::ptrdiff_t>(i),
                    [&](const UsedRange& earlier) { return earlier.space == range.space; });
    if (again) {
      add("a second range of " + name, "one range of a memory");
    }
    const std::int64_t size = extents_ ? extents_->size_of(range.space, header) : kLargestAddress;
    if (size == 0) {
      add("bytes of " + name, "a memory that the platform has");
    } else if (range.begin < 0 || range.end <= range.begin || range.end > size) {
      add(fmt::format("bytes {} to {} of {}", range.begin, range.end, name),
          fmt::format("two numbers from 0 to {} that increase", size));
    }
  }
}

void StreamChecker::adopt_pim_memories(StreamHeader& header, Problems& problems) {
  for (PimMemory& memory : header.pim_memories) {
    memory.tier = tier(memory.tier);
  }
  const std::size_t before = problems.size();
  PimMemoryChecker(header, extents_, problems).check();
  if (problems.size() > before || header.pim_memories.empty()) {
    return;
  }
  const bool is_machine_known = extents_ && !extents_->engines.empty();
  pim_index_ =
      PimMemoryMatcher(header, is_machine_known ? extents_->pim_memories : header.pim_memories,
                       problems)
          .match();
  if (is_machine_known) {
    header.pim_memories = extents_->pim_memories;
  }
}

void StreamChecker::adopt(StreamHeader& header, Problems& problems) {
  if (header.engines.empty()) {
    problems.push_back({"", "no engines", "at least one", ""});
  }
  if (header.layers.empty()) {
    problems.push_back({"", "no layers", "at least one", ""});
  }
  for (std::size_t i = 0; i < header.layers.size(); ++i) {
    if (header.layers[i].macs_useful < 0) {
      problems.push_back({fmt::format("layer {}", i + 1),
                          fmt::format("{} multiply-accumulates", header.layers[i].macs_useful),
                          "at least 0", ""});
    }
  }
  adopt_engines(header, problems);
  adopt_tiers(header, problems);
  if (problems.empty()) {
    adopt_uses(header, problems);
    adopt_pim_memories(header, problems);
  }
  for (std::size_t i = 1; i < header.rendezvous.size(); ++i) {
    if (header.rendezvous[i] <= header.rendezvous[i - 1]) {
      problems.push_back({"rendezvous",
                          fmt::format("rendezvous {} behind rendezvous {}", header.rendezvous[i],
                                      header.rendezvous[i - 1]),
                          "numbers that increase", ""});
    }
  }
  header_ = header;
  header_.layers.clear();
  layers_ = header.layers.size();
}

void StreamChecker::check_after(const Command& command, Problems& problems) const {
  for (const Dependency& dependency : command.after) {
    const auto add = [&](std::string message, std::string expected) {
      problems.push_back(
          {"after",
           fmt::format("{}:{} {}", header_.engines[dependency.engine], dependency.id, message),
           std::move(expected), ""});
    };
    if (dependency.id < 1 || dependency.id >= command.id) {
      add("is no earlier command", command.id == 1 ? "nothing to wait for before the first command"
                                                   : fmt::format("1 to {}", command.id - 1));
      continue;
    }
    const EngineIndex owner = engines_[dependency.id - 1];
    if (owner == kBarrierMark) {
      add("is a barrier", "nothing: what follows a barrier waits for it");
    } else if (owner == kRendezvousMark) {
      add("is a rendezvous", "nothing: what follows a rendezvous waits for it");
    } else if (owner != kUnknownMark && owner != dependency.engine) {
      add("belongs to another engine", fmt::format("{}:{}", header_.engines[owner], dependency.id));
    }
  }
}

void StreamChecker::check_rendezvous(std::uint64_t number, Problems& problems) {
  const auto& declared = header_.rendezvous;
  const auto next = declared.begin() + static_cast<std::ptrdiff_t>(next_rendezvous_);
  const auto found = std::lower_bound(declared.begin(), declared.end(), number);
  const auto add = [&](std::string message, std::string expected) {
    problems.push_back({"number", std::move(message), std::move(expected), ""});
  };
  if (found == declared.end() || *found != number) {
    add(fmt::format("rendezvous {} does not stand in the header", number),
        declared.empty() ? "a line 'rendezvous NUMBER,...' in the header" : "one of those that do");
    return;
  }
  if (found < next) {
    add(fmt::format("rendezvous {} a second time, or behind a later one", number),
        "each once, in the order of their numbers");
  } else if (found > next && !may_have_met_) {
    add(fmt::format("rendezvous {} before rendezvous {}", number, *next),
        "each once, in the order of their numbers");
  }
  next_rendezvous_ =
      std::max(next_rendezvous_, static_cast<std::size_t>(found - declared.begin()) + 1);
}

void StreamChecker::check_end(Problems& problems) const {
  if (next_rendezvous_ < header_.rendezvous.size() && !may_have_met_) {
    problems.push_back({"",
                        fmt::format("the stream ends without rendezvous {}, where others would "
                                    "wait for it",
                                    header_.rendezvous[next_rendezvous_]),
                        "every rendezvous that the header declares", ""});
  }
}

// Programs of a channel run in the order of one queue, so that it can be read from the stream.
void StreamChecker::check_channel(const PimProgram& program, EngineIndex engine,
                                  Problems& problems) {
  const PimMemory& memory = header_.pim_memories[program.memory];
  if (program.channel < 0 || program.channel >= memory.channels()) {
    return;
  }
  const auto key = std::pair(program.memory, program.channel);
  const EngineIndex first = channel_engine_.emplace(key, engine).first->second;
  if (first != engine) {
    problems.push_back({"channel",
                        fmt::format("{} of {} belongs to {}", program.channel,
                                    header_.tiers[memory.tier], header_.engines[first]),
                        "one engine for all programs of a channel", ""});
  }
}

void StreamChecker::check(const Command& command, Problems& problems) {
  if (command.id != next_id()) {
    problems.push_back({"id", fmt::format("command {}", command.id),
                        fmt::format("{}: commands are numbered from 1", next_id()), ""});
    return;
  }
  if (command.layer >= layers_) {
    problems.push_back({"layer", fmt::format("no layer {}", command.layer),
                        fmt::format("0 to {}", layers_ - 1), ""});
  }
  check_after(command, problems);
  const BodyKind kind = kind_of(command);
  if (!is_for_sequencer(command) && extents_ && command.engine < extents_->engines.size()) {
    const Extents::Engine& engine = extents_->engines[command.engine];
    const std::string& name = name_of(body_kind_names(), kind);
    if (!engine.executes.empty() && engine.executes != name) {
      problems.push_back(
          {"kind", fmt::format("{} cannot execute '{}'", engine.name, name), engine.executes, ""});
    }
  }
  BodyChecker checker(header_, extents_, command.engine, problems);
  std::visit([&](const auto& body) { checker.check(body, command.engine); }, command.body);
  if (const auto* program = std::get_if<PimProgram>(&command.body)) {
    check_channel(*program, command.engine, problems);
  }
  EngineIndex owner = command.engine;
  if (const auto* rendezvous = std::get_if<Rendezvous>(&command.body)) {
    check_rendezvous(rendezvous->number, problems);
    owner = kRendezvousMark;
  } else if (kind == BodyKind::kBarrier) {
    owner = kBarrierMark;
  }
  engines_.push_back(owner);
}

void StreamChecker::skip() {
  engines_.push_back(kUnknownMark);
  may_have_met_ = true;
}

}  // namespace orrery::command
