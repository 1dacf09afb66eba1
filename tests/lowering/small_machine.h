// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lowering/machine/machine.h"

namespace orrery::lowering {

// One 4 x 4 array, one vector unit, a DMA engine each way, 8 KiB of scratchpad, one tier of 1 MiB.
inline Machine small_machine() {
  Machine machine;
  machine.name = "small";
  machine.engines = {"array", "vector", "load", "store"};
  Machine::Array array;
  array.rows = array.columns = 4;
  array.accumulator_bytes = 1024;
  array.stream_port_bytes = array.stationary_port_bytes = 8;
  array.dataflows = {timing::Dataflow::kWeightStationary, timing::Dataflow::kOutputStationary};
  machine.arrays = {array};
  Machine::VectorUnit unit;
  unit.engine = 1;
  unit.costs.lanes = 8;
  unit.costs.read_port_bytes = 64;
  unit.costs.write_port_bytes = 32;
  machine.vector_units = {unit};
  machine.load_engines = {2};
  machine.store_engines = {3};
  machine.scratchpad_bytes = 8192;
  Machine::Tier tier;
  tier.name = "hbm";
  tier.capacity = 1 << 20;
  tier.bytes_per_cycle = 8;
  machine.tiers = {tier};
  return machine;
}

}  // namespace orrery::lowering
