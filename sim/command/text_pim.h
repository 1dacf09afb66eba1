// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "command/command.h"
#include "command/line_scanner.h"
#include "command/text_fields.h"

namespace orrery::command {

// A PIM memory under the name of its tier.
struct TextPimMemory {
  std::uint16_t index = 0;  // in StreamHeader::pim_memories
  PimMemory memory;
  std::map<std::string, std::uint16_t, std::less<>> commands;
};
using TextPimNames = std::map<std::string, TextPimMemory, std::less<>>;

// Reads the body of one PIM program.
class TextPimParser {
 public:
  // Adds the places of fields; "step" for each.
  TextPimParser(LineScanner& scanner, const TextPimNames& names, FieldPlaces& places)
      : scanner_(scanner), names_(names), places_(places) {}

  // `column` of the word 'pim'. Throws base::UserError for what does not follow the grammar, for
  // unknown memories and commands, and for ends in the scratchpad that no step needs or that one
  // lacks.
  void read(PimProgram& program, int column);

 private:
  void read_memory(PimProgram& program);
  void read_step(PimProgram& program);
  void read_end(PimProgram::End& end);
  void read_strides(PimProgram::End& end);
  void resolve_steps(PimProgram& program) const;
  void check_end(const char* name, const char* strides, const char* what, bool is_needed,
                 int column) const;

  LineScanner& scanner_;
  const TextPimNames& names_;
  FieldPlaces& places_;
  const TextPimMemory* memory_ = nullptr;
  std::vector<std::pair<std::string, int>> steps_;  // name of each command, its column
};

}  // namespace orrery::command
