// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/fuzz_input.h"
#include "workload/routing_trace.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace orrery;
  return fuzz::answer([&] {
    const workload::RoutingTrace trace =
        workload::parse_routing_trace(std::string(fuzz::text_of(data, size)), "input.csv");
    (void)trace.experts_of(0, 0, 4, 2, 8, {});
  });
}
