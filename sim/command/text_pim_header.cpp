// SPDX-License-Identifier: Apache-2.0
#include "command/text_pim_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "command/form_names.h"
#include "command/printable.h"
#include "command/stream_checker.h"
#include "command/text_fields.h"

namespace orrery::command {
namespace {

PimMemory::Digits read_digits(LineScanner& scanner) {
  static const std::string kExpected = "EXTENT:STRIDE, strides in bytes";
  PimMemory::Digits digits;
  scanner.expect('[', "'[' and digits");
  if (scanner.accept(']')) {
    return digits;
  }
  do {
    if (digits.size() == kMostPimDigits) {
      scanner.fail(scanner.column(), "too many digits", fmt::format("at most {}", kMostPimDigits));
    }
    PimMemory::Digit digit;
    digit.extent = scanner.integer(kExpected);
    scanner.expect(':', kExpected);
    digit.stride = scanner.integer(kExpected);
    digits.push_back(digit);
  } while (scanner.accept(','));
  scanner.expect(']', "',' or ']'");
  return digits;
}

base::Diagnostic unknown_tier(const base::SourcePosition& where, const char* what,
                              const std::string& name, const std::vector<std::string>& known) {
  return {where, "", one_line(fmt::format("unknown {} '{}'", what, name)),
          one_line(known.empty() ? "a line 'pim_memory TIER ...'"
                                 : "one of " + config::join(known, ", ")),
          one_line(base::nearest_name(name, known))};
}

}  // namespace

void TextPimHeader::read_memory(LineScanner& scanner) {
  using Key = FieldKey<LineScanner, PimMemory>;
  static constexpr std::array<Key, 5> kKeys{{
      {"column_bytes", true,
       [](LineScanner& s, PimMemory& memory) {
         memory.column_bytes = s.integer("bytes of a column");
       }},
      {"channel", true, [](LineScanner& s, PimMemory& memory) { memory.channel = read_digits(s); }},
      {"bank", true, [](LineScanner& s, PimMemory& memory) { memory.bank = read_digits(s); }},
      {"row", true, [](LineScanner& s, PimMemory& memory) { memory.row = read_digits(s); }},
      {"byte", true, [](LineScanner& s, PimMemory& memory) { memory.byte = read_digits(s); }},
  }};
  ++unsound_;
  MemoryLine line;
  line.where = scanner.position();
  if (memories_.size() == kMostTiers) {
    scanner.fail(line.where.column, "too many of 'pim_memory'",
                 fmt::format("at most {}", kMostTiers));
  }
  line.tier = read_name(scanner, "the name of a tier");
  scanner.expect_blank();
  read_fields<LineScanner, PimMemory>(scanner, scanner, kKeys, "pim_memory", line.where.column,
                                      false, nullptr, line.memory);
  memories_.push_back(std::move(line));
  --unsound_;
}

void TextPimHeader::read_command(LineScanner& scanner) {
  using Key = FieldKey<LineScanner, PimCommand>;
  static constexpr std::array<Key, 5> kKeys{{
      {"bytes", false,
       [](LineScanner& s, PimCommand& command) { command.bytes = s.integer("bytes"); }},
      {"banks", false,
       [](LineScanner& s, PimCommand& command) { command.banks = s.integer("banks"); }},
      {"bank_step", false,
       [](LineScanner& s, PimCommand& command) { command.bank_step = s.integer("a step"); }},
      {"most_count", false,
       [](LineScanner& s, PimCommand& command) { command.most_count = s.integer("a count"); }},
      {"announces", false,
       [](LineScanner& s, PimCommand& command) {
         command.announces = read_choice(s, yes_and_no(), "choice");
       }},
  }};
  CommandLine line;
  line.where = scanner.position();
  if (commands_.size() == kMostPimCommands) {
    scanner.fail(line.where.column, "too many of 'pim_command'",
                 fmt::format("at most {}", kMostPimCommands));
  }
  line.tier = read_name(scanner, "the name of a tier");
  scanner.expect_blank();
  (void)scanner.at_end();
  line.command.name = read_name(scanner, "a name");
  scanner.expect_blank();
  (void)scanner.at_end();
  line.command.operation = read_choice(scanner, numeric::pim_operation_names(), "operation");
  scanner.expect_blank();
  read_fields<LineScanner, PimCommand>(scanner, scanner, kKeys, "pim_command", line.where.column,
                                       false, nullptr, line.command);
  commands_.push_back(std::move(line));
}

void TextPimHeader::resolve(StreamHeader& header, Places& places, base::Diagnostics& diagnostics) {
  std::vector<std::string> known;  // by memory
  std::map<std::string, std::size_t> numbers;
  for (MemoryLine& line : memories_) {
    const auto found = std::find(header.tiers.begin(), header.tiers.end(), line.tier);
    if (found == header.tiers.end()) {
      diagnostics.add(unknown_tier(line.where, "tier", line.tier, header.tiers));
      ++unsound_;
    }
    line.memory.tier = static_cast<std::uint16_t>(found - header.tiers.begin());
    header.pim_memories.push_back(std::move(line.memory));
    numbers.emplace(line.tier, known.size());
    known.push_back(line.tier);
    places.emplace_back(fmt::format("pim_memory {}", known.size()), line.where);
  }
  for (CommandLine& line : commands_) {
    const auto found = numbers.find(line.tier);
    if (found == numbers.end()) {
      // It may be the one whose line could not be read.
      if (unsound_ == 0) {
        diagnostics.add(unknown_tier(line.where, "PIM memory", line.tier, known));
      }
      continue;
    }
    std::vector<PimCommand>& commands = header.pim_memories[found->second].commands;
    commands.push_back(std::move(line.command));
    places.emplace_back(fmt::format("pim_memory {} command {}", found->second + 1, commands.size()),
                        line.where);
  }
}

}  // namespace orrery::command
