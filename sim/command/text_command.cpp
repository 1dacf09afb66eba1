// SPDX-License-Identifier: Apache-2.0
#include "command/text_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "command/form_names.h"
#include "command/printable.h"
#include "command/stream_checker.h"
#include "command/text_words.h"
#include "command/vector_kinds.h"
#include "config/codec.h"

namespace orrery::command {
namespace {

constexpr std::array kRepeated{"stage", "step"};

template <class T>
std::vector<std::string> keys(const std::map<std::string, T, std::less<>>& names) {
  std::vector<std::string> result;
  for (const auto& [name, index] : names) {
    result.push_back(name);
  }
  return result;
}

template <class T>
T lookup(LineScanner& scanner, const std::map<std::string, T, std::less<>>& names,
         const std::string& what) {
  const int column = scanner.column();
  const std::string name = scanner.text(what);
  const auto found = names.find(name);
  if (found == names.end()) {
    scanner.fail_unknown(column, what, name, keys(names));
  }
  return found->second;
}

}  // namespace

int TextCommandParser::column_of(const std::string& field) const {
  int count = 0;  // of stages or steps: no command has both
  for (const FieldPlace& place : places_) {
    const bool repeats = std::find(kRepeated.begin(), kRepeated.end(),
                                   std::string_view(place.name)) != kRepeated.end();
    count += repeats ? 1 : 0;
    if (field == (repeats ? fmt::format("{} {}", place.name, count) : place.name)) {
      return place.column;
    }
  }
  return places_.empty() ? 1 : places_.front().column;
}

void TextCommandParser::parse(LineScanner& scanner, Command& command) {
  scanner_ = &scanner;
  places_.clear();
  command = Command{};
  mark("id");
  command.id = scanner.natural("the number of the command");
  scanner.expect_blank();
  (void)scanner.at_end();
  mark("engine");
  command.engine = engine();
  scanner.expect_blank();
  (void)scanner.at_end();
  mark("layer");
  const std::uint64_t layer = scanner.natural("the index of a layer, from 0");
  if (layer > std::numeric_limits<LayerIndex>::max()) {
    scanner.fail(places_.back().column, fmt::format("no layer {}", layer), "an index from 0");
  }
  command.layer = static_cast<LayerIndex>(layer);
  scanner.expect_blank();
  (void)scanner.at_end();
  read_body(command);
  if (!scanner.at_end()) {
    scanner.fail(scanner.column(), "more than a command", "the end of the line");
  }
}

void TextCommandParser::read_after(Command& command) {
  scanner_->expect('=', "'=' and ENGINE:ID,...");
  do {
    if (command.after.size() == kMostDependencies) {
      scanner_->fail(scanner_->column(), "too many commands to wait for",
                     fmt::format("at most {}", kMostDependencies));
    }
    Dependency dependency;
    dependency.engine = engine();
    scanner_->expect(':', "':' and the number of a command");
    dependency.id = scanner_->natural("the number of a command");
    command.after.push_back(dependency);
  } while (scanner_->accept(','));
  scanner_->expect_blank();
  (void)scanner_->at_end();
}

void TextCommandParser::read_body(Command& command) {
  std::vector<std::string> known = names_of(body_kind_names());
  mark("kind");
  int column = scanner_->column();
  std::string_view word = scanner_->word("after=ENGINE:ID,... or " + config::join(known, ", "));
  if (word == "after") {
    places_.back().name = "after";
    read_after(command);
    mark("kind");
    column = scanner_->column();
    word = scanner_->word(config::join(known, ", "));
  } else {
    known.emplace_back("after");
  }
  const std::optional<BodyKind> kind = find_value(body_kind_names(), word);
  if (!kind) {
    scanner_->fail_unknown(column, "command", word, known);
  }
  switch (*kind) {
    case BodyKind::kMove:
      return read_body(command.body.emplace<Move>(), column);
    case BodyKind::kCompute:
      return read_body(command.body.emplace<ComputeTile>(), column);
    case BodyKind::kVector:
      return read_body(command.body.emplace<VectorCommand>(), column);
    case BodyKind::kBarrier:
      command.body.emplace<Barrier>();
      return scanner_->expect_blank();
    case BodyKind::kRendezvous:
      return read_body(command.body.emplace<Rendezvous>(), column);
    case BodyKind::kPim:
      return TextPimParser(*scanner_, names_.pim_memories, places_)
          .read(command.body.emplace<PimProgram>(), column);
  }
}

EngineIndex TextCommandParser::engine() {
  return lookup(*scanner_, names_.engines, "engine");
}

timing::Dataflow TextCommandParser::dataflow() {
  const int column = scanner_->column();
  const std::string text = scanner_->text("dataflow");
  const timing::ParsedDataflow parsed = dataflow_of(text);
  if (parsed.dataflow) {
    return *parsed.dataflow;
  }
  if (text.find(':') == std::string::npos) {
    scanner_->fail_unknown(column, "dataflow", text, standard_dataflow_names());
  }
  scanner_->fail(column, parsed.message, parsed.expected);
}

Space TextCommandParser::space() {
  Space space;
  space.kind = read_choice(*scanner_, space_kind_names(), "memory");
  if (space.kind != SpaceKind::kScratchpad) {
    scanner_->expect(':', "':' and a name");
    space.index =
        space.kind == SpaceKind::kTier ? lookup(*scanner_, names_.tiers, "tier") : engine();
  }
  return space;
}

void TextCommandParser::read_pair(std::int64_t& first, std::int64_t& second) {
  static const std::string kExpected = "two sizes: of rows, of columns";
  first = scanner_->integer(kExpected);
  scanner_->expect(',', kExpected);
  second = scanner_->integer(kExpected);
}

std::array<std::int64_t, 3> TextCommandParser::triple(const std::string& expected) {
  std::array<std::int64_t, 3> values{};
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) {
      scanner_->expect(',', expected);
    }
    values[i] = scanner_->integer(expected);
  }
  return values;
}

