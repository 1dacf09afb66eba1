// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include "command/command.h"
#include "command/line_scanner.h"
#include "command/text_pim_header.h"

namespace orrery::command {

// Reads the header of the text form, a line at a time.
class TextHeaderParser {
 public:
  // The first line of the file: "orrery-stream 1".
  static void parse_version(LineScanner& scanner);

  // Any other line of the header, at its first word. Throws base::UserError for what does not
  // follow the grammar.
  void parse(LineScanner& scanner);

  // Where the name of an engine, tier or layer stood: ("engine 2") is the second engine.
  [[nodiscard]] base::SourcePosition where(const std::string& field) const;
  // At the end of the header: what is missing, and names that stand before what they name.
  void check_complete(const base::SourcePosition& end, base::Diagnostics& diagnostics);

  [[nodiscard]] StreamHeader& header() { return header_; }

 private:
  struct Keyword {
    const char* name;
    bool is_required;
    bool repeats;
    void (*read)(TextHeaderParser&, LineScanner&);
  };
  static const std::vector<Keyword>& keywords();

  void read_name(LineScanner& scanner, const char* what, std::size_t most,
                 std::vector<std::string>& names);
  void read_layer(LineScanner& scanner);
  void read_uses(LineScanner& scanner);
  void read_rendezvous(LineScanner& scanner);

  void resolve_uses(base::Diagnostics& diagnostics);

  StreamHeader header_;
  std::vector<std::string> used_names_;  // of header_.uses: their indices are found at the end
  TextPimHeader pim_;
  std::set<std::string> seen_;
  std::vector<std::pair<std::string, base::SourcePosition>> places_;
};

}  // namespace orrery::command
