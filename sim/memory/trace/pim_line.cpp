// SPDX-License-Identifier: Apache-2.0
#include "memory/trace/pim_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "base/error.h"

namespace orrery::memory::trace {

namespace {

constexpr std::string_view kBlanks = " \t\r";
constexpr std::string_view kWord = "pim";
constexpr const char* kForm =
    "pim COMMAND [channel=N] [bank=N] [row=N] [column=N] [count=N] [results=N] [cycle=N]";

struct Word {
  std::string_view text;
  std::size_t column = 1;
};

std::vector<Word> split(std::string_view line) {
  line = line.substr(0, line.find('#'));
  std::vector<Word> words;
  std::size_t at = line.find_first_not_of(kBlanks);
  while (at != std::string_view::npos) {
    const std::size_t end = std::min(line.find_first_of(kBlanks, at), line.size());
    words.push_back({line.substr(at, end - at), at + 1});
    at = line.find_first_not_of(kBlanks, end);
  }
  return words;
}

// The index of a command that may stand in a program, or -1 after a complaint.
int command_of(const Word& word, const dram::Spec& spec, const ComplainAt& complain) {
  std::vector<std::string> known;
  for (std::size_t i = 0; i < spec.commands.size(); ++i) {
    const dram::CommandKind kind = spec.commands[i].kind;
    const bool may = dram::is_pim(kind) && kind != dram::CommandKind::kPimActivate &&
                     kind != dram::CommandKind::kPimPrecharge;
    if (may && spec.commands[i].name == word.text) {
      return static_cast<int>(i);
    }
    if (may) {
      known.push_back(spec.commands[i].name);
    }
  }
  complain(word.column,
           known.empty() ? fmt::format("a PIM command, and {} has none", spec.name)
                         : fmt::format("unknown PIM command '{}'", word.text),
           known.empty() ? "requests, address R|W [cycle]"
                         : fmt::format("one of {}", fmt::join(known, ", ")),
           base::nearest_name(word.text, known));
  return -1;
}

struct Key {
  std::string_view name;
  std::uint64_t least;
  std::uint64_t below;
  std::uint64_t value;
};

void read_key(const Word& word, std::vector<Key>& keys, std::uint32_t& seen,
              const ComplainAt& complain) {
  const std::size_t equals = std::min(word.text.find('='), word.text.size());
  const std::string_view name = word.text.substr(0, equals);
  const auto key =
      std::find_if(keys.begin(), keys.end(), [&](const Key& k) { return k.name == name; });
  if (key == keys.end() || equals == word.text.size()) {
    std::vector<std::string> known;
    for (const Key& k : keys) {
      known.emplace_back(k.name);
    }
    complain(word.column, fmt::format("found '{}'", word.text), kForm,
             base::nearest_name(name, known));
    return;
  }
  const auto bit = 1U << static_cast<unsigned>(key - keys.begin());
  if ((seen & bit) != 0) {
    complain(word.column, fmt::format("a second '{}'", name), "every key once", "");
  }
  seen |= bit;
  const std::string_view text = word.text.substr(equals + 1);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < key->least ||
      value >= key->below) {
    complain(word.column + equals + 1, fmt::format("{} '{}'", name, text),
             fmt::format("{} to {}", key->least, key->below - 1), "");
    return;
  }
  key->value = value;
}

}  // namespace

bool is_pim_line(std::string_view line) {
  const std::size_t at = line.find_first_not_of(kBlanks);
  if (at == std::string_view::npos || line.substr(at, kWord.size()) != kWord) {
    return false;
  }
  const std::size_t end = at + kWord.size();
  return end == line.size() || kBlanks.find(line[end]) != std::string_view::npos ||
         line[end] == '#';
}

PimLine parse_pim_line(std::string_view line, const dram::Spec& spec, std::int64_t channels,
                       Cycle last_cycle, const ComplainAt& complain) {
  const std::vector<Word> words = split(line);
  PimLine result;
  if (words.size() < 2) {
    complain(line.size() + 1, "the line ends after 'pim'", kForm, "");
    return result;
  }
  const int command = command_of(words[1], spec, complain);
  const auto most = static_cast<std::uint64_t>(
      command < 0 ? 1 : spec.commands[static_cast<std::size_t>(command)].most_count);
  constexpr std::uint64_t kMostResults = 1 << 20;
  const std::int64_t pim_columns = spec.columns * spec.access_bytes / spec.pim_column_bytes;
  std::vector<Key> keys = {{"channel", 0, static_cast<std::uint64_t>(channels), 0},
                           {"bank", 0, static_cast<std::uint64_t>(spec.banks()), 0},
                           {"row", 0, static_cast<std::uint64_t>(spec.rows), 0},
                           {"column", 0, static_cast<std::uint64_t>(pim_columns), 0},
                           {"count", 1, most + 1, 1},
                           {"results", 0, kMostResults, 0},
                           {"cycle", 0, static_cast<std::uint64_t>(last_cycle) + 1, 0}};
  std::uint32_t seen = 0;
  for (std::size_t i = 2; i < words.size(); ++i) {
    read_key(words[i], keys, seen, complain);
  }
  result.step.command = std::max(command, 0);
  result.channel = static_cast<std::uint32_t>(keys[0].value);
  result.step.bank = static_cast<std::uint32_t>(keys[1].value);
  result.step.row = static_cast<std::uint32_t>(keys[2].value);
  result.step.column = static_cast<std::uint32_t>(keys[3].value);
  result.step.count = static_cast<std::uint32_t>(keys[4].value);
  result.step.results = static_cast<std::uint32_t>(keys[5].value);
  result.cycle = static_cast<Cycle>(keys[6].value);
  return result;
}

}  // namespace orrery::memory::trace
