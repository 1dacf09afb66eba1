// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"

namespace orrery::base {

// Runs `step` and keeps the mistakes it throws, so that all inputs are looked at.
template <class Step>
void collect_mistakes(Diagnostics& diagnostics, const Step& step) {
  try {
    step();
  } catch (const UserError& error) {
    for (const Diagnostic& diagnostic : error.diagnostics()) {
      diagnostics.add(diagnostic);
    }
  }
}

}  // namespace orrery::base
