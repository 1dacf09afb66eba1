// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"

namespace orrery::cli {

// Runs `step` and keeps the mistakes it throws, so that all inputs are looked at.
template <class Step>
void collect_mistakes(base::Diagnostics& diagnostics, const Step& step) {
  try {
    step();
  } catch (const base::UserError& error) {
    for (const base::Diagnostic& diagnostic : error.diagnostics()) {
      diagnostics.add(diagnostic);
    }
  }
}

}  // namespace orrery::cli
