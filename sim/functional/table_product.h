// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "command/command.h"
#include "functional/memory.h"

namespace orrery::functional {

// A tile whose a consists of look-up tables, as docs/components/lut_tensor_core.md says: every bit
// of the codes of b selects an entry of a table, entries are shifted, added up and scaled.
void multiply_tables(Memory& memory, const command::ComputeTile& tile);

}  // namespace orrery::functional
