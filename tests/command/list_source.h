// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>
#include <vector>

#include "command/command.h"

namespace orrery::command {

// A stream out of a vector.
class ListSource : public Source {
 public:
  ListSource(StreamHeader header, std::vector<Command> commands)
      : header_(std::move(header)), commands_(std::move(commands)) {}

  [[nodiscard]] const StreamHeader& header() const override { return header_; }
  [[nodiscard]] bool next(Command& command) override {
    if (position_ == commands_.size()) {
      return false;
    }
    command = commands_[position_++];
    return true;
  }

 private:
  StreamHeader header_;
  std::vector<Command> commands_;
  std::size_t position_ = 0;
};

[[nodiscard]] inline std::vector<Command> drain(Source& source) {
  std::vector<Command> commands;
  Command command;
  while (source.next(command)) {
    commands.push_back(command);
  }
  return commands;
}

}  // namespace orrery::command
