// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <map>
#include <sstream>

#include "memory/trace/bank_states.h"
#include "memory/trace/log_output.h"
#include "memory/trace/vcd_output.h"
#include "tests/memory_trace/traces.h"

namespace orrery::memory::trace {
namespace {

using test::run;
using test::without_refresh;
using testing::ElementsAre;
using testing::HasSubstr;

const dram::Spec& ddr4() {
  static const dram::Spec kSpec = test::shipped("comparison_ddr4_2400");
  return kSpec;
}

// What a viewer would make of a dump: for each variable, by its full name, time and value.
using Changes = std::vector<std::pair<base::Femtoseconds, std::string>>;
struct Dump {
  std::map<std::string, Changes> variables;
  base::Femtoseconds end = 0;
};

std::string word(std::istream& in) {
  std::string text;
  in >> text;
  return text;
}

void skip_to_end(std::istream& in) {
  while (in && word(in) != "$end") {
  }
}

// Reads exactly the part of IEEE 1364 that is written; anything else fails the test.
Dump parse(const std::string& text) {
  Dump dump;
  std::map<std::string, std::string> names;  // by identifier
  std::map<std::string, std::size_t> widths;
  std::vector<std::string> scopes;
  std::istringstream in(text);
  bool defined = false;
  for (std::string token = word(in); in; token = word(in)) {
    if (token == "$scope") {
      EXPECT_EQ(word(in), "module");
      scopes.push_back(word(in));
      EXPECT_EQ(word(in), "$end");
    } else if (token == "$upscope") {
      EXPECT_FALSE(scopes.empty());
      scopes.pop_back();
      EXPECT_EQ(word(in), "$end");
    } else if (token == "$var") {
      EXPECT_EQ(word(in), "reg");
      const std::size_t width = std::stoul(word(in));
      const std::string identifier = word(in);
      std::string name;
      for (const std::string& scope : scopes) {
        name += scope + '.';
      }
      EXPECT_TRUE(names.emplace(identifier, name + word(in)).second) << identifier;
      widths[identifier] = width;
      EXPECT_EQ(word(in), '[' + std::to_string(width - 1) + ":0]");
      EXPECT_EQ(word(in), "$end");
    } else if (token == "$enddefinitions") {
      EXPECT_TRUE(scopes.empty());
      defined = true;
      EXPECT_EQ(word(in), "$end");
    } else if (token == "$timescale") {
      EXPECT_EQ(word(in), "1");
      EXPECT_EQ(word(in), "fs");
      EXPECT_EQ(word(in), "$end");
    } else if (token == "$comment" || token == "$version") {
      skip_to_end(in);
    } else if (token == "$dumpvars" || token == "$end") {
      EXPECT_TRUE(defined);
    } else if (token[0] == '#') {
      const base::Femtoseconds time = std::stoll(token.substr(1));
      EXPECT_TRUE(time > dump.end || time == 0) << "time goes on";
      dump.end = time;
    } else {
      EXPECT_EQ(token[0], 'b') << token;
      const std::string identifier = word(in);
      EXPECT_TRUE(names.contains(identifier)) << identifier;
      EXPECT_LE(token.size() - 1, widths[identifier]);
      dump.variables[names[identifier]].emplace_back(dump.end, token.substr(1));
    }
  }
  return dump;
}

TEST(Vcd, ShowsEveryStateAtItsExactTime) {
  std::ostringstream out;
  VcdOutput vcd(ddr4(), 1, out);
  // Row 0 of bank 0 from its ACT in cycle 0; then row 5, offered in cycle 100: PRE 100, ACT 117, RD
  // 134, data until 134 + 17 + 4 = 155.
  const TraceResult result =
      run(ddr4(), without_refresh(), "0 R 0\n" + std::to_string(5 * 0x20000) + " R 100\n", {&vcd});
  ASSERT_EQ(result.cycles, 155);
  const Dump dump = parse(out.str());
  EXPECT_EQ(dump.variables.size(), 2U * 16);
  const std::string bank = "channel0.bank_group0_bank0.";
  // A cycle is 5/6 ns: cycle 100 begins at 83333333.3 fs, cycle 117 at 97500000 fs.
  EXPECT_THAT(dump.variables.at(bank + "state"),
              ElementsAre(std::pair(0, "0"), std::pair(0, "1"), std::pair(83333333, "0"),
                          std::pair(97500000, "1")));
  EXPECT_THAT(dump.variables.at(bank + "row"),
              ElementsAre(std::pair(0, "x"), std::pair(0, "0"), std::pair(83333333, "x"),
                          std::pair(97500000, "101")));
  EXPECT_THAT(dump.variables.at("channel0.bank_group3_bank3.state"),
              ElementsAre(std::pair(0, "0")));
  EXPECT_EQ(dump.end, 129166666);  // cycle 155 at 129166666.7 fs
}

TEST(Vcd, ShowsRefreshForItsDuration) {
  std::ostringstream out;
  VcdOutput vcd(ddr4(), 1, out);
  // Due in cycle 9360 with all banks closed: REF in that cycle, over after nRFC = 420.
  (void)run(ddr4(), TraceOptions(), "0x20000 R 9361\n", {&vcd});
  const Dump dump = parse(out.str());
  // 9360 x 5/6 ns = 7800 ns; 9780 x 5/6 ns = 8150 ns.
  EXPECT_THAT(
      dump.variables.at("channel0.bank_group3_bank3.state"),
      ElementsAre(std::pair(0, "0"), std::pair(7800000000, "10"), std::pair(8150000000, "0")));
}

TEST(Vcd, MergesChannelsInTheOrderOfTime) {
  std::ostringstream out;
  TraceOptions options;
  options.channels = 4;
  VcdOutput vcd(ddr4(), 4, out);
  std::string text;
  for (int i = 0; i < 40000; ++i) {
    text += std::to_string(i * 7919LL * 64 % (1LL << 30) / 64 * 64) + " R\n";
  }
  (void)run(ddr4(), options, text, {&vcd});
  // parse() checks that time never goes back.
  const Dump dump = parse(out.str());
  EXPECT_EQ(dump.variables.size(), 4U * 16 * 2);
  for (const std::string channel : {"0", "1", "2", "3"}) {
    EXPECT_GT(dump.variables.at("channel" + channel + ".bank_group0_bank0.state").size(), 10U);
  }
}

// The changes of one channel.
class Recorded : public BankStates {
 public:
  using BankStates::BankStates;
  std::vector<std::string> texts;

