// SPDX-License-Identifier: Apache-2.0
// A violation of every row of the table of every standard.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "memory/checker/log_checker.h"
#include "memory/specification/spec_schema.h"
#include "tests/memory/random_programs.h"
#include "tests/memory_checker/constraint_planter.h"
#include "tests/memory_checker/standards.h"

namespace orrery::memory::checker::test {
namespace {

// What the checker says of the plan with its last command `delay` cycles after the one that counts.
Findings check(const dram::Spec& spec, const Plan& plan, Cycle delay) {
  Findings findings;
  LogChecker checker(spec, {}, findings, Depth::kDevice);
  for (const LogEvent& event : plan.events) {
    checker.event(event);
  }
  LogEvent last = plan.last;
  last.cycle += delay;
  checker.event(last);
  checker.finish();
  return findings;
}

bool names(const Findings& findings, std::size_t row, Cycle cycle, Cycle allowed) {
  return std::any_of(findings.items().begin(), findings.items().end(), [&](const Finding& item) {
    return item.kind == FindingKind::kConstraint && item.constraint == static_cast<int>(row) &&
           item.cycle == cycle && item.allowed == allowed;
  });
}

bool mentions(const Findings& findings, std::size_t row) {
  return std::any_of(findings.items().begin(), findings.items().end(),
                     [&](const Finding& item) { return item.constraint == static_cast<int>(row); });
}

struct Counts {
  int rows = 0;
  int pairs = 0;
  int alone = 0;  // pairs after whose delay everything is legal: no other row keeps them longer
  std::map<std::string, int> skipped;
};

// Returns whether a pair of the row could be planted.
bool plant(const dram::Spec& spec, std::size_t index, Counts& counts) {
  const dram::Constraint& row = spec.constraints[index];
  bool planted = false;
  for (const int earlier : row.earlier) {
    for (const int later : row.later) {
      ConstraintPlanter planter(spec);
      const Plan plan = planter.plan(row, earlier, later);
      if (!plan.skipped.empty()) {
        ++counts.skipped[plan.skipped];
        continue;
      }
      SCOPED_TRACE(spec.name + ": " + row.text + " " +
                   spec.commands[static_cast<std::size_t>(earlier)].name + " " +
                   spec.commands[static_cast<std::size_t>(later)].name);
      const Findings early = check(spec, plan, row.delay - 1);
      const Cycle allowed = plan.from + row.delay;
      EXPECT_TRUE(names(early, index, allowed - 1, allowed)) << early.to_string();
      EXPECT_TRUE(std::all_of(early.items().begin(), early.items().end(),
                              [&](const Finding& item) { return item.cycle >= plan.from; }))
          << "what was prepared is not legal\n"
          << early.to_string();
      const Findings in_time = check(spec, plan, row.delay);
      EXPECT_FALSE(mentions(in_time, index)) << in_time.to_string();
      counts.alone += in_time.total() == 0 ? 1 : 0;
      ++counts.pairs;
      planted = true;
    }
  }
  return planted;
}

TEST(TheChecker, ReportsAViolationOfEveryRowOfEveryStandardAtOneCycleTooEarlyAndNoneInTime) {
  for (const std::string& standard : shipped_standards()) {
    const dram::Spec spec = with_siblings(standard);
    Counts counts;
    for (std::size_t row = 0; row < spec.constraints.size(); ++row) {
      const bool planted = plant(spec, row, counts);
      // A row without delay forbids nothing.
      EXPECT_TRUE(planted || spec.constraints[row].delay == 0)
          << spec.name << ": " << spec.constraints[row].text;
      counts.rows += planted ? 1 : 0;
    }
    std::string skipped;
    for (const auto& [reason, pairs] : counts.skipped) {
      skipped += "; " + std::to_string(pairs) + " pairs skipped: " + reason;
    }
    std::cout << standard << ": " << counts.rows << " of " << spec.constraints.size() << " rows, "
              << counts.pairs << " pairs, " << counts.alone << " decided by their row alone"
              << skipped << "\n";
    EXPECT_GT(counts.alone, 20);
  }
}

// Likewise those of PIM commands.
TEST(TheChecker, ReportsAViolationOfTheRowsOfPimCommands) {
  for (const std::filesystem::path& file : dram::test::pim_files()) {
    const dram::Spec spec = dram::load_spec(file);
    Counts counts;
    std::string not_planted;
    int of_pim = 0;
    for (std::size_t index = 0; index < spec.constraints.size(); ++index) {
      const dram::Constraint& row = spec.constraints[index];
      const auto has_pim = [&](const std::vector<int>& commands) {
        return std::any_of(commands.begin(), commands.end(), [&](int command) {
          return is_pim(spec.commands[static_cast<std::size_t>(command)].kind);
        });
      };
      if (row.delay == 0 || (!has_pim(row.earlier) && !has_pim(row.later))) {
        continue;
      }
      ++of_pim;
      if (plant(spec, index, counts)) {
        ++counts.rows;
      } else {
        not_planted += " [" + spec.commands[static_cast<std::size_t>(row.earlier.front())].name +
                       " to " + spec.commands[static_cast<std::size_t>(row.later.front())].name +
                       ": " + row.text + "]";
      }
    }
    std::cout << file.stem().string() << ": " << counts.rows << " of " << of_pim << " rows, "
              << counts.pairs << " pairs, " << counts.alone
              << " decided by their row alone; not planted:" << not_planted << "\n";
    // After AttAcc's ACTAB an ACT or REF asks for a precharge in between, which lasts longer than
    // the 2 cycles of the row.
    const bool is_attacc = file.stem().string().starts_with("attacc");
    EXPECT_EQ(counts.rows, of_pim - (is_attacc ? 1 : 0)) << file;
  }
}

TEST(TheChecker, CountsNoRowBeyondItsNode) {
  for (const std::string& standard : shipped_standards()) {
    const dram::Spec spec = with_siblings(standard);
    int pairs = 0;
    for (std::size_t index = 0; index < spec.constraints.size(); ++index) {
      const dram::Constraint& row = spec.constraints[index];
      for (const int earlier : row.earlier) {
        for (const int later : row.later) {
          ConstraintPlanter planter(spec);
          const Plan plan = planter.plan(row, earlier, later, true);
          if (plan.skipped.empty()) {
            const Findings found = check(spec, plan, row.delay - 1);
            EXPECT_FALSE(mentions(found, index)) << spec.name << ": " << found.to_string();
            ++pairs;
          }
        }
      }
    }
    EXPECT_GT(pairs, 20) << standard;
  }
}

}  // namespace
}  // namespace orrery::memory::checker::test
