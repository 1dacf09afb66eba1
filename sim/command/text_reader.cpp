// SPDX-License-Identifier: Apache-2.0
#include "command/text_reader.h"

#include <algorithm>
#include <utility>

#include "command/printable.h"
#include "command/text_form.h"
#include "command/text_words.h"

namespace orrery::command {
namespace {

// After so many mistakes the rest of the file is not looked at.
constexpr std::size_t kMostMistakes = 20;

}  // namespace

TextReader::TextReader(std::unique_ptr<std::istream> in, std::string file,
                       std::optional<Extents> extents)
    : lines_(std::move(in), std::move(file)), checker_(std::move(extents)), parser_(names_) {
  read_header();
}

LineScanner TextReader::scanner() const {
  return {lines_.line(), lines_.file(), lines_.number()};
}

void TextReader::add(base::Diagnostic diagnostic) {
  diagnostics_.add(std::move(diagnostic));
  if (diagnostics_.items().size() >= kMostMistakes) {
    finished_ = true;
    diagnostics_.throw_if_any();
  }
}

void TextReader::collect(const base::UserError& error) {
  for (const base::Diagnostic& diagnostic : error.diagnostics()) {
    add(diagnostic);
  }
}

// Goes to the next line that is neither empty nor a comment.
bool TextReader::next_line() {
  while (!has_line_) {
    if (!lines_.next()) {
      return false;
    }
    has_line_ = !scanner().at_end();
  }
  return true;
}

bool TextReader::is_end_line() const {
  LineScanner words = scanner();
  (void)words.at_end();
  return words.peek_word() == kTextEnd;
}

void TextReader::read_header() {
  (void)lines_.next();
  LineScanner first = scanner();
  TextHeaderParser::parse_version(first);
  TextHeaderParser parser;
  while (next_line() && !is_end_line()) {
    LineScanner words = scanner();
    (void)words.at_end();
    if (words.at_digit()) {
      break;
    }
    has_line_ = false;
    try {
      parser.parse(words);
    } catch (const base::UserError& error) {
      collect(error);
    }
  }
  take_names(parser);
}

void TextReader::take_names(TextHeaderParser& parser) {
  const base::SourcePosition end{lines_.file(), std::max(lines_.number(), 1), 1};
  parser.check_complete(end, diagnostics_);
  header_ = std::move(parser.header());
  const std::vector<std::string> engines = header_.engines;
  const std::vector<std::string> tiers = header_.tiers;
  const std::vector<PimMemory> memories = header_.pim_memories;
  // Where lines could not be read, what they hold would only seem to be missing.
  if (diagnostics_.empty()) {
    Problems problems;
    checker_.adopt(header_, problems);
    for (const Problem& problem : problems) {
      const base::SourcePosition where = parser.where(problem.field);
      add({where.line > 0 ? where : end, "", one_line(problem.message), one_line(problem.expected),
           one_line(problem.suggestion)});
    }
  }
  diagnostics_.throw_if_any();
  for (std::size_t i = 0; i < engines.size(); ++i) {
    names_.engines[engines[i]] = checker_.engine(static_cast<EngineIndex>(i));
  }
  for (std::size_t i = 0; i < tiers.size(); ++i) {
    names_.tiers[tiers[i]] = checker_.tier(static_cast<std::uint16_t>(i));
  }
  for (std::size_t i = 0; i < memories.size(); ++i) {
    TextPimMemory& named = names_.pim_memories[tiers[memories[i].tier]];
    named.index = checker_.pim_memory(i);
    named.memory = header_.pim_memories[named.index];
    for (std::size_t j = 0; j < memories[i].commands.size(); ++j) {
      named.commands.emplace(memories[i].commands[j].name, checker_.pim_command(i, j));
    }
  }
}

void TextReader::read_end() {
  finished_ = true;
  LineScanner words = scanner();
  (void)words.at_end();
  (void)words.word("'end'");
  if (!words.at_end()) {
    add(words.diagnostic(words.column(), "", "more than 'end'", "the end of the line"));
  }
  has_line_ = false;
  Problems problems;
  checker_.check_end(problems);
  for (const Problem& problem : problems) {
    add(words.diagnostic(1, "", problem.message, problem.expected));
  }
  if (next_line()) {
    add(scanner().diagnostic(1, "", "a line after 'end'", "the end of the file"));
  }
}

bool TextReader::read_command(Command& command) {
  LineScanner words = scanner();
  (void)words.at_end();
  has_line_ = false;
  try {
    parser_.parse(words, command);
  } catch (const base::UserError& error) {
    checker_.skip();
    collect(error);
    return false;
  }
  Problems problems;
  checker_.check(command, problems);
  for (const Problem& problem : problems) {
    const bool is_key = problem.field != "id" && problem.field != "kind";
    add(words.diagnostic(parser_.column_of(problem.field), is_key ? problem.field : "",
                         problem.message, problem.expected, problem.suggestion));
    // All that follow would be misnumbered too.
    if (problem.field == "id") {
      finished_ = true;
      diagnostics_.throw_if_any();
    }
  }
  return problems.empty();
}

bool TextReader::next(Command& command) {
  while (!finished_) {
    if (!next_line()) {
      finished_ = true;
      add({{lines_.file(), std::max(lines_.number(), 1), 1},
           "",
           "the file ends early",
           "a last line 'end'",
           ""});
    } else if (is_end_line()) {
      read_end();
    } else if (read_command(command) && diagnostics_.empty()) {
      return true;
    }
  }
  const base::Diagnostics found = std::exchange(diagnostics_, {});
  found.throw_if_any();
  return false;
}

std::unique_ptr<Source> read_text(std::unique_ptr<std::istream> in, std::string file,
                                  std::optional<Extents> extents) {
  return std::make_unique<TextReader>(std::move(in), std::move(file), std::move(extents));
}

}  // namespace orrery::command