boost::container::static_vector<Digit, 4> TextCommandParser::digits() {
  const std::string expected = "EXTENT, EXTENT:STRIDE or EXTENT:STRIDE:STEP:STEP";
  boost::container::static_vector<Digit, 4> result;
  scanner_->expect('[', "'[' and digits");
  if (scanner_->accept(']')) {
    return result;
  }
  do {
    if (result.size() == result.capacity()) {
      scanner_->fail(scanner_->column(), "a fifth digit", "at most four");
    }
    Digit digit;
    digit.extent = scanner_->integer(expected);
    if (scanner_->accept(':')) {
      digit.stride_bits = scanner_->integer(expected);
      if (scanner_->accept(':')) {
        digit.step[0] = scanner_->integer(expected);
        scanner_->expect(':', expected);
        digit.step[1] = scanner_->integer(expected);
      }
    }
    result.push_back(digit);
  } while (scanner_->accept(','));
  scanner_->expect(']', "',' or ']'");
  return result;
}

std::array<Bound, 2> TextCommandParser::bounds() {
  const std::string expected = "{ORIGIN:LIMIT,ORIGIN:LIMIT}, with LIMIT - for none";
  std::array<Bound, 2> result{};
  for (std::size_t i = 0; i < result.size(); ++i) {
    if (i > 0) {
      scanner_->expect(',', expected);
    }
    result[i].origin = scanner_->integer(expected);
    scanner_->expect(':', expected);
    if (!scanner_->accept('-')) {
      result[i].limit = scanner_->integer(expected);
    }
  }
  scanner_->expect('}', expected);
  return result;
}

View TextCommandParser::view() {
  View view;
  view.space = space();
  scanner_->expect('@', "'@' and an address in bytes");
  view.base = scanner_->integer("an address in bytes");
  scanner_->expect('/', "'/' and a type");
  view.type = read_element_type(*scanner_);
  view.row = digits();
  view.column = digits();
  if (scanner_->accept('{')) {
    view.bounds = bounds();
  }
  return view;
}

void TextCommandParser::read_end(Move::End& end) {
  end.space = space();
  scanner_->expect('@', "'@' and an address in bytes");
  end.address = scanner_->integer("an address in bytes");
}

void TextCommandParser::read_body(Move& move, int column) {
  static const std::string kStrides = "three strides in bytes, outermost first";
  static constexpr std::array<Key<Move>, 6> kKeys{{
      {"source", true, [](Self& self, Move& body) { self.read_end(body.source); }},
      {"source_stride", false,
       [](Self& self, Move& body) { body.source.stride = self.triple(kStrides); }},
      {"destination", true, [](Self& self, Move& body) { self.read_end(body.destination); }},
      {"destination_stride", false,
       [](Self& self, Move& body) { body.destination.stride = self.triple(kStrides); }},
      {"count", false,
       [](Self& self, Move& body) { body.count = self.triple("three counts, outermost first"); }},
      {"row_bytes", true,
       [](Self& self, Move& body) { body.row_bytes = self.scanner_->integer("bytes"); }},
  }};
  read_command_fields<Move>(kKeys, "move", column, move);
}

