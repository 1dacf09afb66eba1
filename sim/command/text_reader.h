// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <istream>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "command/command.h"
#include "command/line_reader.h"
#include "command/line_scanner.h"
#include "command/stream_checker.h"
#include "command/text_command.h"
#include "command/text_header.h"

namespace orrery::command {

// A stream in text form, read as it is drained. At the first mistake it reads on, to find those
// that follow, and throws them together.
class TextReader : public Source {
 public:
  TextReader(std::unique_ptr<std::istream> in, std::string file, std::optional<Extents> extents);

  [[nodiscard]] const StreamHeader& header() const override { return header_; }
  [[nodiscard]] bool next(Command& command) override;

 private:
  void read_header();
  void take_names(TextHeaderParser& parser);
  [[nodiscard]] bool next_line();
  [[nodiscard]] bool is_end_line() const;
  void read_end();
  // False where the line holds a mistake.
  [[nodiscard]] bool read_command(Command& command);
  [[nodiscard]] LineScanner scanner() const;
  void collect(const base::UserError& error);
  void add(base::Diagnostic diagnostic);

  LineReader lines_;
  StreamChecker checker_;
  StreamHeader header_;
  TextNames names_;
  TextCommandParser parser_;
  base::Diagnostics diagnostics_;
  bool has_line_ = false;  // one that was read and not yet used
  bool finished_ = false;
};

}  // namespace orrery::command
