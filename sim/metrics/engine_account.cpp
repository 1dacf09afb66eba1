// SPDX-License-Identifier: Apache-2.0
#include "metrics/engine_account.h"

#include "base/error.h"

namespace orrery::metrics {

EngineLayerAccount& EngineAccount::layer(std::uint32_t index) {
  if (index >= layers_.size()) {
    layers_.resize(index + 1);
  }
  return layers_[index];
}

void EngineAccount::enter(base::Cycle cycle, State state, std::uint32_t layer_index,
                          const std::string& cause) {
  base::require_invariant(cycle >= since_, "an engine's time runs forward");
  const std::int64_t span = cycle - since_;
  if (span > 0) {
    switch (state_) {
      case State::kBusy:
        cycles_.busy += span;
        layer(layer_).cycles.busy += span;
        break;
      case State::kStalled:
        cycles_.stalled += span;
        layer(layer_).cycles.stalled += span;
        stall_causes_[cause_] += span;
        break;
      case State::kIdle:
        cycles_.idle += span;
        break;
    }
  }
  since_ = cycle;
  state_ = state;
  layer_ = layer_index;
  if (state == State::kStalled) {
    cause_ = cause;
  }
}

void EngineAccount::finish(base::Cycle cycle) {
  enter(cycle, State::kIdle);
  cycles_.total = cycle;
}

}  // namespace orrery::metrics
