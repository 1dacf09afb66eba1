// SPDX-License-Identifier: Apache-2.0
#include "command/text_header.h"

#include <fmt/format.h>

#include <algorithm>

#include "command/form_names.h"
#include "command/printable.h"
#include "command/stream_checker.h"
#include "command/text_fields.h"
#include "command/text_form.h"
#include "command/text_words.h"

namespace orrery::command {
namespace {

std::string short_text(LineScanner& scanner, const std::string& what) {
  std::string text = read_name(scanner, what);
  scanner.expect_blank();
  return text;
}

}  // namespace

const std::vector<TextHeaderParser::Keyword>& TextHeaderParser::keywords() {
  using Self = TextHeaderParser;
  static const std::vector<Keyword> kKeywords{
      {"workload", true, false,
       [](Self& self, LineScanner& scanner) {
         self.header_.workload = short_text(scanner, "a name");
       }},
      {"platform", true, false,
       [](Self& self, LineScanner& scanner) {
         self.header_.platform = short_text(scanner, "a name");
       }},
      {"seed", false, false,
       [](Self& self, LineScanner& scanner) {
         self.header_.seed = scanner.natural("a number from 0 to 18446744073709551615");
         scanner.expect_blank();
       }},
      {"engine", false, true,
       [](Self& self, LineScanner& scanner) {
         self.read_name(scanner, "engine", kMostEngines, self.header_.engines);
       }},
      {"tier", false, true,
       [](Self& self, LineScanner& scanner) {
         self.read_name(scanner, "tier", kMostTiers, self.header_.tiers);
       }},
      {"layer", false, true, [](Self& self, LineScanner& scanner) { self.read_layer(scanner); }},
      {"uses", false, true, [](Self& self, LineScanner& scanner) { self.read_uses(scanner); }},
      {"rendezvous", false, false,
       [](Self& self, LineScanner& scanner) { self.read_rendezvous(scanner); }},
      {"pim_memory", false, true,
       [](Self& self, LineScanner& scanner) { self.pim_.read_memory(scanner); }},
      {"pim_command", false, true,
       [](Self& self, LineScanner& scanner) { self.pim_.read_command(scanner); }},
  };
  return kKeywords;
}

void TextHeaderParser::parse_version(LineScanner& scanner) {
  const std::string expected = fmt::format("'{}{}'", kTextStart, kTextVersion);
  for (const char character : kTextStart) {
    if (!scanner.accept(character)) {
      scanner.fail(1, "no command stream in text form", expected);
    }
  }
  const int column = scanner.column();
  const std::int64_t version = scanner.integer(expected);
  if (version != kTextVersion) {
    scanner.fail(column, fmt::format("version {} of the text form", version), expected);
  }
  if (!scanner.at_end()) {
    scanner.fail(scanner.column(), "more than the version", "the end of the line");
  }
}

void TextHeaderParser::parse(LineScanner& scanner) {
  const int column = scanner.column();
  const std::string_view word = scanner.word("a line of the header, a command or 'end'");
  const auto found = std::find_if(keywords().begin(), keywords().end(),
                                  [&](const Keyword& keyword) { return keyword.name == word; });
  if (found == keywords().end()) {
    std::vector<std::string> known;
    for (const Keyword& keyword : keywords()) {
      known.emplace_back(keyword.name);
    }
    scanner.fail_unknown(column, "line of the header", word, known);
  }
  if (!seen_.insert(found->name).second && !found->repeats) {
    scanner.fail(column, fmt::format("a second '{}'", word), "one");
  }
  scanner.expect_blank();
  (void)scanner.at_end();
  found->read(*this, scanner);
  if (!scanner.at_end()) {
    scanner.fail(scanner.column(), fmt::format("more than '{}' takes", word),
                 "the end of the line");
  }
}

void TextHeaderParser::read_name(LineScanner& scanner, const char* what, std::size_t most,
                                 std::vector<std::string>& names) {
  const base::SourcePosition where = scanner.position();
  if (names.size() == most) {
    scanner.fail(where.column, fmt::format("too many of '{}'", what),
                 fmt::format("at most {}", most));
  }
  names.push_back(short_text(scanner, "a name"));
  places_.emplace_back(fmt::format("{} {}", what, names.size()), where);
}

void TextHeaderParser::read_layer(LineScanner& scanner) {
  struct Key {
    const char* name;
    std::string LayerInfo::* text;
  };
  static const std::vector<Key> kTexts{{"dataflow", &LayerInfo::dataflow},
                                       {"tiling", &LayerInfo::tiling},
                                       {"limited_by", &LayerInfo::limited_by}};
  places_.emplace_back(fmt::format("layer {}", header_.layers.size() + 1), scanner.position());
  LayerInfo layer;
  layer.name = short_text(scanner, "a name");
  (void)scanner.at_end();
  layer.kind = short_text(scanner, "a kind");
  std::set<std::string> seen;
  while (!scanner.at_end()) {
    const int column = scanner.column();
    const std::string word(scanner.word("a key"));
    if (!seen.insert(word).second) {
      scanner.fail(column, fmt::format("a second '{}'", word), "every key once");
    }
    const auto found = std::find_if(kTexts.begin(), kTexts.end(),
                                    [&](const Key& key) { return key.name == word; });
    if (found == kTexts.end() && word != "macs") {
      scanner.fail_unknown(column, "key of 'layer'", word,
                           {"macs", "dataflow", "tiling", "limited_by"});
    }
    scanner.expect('=', fmt::format("'=' after '{}'", word));
    if (found == kTexts.end()) {
      layer.macs_useful = scanner.integer("multiply-accumulates");
      scanner.expect_blank();
    } else {
      layer.*(found->text) = short_text(scanner, "a text");
    }
  }
  header_.layers.push_back(std::move(layer));
}

void TextHeaderParser::read_uses(LineScanner& scanner) {
  const base::SourcePosition where = scanner.position();
  UsedRange range;
  const std::string_view word = scanner.word("a memory");
  const std::optional<SpaceKind> kind = find_value(space_kind_names(), word);
  if (!kind) {
    scanner.fail_unknown(where.column, "memory", word, names_of(space_kind_names()));
  }
  range.space.kind = *kind;
  std::string name;
  if (*kind != SpaceKind::kScratchpad) {
    scanner.expect(':', "':' and a name");
    name = scanner.text("a name");
  }
  for (std::int64_t* limit : {&range.begin, &range.end}) {
    scanner.expect_blank();
    (void)scanner.at_end();
    *limit = scanner.integer("the first byte and the one behind the last");
  }
  scanner.expect_blank();
  header_.uses.push_back(range);
  places_.emplace_back(fmt::format("uses {}", header_.uses.size()), where);
  used_names_.push_back(std::move(name));
}

void TextHeaderParser::read_rendezvous(LineScanner& scanner) {
  places_.emplace_back("rendezvous", scanner.position());
  do {
    if (header_.rendezvous.size() == kMostRendezvous) {
      scanner.fail(scanner.column(), "too many rendezvous",
                   fmt::format("at most {}", kMostRendezvous));
    }
    header_.rendezvous.push_back(scanner.natural("the number of a rendezvous"));
  } while (scanner.accept(','));
  scanner.expect_blank();
}

void TextHeaderParser::resolve_uses(base::Diagnostics& diagnostics) {
  for (std::size_t i = 0; i < header_.uses.size(); ++i) {
    Space& space = header_.uses[i].space;
    if (space.kind == SpaceKind::kScratchpad) {
      continue;
    }
    const bool is_tier = space.kind == SpaceKind::kTier;
    const std::vector<std::string>& names = is_tier ? header_.tiers : header_.engines;
    const auto found = std::find(names.begin(), names.end(), used_names_[i]);
    if (found == names.end()) {
      diagnostics.add(
          {where(fmt::format("uses {}", i + 1)), "",
           one_line(fmt::format("unknown {} '{}'", is_tier ? "tier" : "engine", used_names_[i])),
           one_line("one of " + config::join(names, ", ")),
           one_line(base::nearest_name(used_names_[i], names))});
    }
    space.index = static_cast<std::uint16_t>(found - names.begin());
  }
}

base::SourcePosition TextHeaderParser::where(const std::string& field) const {
  const auto found = std::find_if(places_.begin(), places_.end(),
                                  [&](const auto& place) { return place.first == field; });
  return found == places_.end() ? base::SourcePosition{} : found->second;
}

void TextHeaderParser::check_complete(const base::SourcePosition& end,
                                      base::Diagnostics& diagnostics) {
  resolve_uses(diagnostics);
  pim_.resolve(header_, places_, diagnostics);
  for (const Keyword& keyword : keywords()) {
    if (keyword.is_required && !seen_.contains(keyword.name)) {
      diagnostics.add({end, "", fmt::format("no '{}' in the header", keyword.name),
                       fmt::format("{} NAME", keyword.name), ""});
    }
  }
}

}  // namespace orrery::command
