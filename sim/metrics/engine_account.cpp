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

void EngineAccount::enter(const Moment& moment, State state, std::uint32_t layer_index,
                          const std::string& cause) {
  base::require_invariant(moment.cycle >= since_.cycle, "an engine's time runs forward");
  const std::int64_t span = moment.cycle - since_.cycle;
  if (span > 0) {
    switch (state_) {
      case State::kBusy:
        cycles_.busy += span;
        layer(layer_).cycles.busy += span;
        busy_time_.add(since_.time, moment.time, moment.time - since_.time);
        break;
      case State::kStalled:
        cycles_.stalled += span;
        layer(layer_).cycles.stalled += span;
        stall_causes_[cause_] += span;
        stalled_time_.add(since_.time, moment.time, moment.time - since_.time);
        break;
      case State::kIdle:
        cycles_.idle += span;
        break;
    }
  }
  since_ = moment;
  state_ = state;
  layer_ = layer_index;
  if (state == State::kStalled) {
    cause_ = cause;
  }
}

void EngineAccount::multiply(base::Femtoseconds begin, base::Femtoseconds end, std::int64_t macs) {
  if (macs > 0) {
    macs_over_time_.add(begin, end, macs);
  }
}

void EngineAccount::finish(const Moment& moment) {
  enter(moment, State::kIdle);
  cycles_.total = moment.cycle;
}

}  // namespace orrery::metrics
