// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "metrics/run_result.h"

namespace orrery::metrics {

// What one engine did for one layer.
struct EngineLayerAccount {
  EngineCycles cycles;
  std::int64_t macs_useful = 0;
  std::int64_t macs_executed = 0;
  std::int64_t bytes_read = 0;
  std::int64_t bytes_written = 0;
  std::map<std::string, std::int64_t> actions;  // energy actions by name
  base::Femtoseconds first_start = -1;          // -1: no command of the layer ran here
  base::Femtoseconds last_end = 0;
};

// Splits an engine's cycles into busy, stalled by cause and idle, in total and by layer. The engine
// says when its state changes; the span before belongs to the state it leaves.
class EngineAccount {
 public:
  enum class State : std::uint8_t { kIdle, kStalled, kBusy };

  // From `cycle` on the engine is in this state, for the sake of `layer`. `cause` names what a
  // stalled engine waits for. Cycles never decrease.
  void enter(base::Cycle cycle, State state, std::uint32_t layer = 0,
             const std::string& cause = {});
  // Closes the account.
  void finish(base::Cycle cycle);

  [[nodiscard]] EngineLayerAccount& layer(std::uint32_t index);
  [[nodiscard]] const std::vector<EngineLayerAccount>& layers() const { return layers_; }
  [[nodiscard]] const EngineCycles& cycles() const { return cycles_; }
  [[nodiscard]] const std::map<std::string, std::int64_t>& stall_causes() const {
    return stall_causes_;
  }

 private:
  State state_ = State::kIdle;
  std::uint32_t layer_ = 0;
  std::string cause_;
  base::Cycle since_ = 0;
  EngineCycles cycles_;
  std::map<std::string, std::int64_t> stall_causes_;
  std::vector<EngineLayerAccount> layers_;
};

}  // namespace orrery::metrics