 private:
  void bank_changed(const BankChange& change) override {
    texts.push_back(std::to_string(change.cycle) + ' ' + bank_state_name(change.state) + ' ' +
                    std::to_string(change.row));
  }
};

dram::CommandRecord command(Cycle cycle, const std::string& name, std::uint32_t row = 0) {
  dram::CommandRecord record;
  record.cycle = cycle;
  record.command = ddr4().command(name);
  record.row = row;
  return record;
}

TEST(BankStates, CloseWhenTheTableWouldHaveAllowedAPrecharge) {
  Recorded early(ddr4());
  early.command(command(0, "ACT", 3));
  early.command(command(17, "RDA"));
  early.finish(1000);
  // nRTP after the RDA would be 17 + 9 = 26, but the row stays open for nRAS = 39.
  EXPECT_THAT(early.texts, ElementsAre("0 open 3", "39 closed -1"));
  Recorded late(ddr4());
  late.command(command(0, "ACT", 3));
  late.command(command(50, "RDA"));
  late.command(command(80, "ACT", 4));
  late.command(command(100, "WRA"));
  late.finish(135);
  // 50 + 9 = 59; 100 + nCWL 12 + nBL 4 + nWR 18 = 134.
  EXPECT_THAT(late.texts, ElementsAre("0 open 3", "59 closed -1", "80 open 4", "134 closed -1"));
}

TEST(BankStates, ReportNothingThatLiesAfterTheEnd) {
  Recorded states(ddr4());
  states.command(command(0, "ACT", 3));
  states.command(command(17, "RDA"));
  states.finish(39);
  EXPECT_THAT(states.texts, ElementsAre("0 open 3"));
}

TEST(BankStates, NameBanksByTheirLevels) {
  EXPECT_EQ(bank_name(ddr4(), 0, "."), "bank_group0.bank0");
  EXPECT_EQ(bank_name(ddr4(), 15, "."), "bank_group3.bank3");
  EXPECT_EQ(bank_name(test::shipped("hbm2_neupims"), 21, "_"), "rank1_bank_group1_bank1");
}

TEST(Log, HoldsArrivalsAndCommands) {
  std::ostringstream out;
  const TraceOptions options = without_refresh();
  LogOutput log(ddr4(), options.controller, out);
  (void)run(ddr4(), options, "64 R\n64 R\n", {&log});
  // Header; then two arrivals of column 1; ACT 0, RD 17 and, nCCD_L = 6 later, RD 23.
  std::istringstream lines(out.str());
  std::vector<std::string> all;
  for (std::string line; std::getline(lines, line);) {
    all.push_back(line);
  }
  EXPECT_THAT(
      all, ElementsAre(HasSubstr("orrery_memory_log 1 page_policy=open"), "0 0 arrive 0 R 0 0 1",
                       "0 0 command ACT 0 0 - 0", "1 0 arrive 1 R 0 0 1", "17 0 command RD 0 0 1 0",
                       "23 0 command RD 0 0 1 1"));
}

TEST(MergedLines, AreInTheOrderOfCycleAndChannel) {
  std::string text;
  MergedLines lines(3, [&text](Cycle cycle, std::string_view line) {
    text += std::to_string(cycle) + std::string(line) + ' ';
  });
  lines.add(2, 1, "c");
  lines.add(2, 5, "d");
  lines.add(0, 5, "a");
  lines.add(0, 5, "b");
  lines.add(0, 9, "");
  EXPECT_EQ(text, "");
  lines.finish();
  EXPECT_EQ(text, "1c 5a 5b 5d 9 ");
}

}  // namespace
}  // namespace orrery::memory::trace
