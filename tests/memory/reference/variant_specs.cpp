// SPDX-License-Identifier: Apache-2.0
#include "tests/memory/reference/variant_specs.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "tests/memory/specs.h"

namespace orrery::memory::dram::test {

namespace {

struct AddedCommand {
  std::string name;
  CommandKind kind;
  bool of_rank;
};

const std::vector<AddedCommand>& added_commands() {
  static const std::vector<AddedCommand> commands = {
      {"REFPB", CommandKind::kRefreshBanks, false},
      {"PDE", CommandKind::kPowerDown, true},
      {"PDX", CommandKind::kPowerDownExit, true},
      {"SREFEN", CommandKind::kSelfRefresh, true},
      {"SREFEX", CommandKind::kSelfRefreshExit, true}};
  return commands;
}

struct AddedRow {
  bool of_rank;
  std::vector<std::string> earlier;
  std::vector<std::string> later;
  int delay;
  int window = 1;
};

// dram.md 3.2, then 3.1 rows 29 to 43; round numbers near those of DDR4-2400 and HBM2.
const std::vector<AddedRow>& added_rows() {
  static const std::vector<AddedRow> rows = {
      {false, {"ACT"}, {"REFPB"}, 56},
      {false, {"PRE"}, {"REFPB"}, 17},
      {true, {"PREA"}, {"REFPB"}, 17},
      {false, {"RDA"}, {"REFPB"}, 26},
      {false, {"WRA"}, {"REFPB"}, 51},
      {false, {"REFPB"}, {"ACT", "REFPB"}, 110},
      {true, {"ACT"}, {"REFPB"}, 4},
      {true, {"REFPB"}, {"ACT", "REFPB"}, 8},
      {true, {"ACT", "REFPB"}, {"ACT", "REFPB"}, 30, 4},
      {true, {"REFPB"}, {"REF", "PREA", "SREFEN"}, 110},
      {true, {"REF"}, {"REFPB"}, 420},
      {true, {"ACT", "PRE", "PREA", "REF", "REFPB"}, {"PDE"}, 2},
      {true, {"RD", "RDA"}, {"PDE"}, 22},
      {true, {"WR"}, {"PDE"}, 34},
      {true, {"WRA"}, {"PDE"}, 35},
      {true, {"PDE"}, {"PDX"}, 6},
      {true, {"PDX"}, {"PDE"}, 6},
      {true,
       {"PDX"},
       {"ACT", "PRE", "PREA", "RD", "RDA", "WR", "WRA", "REF", "REFPB", "SREFEN"},
       8},
      {true, {"SREFEN"}, {"SREFEX"}, 7},
      {true, {"ACT"}, {"SREFEN"}, 56},
      {true, {"PRE", "PREA"}, {"SREFEN"}, 17},
      {true, {"REF"}, {"SREFEN"}, 420},
      {true, {"RDA"}, {"SREFEN"}, 26},
      {true, {"WRA"}, {"SREFEN"}, 51},
      {true, {"SREFEX"}, {"ACT", "REF", "REFPB", "PDE", "SREFEN"}, 432},
      {true, {"SREFEX"}, {"RD", "RDA", "WR", "WRA"}, 512}};
  return rows;
}

template <class Item>
bool names(const std::vector<Item>& items, const std::string& name) {
  return std::any_of(items.begin(), items.end(),
                     [&](const Item& item) { return item.name.text == name; });
}

std::vector<LocatedText> located(const std::vector<std::string>& names) {
  return {names.begin(), names.end()};
}

}  // namespace

Spec with_all_commands(const SpecDescription& description, const std::string& across) {
  SpecDescription extended = description;
  const std::string bank = extended.levels.back().name.text;
  std::string rank;
  std::string bus;
  std::vector<std::string> kinds;
  for (const CommandDescription& command : description.commands) {
    kinds.push_back(command.kind.text);
    if (command.kind.text == "refresh_all") {
      rank = command.scope.text;
      bus = command.bus.text;
    }
  }
  std::vector<AddedCommand> added;
  for (const AddedCommand& command : added_commands()) {
    const std::string& kind = command_kind_names()[static_cast<std::size_t>(command.kind)];
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) {
      added.push_back(command);
      // The kind is set below: the schema's rules about kinds are not the matter here.
      CommandDescription described;
      described.name = command.name;
      described.kind = "other";
      described.scope = command.of_rank ? rank : bank;
      described.bus = bus;
      extended.commands.push_back(std::move(described));
    }
  }
  for (const AddedRow& row : added_rows()) {
    const auto is_added = [&](const std::string& name) {
      return std::any_of(added.begin(), added.end(),
                         [&](const AddedCommand& command) { return command.name == name; });
    };
    const auto known = [&](const std::string& name) { return names(extended.commands, name); };
    const bool concerns = std::any_of(row.earlier.begin(), row.earlier.end(), is_added) ||
                          std::any_of(row.later.begin(), row.later.end(), is_added);
    ConstraintDescription constraint;
    constraint.scope = row.of_rank ? rank : bank;
    constraint.delay = row.delay;
    constraint.window = row.window;
    for (const LocatedText& name : located(row.earlier)) {
      if (known(name.text)) {
        constraint.earlier.push_back(name);
      }
    }
    for (const LocatedText& name : located(row.later)) {
      if (known(name.text)) {
        constraint.later.push_back(name);
      }
    }
    if (concerns && !constraint.earlier.empty() && !constraint.later.empty()) {
      extended.constraints.push_back(constraint);
    }
  }
  Spec spec = Spec::from(extended);
  for (const AddedCommand& command : added) {
    Command& built = spec.commands[static_cast<std::size_t>(spec.command(command.name))];
    built.kind = command.kind;
    if (command.kind == CommandKind::kRefreshBanks) {
      built.across = across.empty() ? -1 : spec.level(across);
      spec.bank_refresh_cycles = 110;
      spec.bank_refresh_interval = spec.refresh_interval;
    }
  }
  return spec;
}

std::vector<NamedSpec> specs_under_test() {
  std::vector<NamedSpec> specs;
  const std::string folder = std::string(ORRERY_SOURCE_DIR) + "/configs/dram";
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    const std::string name = file.path().stem().string();
    specs.push_back({name, [name] { return with_all_commands(describe(name)); }});
  }
  std::sort(specs.begin(), specs.end(),
            [](const NamedSpec& a, const NamedSpec& b) { return a.name < b.name; });
  specs.push_back({"ddr4_of_two_ranks", [] {
                     SpecDescription description = describe("ddr4_2400");
                     description.levels[0].count = 2;
                     return with_all_commands(description);
                   }});
  specs.push_back({"ddr4_with_same_bank_refresh",
                   [] { return with_all_commands(describe("ddr4_2400"), "bank_group"); }});
  specs.push_back({"ddr4_with_long_commands", [] {
                     SpecDescription description = describe("ddr4_2400");
                     for (CommandDescription& command : description.commands) {
                       const std::string& name = command.name.text;
                       command.cycles = name == "ACT" ? 3 : name.size() == 2 ? 2 : 1;
                     }
                     return with_all_commands(description);
                   }});
  return specs;
}

}  // namespace orrery::memory::dram::test
