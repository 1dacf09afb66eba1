// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "command/command.h"
#include "command/line_scanner.h"

namespace orrery::command {

// Reads the lines of a header that describe PIM memories. Commands may stand before their memory,
// memories before their tier.
class TextPimHeader {
 public:
  using Places = std::vector<std::pair<std::string, base::SourcePosition>>;

  // Behind the first word of the line. Throw base::UserError for what does not follow the grammar.
  void read_memory(LineScanner& scanner);
  void read_command(LineScanner& scanner);

  // At the end of the header: puts the memories into it; adds what their tiers and commands' tiers
  // lack, and the places of fields: "pim_memory 2" the second, "pim_memory 2 command 3" its third
  // command.
  void resolve(StreamHeader& header, Places& places, base::Diagnostics& diagnostics);

 private:
  struct MemoryLine {
    base::SourcePosition where;
    std::string tier;
    PimMemory memory;
  };
  struct CommandLine {
    base::SourcePosition where;
    std::string tier;
    PimCommand command;
  };

  std::vector<MemoryLine> memories_;
  std::vector<CommandLine> commands_;
  int unsound_ = 0;  // lines of memories
};

}  // namespace orrery::command
