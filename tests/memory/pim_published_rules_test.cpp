// SPDX-License-Identifier: Apache-2.0
// The rules of the NeuPIMs simulator for dual row buffers, and for the single one that it takes for
// its baseline, as it prints them (casys-kaist/NeuPIMs f299af3): for every pair of commands and
// every place of the later one the loaded table keeps them exactly as many cycles apart.
#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>
#include <optional>

#include "memory/specification/spec_schema.h"
#include "tests/memory/reference/constraint_history.h"

namespace orrery::memory::dram::test {
namespace {

// Where the later command stands, seen from bank 0: the banks of its group follow, then the other
// groups of its rank, then the other rank.
enum class Place : std::uint8_t { kBank, kGroup, kRank, kOther };

unsigned bank_at(Place place) {
  // 4 banks a group, 16 a rank.
  constexpr unsigned kBanks[] = {0, 1, 4, 16};
  return kBanks[static_cast<std::size_t>(place)];
}

struct Rule {
  const char* earlier;
  const char* later;
  Place place;
  Cycle dual;
  Cycle single;
  std::uint32_t count = 1;     // of the earlier command
  const char* dominated = "";  // with two buffers: why more cycles than printed are expected
};

// A command that the set does not have.
constexpr Cycle kNone = -1;

// `single` closes the rows of PIM commands with PRE, and has no composite command.
constexpr Rule kRules[] = {
    // ACT -> RD, WR, GWRITE: bank 14, 14.
    {"ACT", "RD", Place::kBank, 14, 14},
    {"ACT", "WR", Place::kBank, 14, 14},
    {"ACT", "GWRITE", Place::kBank, 14, 14},
    // ACT -> PRE: bank 34, 34.
    {"ACT", "PRE", Place::kBank, 34, 34},
    // ACT -> ACT: bank 48, group 6, other group 4, for both.
    {"ACT", "ACT", Place::kBank, 48, 48},
    {"ACT", "ACT", Place::kGroup, 6, 6},
    {"ACT", "ACT", Place::kRank, 4, 4},
    // ACT -> G_ACT: bank 6 (48), group 6, other group 4. G_ACT of any bank of a group acts on all
    // of it, so the bank's figure is the group's.
    {"ACT", "G_ACT", Place::kBank, 6, 48},
    {"ACT", "G_ACT", Place::kRank, 4, 4},
    // G_ACT -> ACT: group 6 (48); with two buffers the rank's 30 dominates, as the table says.
    {"G_ACT", "ACT", Place::kGroup, 30, 48, 1, "6 in the group, 30 in the rank"},
    // G_ACT -> ACT, G_ACT: rank 30. G_ACT -> G_ACT: group 48.
    {"G_ACT", "ACT", Place::kRank, 30, 30},
    {"G_ACT", "G_ACT", Place::kRank, 30, 30},
    {"G_ACT", "G_ACT", Place::kGroup, 48, 48},
    // G_ACT -> COMP, GEMV: 14 at the rank.
    {"G_ACT", "COMP", Place::kRank, 14, 14},
    {"G_ACT", "GEMV", Place::kRank, 14, kNone},
    // G_ACT -> PIM_PRE (PRE): group 34.
    {"G_ACT", "PIM_PRE", Place::kGroup, 34, kNone},
    {"G_ACT", "PRE", Place::kGroup, 0, 34},
    // PIM_PRE (PRE) -> G_ACT, REF: 14.
    {"PIM_PRE", "G_ACT", Place::kBank, 14, kNone},
    {"PIM_PRE", "REF", Place::kBank, 14, kNone},
    {"PRE", "G_ACT", Place::kBank, 0, 14},
    {"PRE", "REF", Place::kBank, 14, 14},
    // RD -> COMP, GEMV: bank and group 0 (2), other group 2 (2). COMP acts on all groups: 2.
    {"RD", "COMP", Place::kBank, 2, 2, 1, "0 in the bank, 2 in the other groups it acts on"},
    {"RD", "GEMV", Place::kBank, 2, kNone, 1, "0 in the bank, 2 in other groups"},
    // WR -> COMP, GEMV: bank and group 0 (14), other group 12 (12).
    {"WR", "COMP", Place::kBank, 12, 14, 1, "0 in the bank, 12 in the other groups"},
    {"WR", "GEMV", Place::kBank, 12, kNone, 1, "0 in the bank, 12 in other groups"},
    // COMP -> RD, GWRITE, COMP: 2. COMP -> WR: 14.
    {"COMP", "RD", Place::kRank, 2, 2},
    {"COMP", "GWRITE", Place::kRank, 2, 2},
    {"COMP", "COMP", Place::kRank, 2, 2},
    {"COMP", "WR", Place::kRank, 14, 14},
    // COMP, READRES, GEMV -> PRE: 0 (5); -> PIM_PRE: 5.
    {"COMP", "PRE", Place::kRank, 0, 5},
    {"READRES", "PRE", Place::kRank, 0, 5},
    {"GEMV", "PRE", Place::kRank, 0, kNone},
    {"COMP", "PIM_PRE", Place::kRank, 5, kNone},
    {"READRES", "PIM_PRE", Place::kRank, 5, kNone},
    // READRES, GEMV -> G_ACT: 19. Of GEMV(1) too; see GEMV(k) below.
    {"READRES", "G_ACT", Place::kRank, 19, 19},
    {"GEMV", "PIM_PRE", Place::kRank, 5, kNone},
    {"GEMV", "G_ACT", Place::kRank, 19, kNone},
    // The published ones of GEMV(k) count from the command. The rows are needed until its last
    // column, 2 (k - 1) later: with k = 8, 5 + 14 and 19 + 14.
    {"GEMV", "PIM_PRE", Place::kRank, 19, kNone, 8, "rows are needed until the last column"},
    {"GEMV", "G_ACT", Place::kRank, 33, kNone, 8, "rows are needed until the last column"},
    // GEMV(k) -> GEMV: 2 (max(k, 6) + 1): 14 for k up to 6, 18 for 8, 66 for 32.
    {"GEMV", "GEMV", Place::kRank, 14, kNone, 1},
    {"GEMV", "GEMV", Place::kRank, 14, kNone, 6},
    {"GEMV", "GEMV", Place::kRank, 18, kNone, 8},
    {"GEMV", "GEMV", Place::kOther, 66, kNone, 32},
    // GEMV -> RD, WR: 4 and 14.
    {"GEMV", "RD", Place::kRank, 4, kNone},
    {"GEMV", "WR", Place::kRank, 14, kNone},
    // GWRITE -> RD, WR, PRE of its bank and COMP, GWRITE, READRES of the channel: 96.
    {"GWRITE", "RD", Place::kBank, 96, 96},
    {"GWRITE", "WR", Place::kBank, 96, 96},
    {"GWRITE", "PRE", Place::kBank, 96, 96},
    {"GWRITE", "COMP", Place::kOther, 96, 96},
    {"GWRITE", "GWRITE", Place::kOther, 96, 96},
    {"GWRITE", "READRES", Place::kOther, 96, 96},
    // GWRITE -> RD of the group and of other groups: 2.
    {"GWRITE", "RD", Place::kGroup, 2, 2},
    {"GWRITE", "RD", Place::kRank, 2, 2},
    // REF -> ACT, G_ACT: rank 260.
    {"REF", "ACT", Place::kRank, 260, 260},
    {"REF", "G_ACT", Place::kRank, 260, 260},
    // The text below the table: a G_ACT waits where four ACTs fall in 30 cycles (below). The
    // baseline's READRES after a COMP: 6 tCCD_S = 6; between READRES: 2.
    {"COMP", "READRES", Place::kRank, 6, 6},
    {"READRES", "READRES", Place::kRank, 2, 2},
};

std::optional<int> command_of(const Spec& spec, const std::string& name) {
  for (std::size_t i = 0; i < spec.commands.size(); ++i) {
    if (spec.commands[i].name == name) {
      return static_cast<int>(i);
    }
  }
  return std::nullopt;
}

Spec pim(const std::string& name) {
  return load_spec(std::filesystem::path(ORRERY_SOURCE_DIR) / "configs" / "pim" / (name + ".yaml"));
}

void expect_published(const std::string& file, bool dual) {
  const Spec spec = pim(file);
  int checked = 0;
  int dominated = 0;
  for (const Rule& rule : kRules) {
    const Cycle expected = dual ? rule.dual : rule.single;
    if (expected == kNone) {
      continue;
    }
    const std::optional<int> earlier = command_of(spec, rule.earlier);
    const std::optional<int> later = command_of(spec, rule.later);
    ASSERT_TRUE(earlier && later) << rule.earlier << " " << rule.later;
    ConstraintHistory table(spec);
    table.issue(*earlier, 0, 1000, rule.count);
    const Cycle earliest = table.earliest(*later, static_cast<int>(bank_at(rule.place)));
    EXPECT_EQ(earliest == 0 ? 0 : earliest - 1000, expected)
        << file << ": " << rule.earlier << "(" << rule.count << ") -> " << rule.later << " at bank "
        << bank_at(rule.place);
    ++checked;
    dominated += dual && *rule.dominated != 0 ? 1 : 0;
  }
  std::cout << file << ": " << checked << " pairs as published, " << dominated
            << " of them kept longer by another row\n";
}

TEST(PublishedRules, AreThoseOfTheDualRowBuffer) {
  expect_published("neupims", true);
}

TEST(PublishedRules, AreThoseOfTheSingleRowBuffer) {
  expect_published("newton", false);
}

// Fewer than four ACTs may lie in the 30 cycles before a G_ACT: four at 0, 6, 12 and 18 (nRRD_L) of
// one rank keep it until 30, in the other rank it is free.
TEST(PublishedRules, AGroupActivationWaitsForTheFourActivateWindow) {
  for (const std::string file : {"neupims", "newton"}) {
    const Spec spec = pim(file);
    ConstraintHistory table(spec);
    for (int i = 0; i < 4; ++i) {
      table.issue(spec.command("ACT"), i, 1000 + 6 * i);
    }
    EXPECT_EQ(table.earliest(spec.command("G_ACT"), 4), 1030) << file;
    EXPECT_EQ(table.earliest(spec.command("G_ACT"), 16), 0) << file;
  }
}

// Where both buffers share sense amplifiers, a bank takes nRC = 48 from an activation for one to an
// activation for the other, and not the 6 and 30 cycles of the published rules; other banks do not.
TEST(SharedSenseAmplifiers, KeepActivationsOfABankARowCycleApart) {
  const Spec spec = pim("neupims_shared_sense");
  const auto apart = [&](const char* earlier, const char* later, int bank) {
    ConstraintHistory table(spec);
    table.issue(spec.command(earlier), 0, 1000);
    return table.earliest(spec.command(later), bank) - 1000;
  };
  EXPECT_EQ(apart("ACT", "G_ACT", 0), 48);
  EXPECT_EQ(apart("ACT", "G_ACT", 1), 48);  // of the same group, and so of bank 0
  EXPECT_EQ(apart("ACT", "G_ACT", 4), 4);   // nRRD_S
  EXPECT_EQ(apart("G_ACT", "ACT", 0), 48);
  EXPECT_EQ(apart("G_ACT", "ACT", 3), 48);
  EXPECT_EQ(apart("G_ACT", "ACT", 4), 30);  // nFAW
  EXPECT_EQ(apart("ACT", "ACT", 0), 48);
  EXPECT_EQ(apart("ACT", "ACT", 1), 6);
}

// The data of GEMV(k) come 16 cycles after its end, 2 (max(k, 6) + 1) cycles from the command.
TEST(PublishedRules, AGemvReturnsItsResultAReadDelayAfterItsEnd) {
  const Spec spec = pim("neupims");
  const Command& gemv = spec.commands[static_cast<std::size_t>(spec.command("GEMV"))];
  EXPECT_EQ(gemv.latency_of(1), 14 + 16);
  EXPECT_EQ(gemv.latency_of(8), 18 + 16);
  EXPECT_EQ(gemv.latency_of(32), 66 + 16);
}

}  // namespace
}  // namespace orrery::memory::dram::test