void TextCommandParser::read_body(ComputeTile& tile, int column) {
  static constexpr std::int64_t kNotGiven = std::numeric_limits<std::int64_t>::min();
  static constexpr std::array<Key<ComputeTile>, 14> kKeys{{
      {"dataflow", true, [](Self& self, ComputeTile& body) { body.dataflow = self.dataflow(); }},
      {"m", true, [](Self& self, ComputeTile& body) { body.m = self.scanner_->integer("rows"); }},
      {"n", true,
       [](Self& self, ComputeTile& body) { body.n = self.scanner_->integer("columns"); }},
      {"k", true,
       [](Self& self, ComputeTile& body) { body.k = self.scanner_->integer("products"); }},
      {"groups", false,
       [](Self& self, ComputeTile& body) { body.groups = self.scanner_->integer("groups"); }},
      {"outputs", false,
       [](Self& self, ComputeTile& body) {
         const auto outputs = self.triple("images, output rows, output columns");
         body.window.images = outputs[0];
         body.window.output_rows = outputs[1];
         body.window.output_columns = outputs[2];
       }},
      {"filter", false,
       [](Self& self, ComputeTile& body) {
         self.read_pair(body.window.filter_rows, body.window.filter_columns);
       }},
      {"stride", false,
       [](Self& self, ComputeTile& body) {
         self.read_pair(body.window.stride_h, body.window.stride_w);
       }},
      {"dilation", false,
       [](Self& self, ComputeTile& body) {
         self.read_pair(body.window.dilation_h, body.window.dilation_w);
       }},
      {"a", true, [](Self& self, ComputeTile& body) { body.a = self.view(); }},
      {"b", true, [](Self& self, ComputeTile& body) { body.b = self.view(); }},
      {"c", true, [](Self& self, ComputeTile& body) { body.c = self.view(); }},
      {"accumulate", false,
       [](Self& self, ComputeTile& body) {
         body.accumulate = read_choice(*self.scanner_, yes_and_no(), "choice");
       }},
      {"macs", false,
       [](Self& self, ComputeTile& body) {
         body.macs_useful = self.scanner_->integer("multiply-accumulates");
       }},
  }};
  tile.macs_useful = kNotGiven;
  read_command_fields<ComputeTile>(kKeys, "compute", column, tile);
  finish_window(tile);
  if (tile.macs_useful == kNotGiven) {
    tile.macs_useful = full_macs(tile);
  }
}

void TextCommandParser::finish_window(ComputeTile& tile) {
  bool gives_outputs = false;
  for (const FieldPlace& place : places_) {
    const std::string_view field = place.name;
    const bool outputs = field == "outputs";
    gives_outputs = gives_outputs || outputs;
    if (!has_window(tile) &&
        (outputs || field == "filter" || field == "stride" || field == "dilation")) {
      scanner_->fail(place.column,
                     fmt::format("'{}' of a tile with dataflow {}", field, tile.dataflow.name()),
                     "it with rs, whose tiles are windows over an image");
    }
  }
  if (has_window(tile) && !gives_outputs) {
    tile.window.output_columns = tile.m;
  }
}

void TextCommandParser::read_body(VectorCommand& command, int column) {
  static constexpr std::array<Key<VectorCommand>, 6> kKeys{{
      {"rows", true,
       [](Self& self, VectorCommand& body) { body.rows = self.scanner_->integer("rows"); }},
      {"columns", true,
       [](Self& self, VectorCommand& body) { body.columns = self.scanner_->integer("columns"); }},
      {"source", true, [](Self& self, VectorCommand& body) { body.source = self.view(); }},
      {"stage", false, [](Self& self, VectorCommand& body) { self.read_stage(body); }, true},
      {"destination", true,
       [](Self& self, VectorCommand& body) { body.destination = self.view(); }},
      {"macs", false,
       [](Self& self, VectorCommand& body) {
         body.macs_useful = self.scanner_->integer("multiply-accumulates");
       }},
  }};
  read_command_fields<VectorCommand>(kKeys, "vector", column, command);
}

void TextCommandParser::read_body(Rendezvous& rendezvous, int column) {
  static constexpr std::array<Key<Rendezvous>, 1> kKeys{{
      {"number", true,
       [](Self& self, Rendezvous& body) {
         body.number = self.scanner_->natural("the number of a rendezvous");
       }},
  }};
  read_command_fields<Rendezvous>(kKeys, "rendezvous", column, rendezvous);
}

void TextCommandParser::read_stage(VectorCommand& command) {
  static constexpr std::array<Key<VectorStage>, 2> kKeys{{
      {"operand", false, [](Self& self, VectorStage& stage) { stage.operand = self.view(); }},
      {"parameters", false,
       [](Self& self, VectorStage& stage) {
         for (std::size_t i = 0; i < stage.parameters.size(); ++i) {
           if (i > 0 && !self.scanner_->accept(',')) {
             break;
           }
           stage.parameters[i] = self.scanner_->real("up to three numbers");
         }
       }},
  }};
  const int column = scanner_->column();
  if (command.stages.size() == kMostStages) {
    scanner_->fail(column, "too many stages", fmt::format("at most {}", kMostStages));
  }
  VectorStage& stage = command.stages.emplace_back();
  stage.kind = read_choice(*scanner_, vector_kind_names(), "stage");
  const std::string& name = name_of(vector_kind_names(), stage.kind);
  if (scanner_->accept('(')) {
    read_fields<Self, VectorStage>(*this, *scanner_, kKeys, name, column, true, nullptr, stage);
  }
  if (takes_operand(stage.kind) && is_default(stage.operand)) {
    scanner_->fail(column, fmt::format("'{}' without 'operand'", name), "operand=...");
  }
}

}  // namespace orrery::command
