// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "command/command.h"
#include "hardware/platform_config.h"

namespace orrery::platform {

// Adds up what the commands of a stream ask for, from the commands alone: the other side of the
// invariants, which compare it with what engines and memories counted.
class StreamAudit {
 public:
  struct Engine {
    std::int64_t commands = 0;
    std::int64_t bytes_read = 0;
    std::int64_t bytes_written = 0;
  };
  struct Tier {
    std::int64_t bytes_read = 0;
    std::int64_t bytes_written = 0;
    std::int64_t rows_read = 0;  // contiguous pieces: each may add a part of a burst at either end
    std::int64_t rows_written = 0;
    std::int64_t pim_bytes_in = 0;  // to vector buffers
    std::int64_t pim_bytes_out = 0;
    std::int64_t end_address = 0;  // one past the last byte that a command touches
  };

  explicit StreamAudit(const hardware::PlatformConfig& platform);

  void add(const command::Command& command);

  [[nodiscard]] const std::vector<Engine>& engines() const { return engines_; }
  [[nodiscard]] const std::vector<Tier>& tiers() const { return tiers_; }

 private:
  void add_move(const command::Move& move, command::EngineIndex index, Engine& engine);
  void add_tile(const command::ComputeTile& tile, command::EngineIndex index, Engine& engine);
  void add_vector(const command::VectorCommand& command, Engine& engine);

  void add_pim(const command::PimProgram& program, Engine& engine);

  std::vector<hardware::PlatformConfig::Instance> instances_;
  std::vector<Engine> engines_;
  std::vector<Tier> tiers_;
  std::vector<command::PimMemory> pim_memories_;
};

}  // namespace orrery::platform
