// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/interval_sums.h"
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

  // A cycle of the engine and the time of its edge.
  struct Moment {
    base::Cycle cycle = 0;
    base::Femtoseconds time = 0;
  };

  // From then on the engine is in this state, for the sake of `layer`. `cause` names what a stalled
  // engine waits for. Cycles never decrease.
  void enter(const Moment& moment, State state, std::uint32_t layer = 0,
             const std::string& cause = {});
  // A command that was executed from `begin` to `end` did these multiply-accumulates.
  void multiply(base::Femtoseconds begin, base::Femtoseconds end, std::int64_t macs);
  // Closes the account.
  void finish(const Moment& moment);

  [[nodiscard]] EngineLayerAccount& layer(std::uint32_t index);
  [[nodiscard]] const std::vector<EngineLayerAccount>& layers() const { return layers_; }
  [[nodiscard]] const EngineCycles& cycles() const { return cycles_; }
  [[nodiscard]] const std::map<std::string, std::int64_t>& stall_causes() const {
    return stall_causes_;
  }
  // By interval: femtoseconds busy and stalled, useful multiply-accumulates.
  [[nodiscard]] const base::IntervalSums& busy_time() const { return busy_time_; }
  [[nodiscard]] const base::IntervalSums& stalled_time() const { return stalled_time_; }
  [[nodiscard]] const base::IntervalSums& macs_over_time() const { return macs_over_time_; }

 private:
  State state_ = State::kIdle;
  std::uint32_t layer_ = 0;
  std::string cause_;
  Moment since_;
  EngineCycles cycles_;
  std::map<std::string, std::int64_t> stall_causes_;
  std::vector<EngineLayerAccount> layers_;
  base::IntervalSums busy_time_;
  base::IntervalSums stalled_time_;
  base::IntervalSums macs_over_time_;
};

}  // namespace orrery::metrics
