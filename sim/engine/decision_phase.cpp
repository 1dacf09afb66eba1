// SPDX-License-Identifier: Apache-2.0
#include "engine/decision_phase.h"

#include <utility>

namespace orrery::engine {

DecisionPhase::DecisionPhase(const sc_core::sc_module_name& name, std::size_t engines)
    : sc_core::sc_module(name), requested_(engines, nullptr) {
  SC_METHOD(step);
  sensitive << wake_;
  dont_initialize();
}

void DecisionPhase::request(std::size_t engine, Decider& decider) {
  requested_[engine] = &decider;
  wake_.notify(sc_core::SC_ZERO_TIME);
}

void DecisionPhase::step() {
  if (sc_core::sc_pending_activity_at_current_time()) {
    wake_.notify(sc_core::SC_ZERO_TIME);
    return;
  }
  for (Decider*& requested : requested_) {
    if (Decider* decider = std::exchange(requested, nullptr)) {
      decider->decide();
    }
  }
}

}  // namespace orrery::engine
