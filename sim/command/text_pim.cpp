// SPDX-License-Identifier: Apache-2.0
#include "command/text_pim.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "command/form_names.h"
#include "command/pim_operations.h"
#include "command/stream_checker.h"

namespace orrery::command {
namespace {

template <class T>
std::vector<std::string> keys(const std::map<std::string, T, std::less<>>& names) {
  std::vector<std::string> result;
  for (const auto& [name, value] : names) {
    result.push_back(name);
  }
  return result;
}

}  // namespace

void TextPimParser::read(PimProgram& program, int column) {
  using Self = TextPimParser;
  using Key = FieldKey<TextPimParser, PimProgram>;
  static constexpr std::array<Key, 11> kKeys{{
      {"memory", true, [](Self& self, PimProgram& body) { self.read_memory(body); }},
      {"channel", false,
       [](Self& self, PimProgram& body) { body.channel = self.scanner_.integer("a channel"); }},
      {"repetitions", false,
       [](Self& self, PimProgram& body) {
         body.repetitions = self.scanner_.integer("repetitions");
       }},
      {"step", true, [](Self& self, PimProgram& body) { self.read_step(body); }, true},
      {"type", false,
       [](Self& self, PimProgram& body) { body.type = read_element_type(self.scanner_); }},
      {"result_type", false,
       [](Self& self, PimProgram& body) { body.result_type = read_element_type(self.scanner_); }},
      {"source", false, [](Self& self, PimProgram& body) { self.read_end(body.source); }},
      {"source_stride", false,
       [](Self& self, PimProgram& body) { self.read_strides(body.source); }},
      {"destination", false, [](Self& self, PimProgram& body) { self.read_end(body.destination); }},
      {"destination_stride", false,
       [](Self& self, PimProgram& body) { self.read_strides(body.destination); }},
      {"macs", false,
       [](Self& self, PimProgram& body) {
         body.macs_useful = self.scanner_.integer("multiply-accumulates");
       }},
  }};
  read_fields<TextPimParser, PimProgram>(*this, scanner_, kKeys, "pim", column, false, &places_,
                                         program);
  resolve_steps(program);
  check_end("source", "source_stride", "loads", moves_in(program, memory_->memory), column);
  check_end("destination", "destination_stride", "reads", moves_out(program, memory_->memory),
            column);
}

void TextPimParser::read_memory(PimProgram& program) {
  const int column = scanner_.column();
  const std::string name = scanner_.text("the name of a tier");
  const auto found = names_.find(name);
  if (found == names_.end()) {
    if (names_.empty()) {
      scanner_.fail(column, "no PIM memory in the header", "a line 'pim_memory TIER ...' there");
    }
    scanner_.fail_unknown(column, "PIM memory", name, keys(names_));
  }
  memory_ = &found->second;
  program.memory = memory_->index;
}

void TextPimParser::read_step(PimProgram& program) {
  using Key = FieldKey<LineScanner, PimStep>;
  static constexpr std::array<Key, 8> kKeys{{
      {"bank", false, [](LineScanner& s, PimStep& step) { step.bank = s.integer("a bank"); }},
      {"row", false, [](LineScanner& s, PimStep& step) { step.row = s.integer("a row"); }},
      {"column", false, [](LineScanner& s, PimStep& step) { step.column = s.integer("a column"); }},
      {"count", false, [](LineScanner& s, PimStep& step) { step.count = s.integer("a count"); }},
      {"results", false,
       [](LineScanner& s, PimStep& step) { step.results = s.integer("a number of reads"); }},
      {"row_step", false, [](LineScanner& s, PimStep& step) { step.row_step = s.integer("rows"); }},
      {"column_step", false,
       [](LineScanner& s, PimStep& step) { step.column_step = s.integer("columns"); }},
      {"once", false,
       [](LineScanner& s, PimStep& step) { step.once = read_choice(s, yes_and_no(), "choice"); }},
  }};
  const int column = scanner_.column();
  if (program.steps.size() == kMostPimSteps) {
    scanner_.fail(column, "too many steps", fmt::format("at most {}", kMostPimSteps));
  }
  steps_.emplace_back(scanner_.text("a PIM command"), column);
  PimStep& step = program.steps.emplace_back();
  if (scanner_.accept('(')) {
    read_fields<LineScanner, PimStep>(scanner_, scanner_, kKeys, steps_.back().first, column, true,
                                      nullptr, step);
  }
}

void TextPimParser::read_end(PimProgram::End& end) {
  const std::string& scratchpad = name_of(space_kind_names(), SpaceKind::kScratchpad);
  const int column = scanner_.column();
  const std::string_view word = scanner_.word(scratchpad);
  if (word != scratchpad) {
    scanner_.fail_unknown(column, "memory", word, {scratchpad});
  }
  scanner_.expect('@', "'@' and an address in bytes");
  end.address = scanner_.integer("an address in bytes");
}

void TextPimParser::read_strides(PimProgram::End& end) {
  static const std::string kExpected = "two strides in bytes: of repetitions, of steps";
  end.stride[0] = scanner_.integer(kExpected);
  scanner_.expect(',', kExpected);
  end.stride[1] = scanner_.integer(kExpected);
}

void TextPimParser::resolve_steps(PimProgram& program) const {
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const auto found = memory_->commands.find(steps_[i].first);
    if (found == memory_->commands.end()) {
      scanner_.fail_unknown(steps_[i].second, "PIM command", steps_[i].first,
                            keys(memory_->commands));
    }
    program.steps[i].command = found->second;
  }
}

void TextPimParser::check_end(const char* name, const char* strides, const char* what,
                              bool is_needed, int column) const {
  bool is_given = false;
  for (const FieldPlace& place : places_) {
    const std::string_view field = place.name;
    is_given = is_given || field == name;
    if (!is_needed && (field == name || field == strides)) {
      scanner_.fail(place.column,
                    fmt::format("'{}' of a program without a step that {}", field, what),
                    fmt::format("a step that {}, or no '{}'", what, field));
    }
  }
  if (is_needed && !is_given) {
    scanner_.fail(column, fmt::format("'pim' without '{}'", name),
                  fmt::format("{}=scratchpad@ADDRESS: a step {}", name, what));
  }
}

}  // namespace orrery::command
