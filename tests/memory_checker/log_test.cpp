// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <sstream>

#include "base/error.h"
#include "memory/checker/log_checker.h"
#include "memory/checker/log_reader.h"
#include "memory/checker/log_writer.h"
#include "tests/memory_checker/random_runs.h"
#include "tests/memory_checker/standards.h"

namespace orrery::memory::checker::test {
namespace {

const dram::Spec& ddr4() {
  static const dram::Spec spec = dram::Spec::from(describe("ddr4_2400"));
  return spec;
}

std::string header() {
  return to_text({ddr4().name, {}});
}

class Events : public EventSink {
 public:
  void event(const LogEvent& event) override { events.push_back(event); }
  std::vector<LogEvent> events;
};

// The message of the error that reading the text causes; "" when there is none.
std::string error_of(const std::string& text) {
  std::istringstream in(text);
  try {
    LogReader reader(in, "a.log", ddr4());
    while (reader.next()) {
    }
  } catch (const base::UserError& error) {
    return error.what();
  }
  return {};
}

TEST(TheLog, ReadsBackWhatWasWritten) {
  for (const std::string& standard : shipped_standards()) {
    const RandomRun run = random_run(dram::Spec::from(describe(standard)), 5, 60);
    Events written;
    run_channel(run, written);
    ASSERT_GT(written.events.size(), 100U);
    std::stringstream text;
    LogWriter writer(text, run.spec, run.config.controller);
    for (const LogEvent& event : written.events) {
      writer.event(event);
    }
    LogReader reader(text, "a.log", run.spec);
    // Also of the header: what it says again is the same line.
    EXPECT_EQ(to_text(reader.header()), to_text({run.spec.name, run.config.controller}));
    for (const LogEvent& event : written.events) {
      ASSERT_EQ(reader.next(), event);
    }
    EXPECT_EQ(reader.next(), std::nullopt);
  }
}

TEST(TheLog, HasTheFormOfThePage) {
  std::ostringstream text;
  LogWriter writer(text, ddr4(), {});
  LogEvent event;
  event.cycle = 10;
  event.channel = 2;
  event.kind = EventKind::kArrive;
  event.is_write = true;
  event.bank = 3;
  event.row = 7;
  event.column = 9;
  event.number = 4;
  writer.event(event);
  event.kind = EventKind::kForward;
  writer.event(event);
  event.kind = EventKind::kDirection;
  writer.event(event);
  event.kind = EventKind::kBlocked;
  event.banks = 0x30;
  writer.event(event);
  event.kind = EventKind::kCommand;
  for (const char* name : {"ACT", "RD", "PRE"}) {
    event.command = ddr4().command(std::string_view(name));
    writer.event(event);
  }
  event.number = kNoNumber;
  event.command = ddr4().command("REF");
  writer.event(event);
  const std::string lines = text.str();
  EXPECT_EQ(lines.substr(lines.find('\n') + 1),
            "10 2 arrive 4 W 3 7 9\n"
            "10 2 forward 4 3 7 9\n"
            "10 2 direction write\n"
            "10 2 blocked 0x30\n"
            "10 2 command ACT 3 7 - 4\n"
            "10 2 command RD 3 7 9 4\n"
            "10 2 command PRE 3 - - 4\n"
            "10 2 command REF 3 - - -\n");
}

TEST(TheLog, SkipsEmptyLinesAndComments) {
  std::istringstream in(header() + "\n\n# a comment\n  \n5 0 direction write\r\n");
  LogReader reader(in, "a.log", ddr4());
  EXPECT_EQ(reader.next()->cycle, 5);
  EXPECT_EQ(reader.line(), 5);
  EXPECT_EQ(reader.next(), std::nullopt);
}

TEST(TheLog, SaysWhereALineIsMalformedAndWhatWasExpected) {
  struct Case {
    std::string line;
    std::string message;  // with the column of the word
  };
  const Case cases[] = {
      {"x 0 direction read", "a.log:2:1: 'x' is not a cycle"},
      {"-1 0 direction read", "a.log:2:1: '-1' is not a cycle"},
      {"5", "a.log:2:2: '' is not a channel"},
      {"5 70000 direction read", "a.log:2:3: '70000' is not a channel"},
      {"5 0 arrives 1 R 0 0 0", "a.log:2:5: unknown event 'arrives'"},
      {"5 0 arrive 1 R 0 0", "a.log:2:19: a line of another length"},
      {"5 0 arrive 1 R 0 0 0 0", "a.log:2:22: a line of another length"},
      {"5 0 arrive 1 X 0 0 0", "a.log:2:14: 'X'"},
      {"5 0 arrive 1 R 16 0 0", "a.log:2:16: '16' is not a bank"},       // 16 banks
      {"5 0 arrive 1 R 0 65536 0", "a.log:2:18: '65536' is not a row"},  // 65536 rows
      {"5 0 forward 1 0 0 128", "a.log:2:19: '128' is not a column"},    // 128 columns
      {"5 0 direction both", "a.log:2:15: direction 'both'"},
      {"5 0 blocked 12", "a.log:2:13: mask '12'"},
      {"5 0 blocked 0x10000", "a.log:2:13: mask '0x10000'"},
      {"5 0 command ATC 0 0 - 1", "a.log:2:13: unknown command 'ATC'"},
      {"5 0 command ACT 0 - - 1", "a.log:2:19: '-' is not a row"},
      {"5 0 command ACT 0 0 0 1", "a.log:2:21: '0' where the command has none"},
      {"5 0 command RD 0 0 0 x", "a.log:2:22: 'x' is not a number or -"}};
  for (const Case& malformed : cases) {
    const std::string error = error_of(header() + "\n" + malformed.line + "\n");
    EXPECT_NE(error.find(malformed.message), std::string::npos) << malformed.line << "\n" << error;
  }
}

TEST(TheLog, ReportsAllMalformedLinesAtOnce) {
  const std::string error =
      error_of(header() + "\n1 0 direction up\n2 0 direction read\n3 0 blocked 7\n");
  EXPECT_NE(error.find("a.log:2:"), std::string::npos) << error;
  EXPECT_EQ(error.find("a.log:3:"), std::string::npos) << error;
  EXPECT_NE(error.find("a.log:4:"), std::string::npos) << error;
}

TEST(TheLog, RejectsAHeaderOfAnotherFormatVersionOrStandard) {
  EXPECT_NE(error_of("").find("an empty command log"), std::string::npos);
  EXPECT_NE(error_of("0 0 command REF 0 - - -\n").find("not a command log"), std::string::npos);
  EXPECT_NE(error_of("orrery_memory_log 2 spec=" + ddr4().name).find("version '2'"),
            std::string::npos);
  EXPECT_NE(error_of("orrery_memory_log 1 spec=HBM9").find("the log is of 'HBM9'"),
            std::string::npos);
  EXPECT_NE(error_of("orrery_memory_log 1 page_policy=open").find("names no spec"),
            std::string::npos);
  // Both mistakes of one line.
  const std::string error =
      error_of("orrery_memory_log 1 page_polcy=open hit_cap=x spec=" + ddr4().name);
  EXPECT_NE(error.find("unknown parameter 'page_polcy'"), std::string::npos) << error;
  EXPECT_NE(error.find("'x' for hit_cap"), std::string::npos) << error;
  // A controller that the standard cannot have: DDR4 refreshes no single banks.
  EXPECT_NE(error_of("orrery_memory_log 1 refresh_policy=per_bank spec=" + ddr4().name)
                .find("refresh_policy per_bank"),
            std::string::npos);
}

TEST(TheLog, IsCheckedFromItsText) {
  std::istringstream in(header() +
                        "\n10 0 arrive 0 R 0 5 3\n10 0 command ACT 0 5 - 0\n"
                        "26 0 command RD 0 5 3 0\n");
  Findings findings;
  EXPECT_EQ(check_log(in, "a.log", ddr4(), findings), 2U);
  // nRCDRD = 17: the read is allowed in 10 + 17 = 27.
  EXPECT_EQ(findings.count(FindingKind::kConstraint), 1U);
  EXPECT_EQ(findings.items().front().allowed, 27);
}

}  // namespace
}  // namespace orrery::memory::checker::test
