// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/node.h"
#include "sweep/study.h"

namespace orrery::sweep {

// Makes `points` the first axis, parameters and seeds the last, fills in labels and metrics, and
// checks what no single key can: names of axes, labels, figures and constants, wherever they stand.
// Throws base::UserError with every mistake.
void complete_study(Study& study, const config::Node& document);

}  // namespace orrery::sweep
