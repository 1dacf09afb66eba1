// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "sweep/study.h"

namespace orrery::sweep {

// Appends the axes of `parameters` and `seeds`. A parameter's axis has the last word of its path as
// its name, with as many words before it as tell it from others; where all its values are numbers,
// expressions know them under that name, of several paths each under the last word of its own.
void add_parameter_axes(Study& study, base::Diagnostics& diagnostics);

}  // namespace orrery::sweep
