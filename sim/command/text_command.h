// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "command/command.h"
#include "command/line_scanner.h"
#include "command/text_fields.h"
#include "command/text_pim.h"

namespace orrery::command {

// Indices by the names that the file gives them.
struct TextNames {
  std::map<std::string, EngineIndex, std::less<>> engines;
  std::map<std::string, std::uint16_t, std::less<>> tiers;
  TextPimNames pim_memories;
};

// Reads commands of the text form. Says where on the line each field stood.
class TextCommandParser {
 public:
  explicit TextCommandParser(const TextNames& names) : names_(names) {}

  // Throws base::UserError for what does not follow the grammar and for unknown names.
  void parse(LineScanner& scanner, Command& command);

  // Column of a field of the last command: its key, "stage 2", "step 2", "id", "layer", "after" or
  // "kind". The start of the line where it has none.
  [[nodiscard]] int column_of(const std::string& field) const;

 private:
  using Self = TextCommandParser;

  template <class Body>
  using Key = FieldKey<TextCommandParser, Body>;

  // Of a command; its places are kept.
  template <class Body>
  void read_command_fields(std::span<const Key<Body>> keys, const char* what, int column,
                           Body& body) {
    read_fields<Self, Body>(*this, *scanner_, keys, what, column, false, &places_, body);
  }
  void mark(const char* field) { places_.push_back({field, scanner_->column()}); }

  void read_after(Command& command);
  void read_body(Command& command);
  void read_body(Move& move, int column);
  void read_body(ComputeTile& tile, int column);
  void read_body(VectorCommand& command, int column);
  void read_body(Rendezvous& rendezvous, int column);
  void read_stage(VectorCommand& command);

  [[nodiscard]] EngineIndex engine();
  [[nodiscard]] timing::Dataflow dataflow();
  [[nodiscard]] Space space();
  [[nodiscard]] View view();
  [[nodiscard]] boost::container::static_vector<Digit, 4> digits();
  [[nodiscard]] std::array<Bound, 2> bounds();
  void read_pair(std::int64_t& first, std::int64_t& second);
  void finish_window(ComputeTile& tile);
  [[nodiscard]] std::array<std::int64_t, 3> triple(const std::string& expected);
  void read_end(Move::End& end);

  const TextNames& names_;
  LineScanner* scanner_ = nullptr;
  FieldPlaces places_;
};

}  // namespace orrery::command
