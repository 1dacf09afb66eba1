// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>
#include <vector>

#include "command/command.h"

namespace orrery::platform {

// A stream out of a vector; numbers its commands.
class ListSource : public command::Source {
 public:
  explicit ListSource(command::StreamHeader header) : header_(std::move(header)) {}

  command::CommandId add(command::EngineIndex engine, decltype(command::Command::body) body,
                         std::vector<command::Dependency> after = {},
                         command::LayerIndex layer = 0) {
    command::Command command;
    command.id = commands_.size() + 1;
    command.engine = engine;
    command.layer = layer;
    command.after.assign(after.begin(), after.end());
    command.body = std::move(body);
    commands_.push_back(std::move(command));
    return commands_.back().id;
  }

  [[nodiscard]] const command::StreamHeader& header() const override { return header_; }
  [[nodiscard]] bool next(command::Command& command) override {
    if (position_ == commands_.size()) {
      return false;
    }
    command = commands_[position_++];
    return true;
  }
  void rewind() { position_ = 0; }

 private:
  command::StreamHeader header_;
  std::vector<command::Command> commands_;
  std::size_t position_ = 0;
};

}  // namespace orrery::platform
