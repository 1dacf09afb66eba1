// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/fuzz_input.h"
#include "workload/topology_table.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace orrery;
  return fuzz::answer(
      [&] { (void)workload::parse_topology(fuzz::text_of(data, size), "input.csv"); });
}
