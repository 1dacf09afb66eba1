// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/fuzz_input.h"
#include "workload/graph_description.h"
#include "workload/workload.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace orrery;
  return fuzz::answer_document(
      data, size, [](const config::Node& document, config::Reader& reader) {
        const auto spec = workload::workload_codec().read(document, reader);
        reader.diagnostics().throw_if_any();
        (void)workload::describe((*spec)->build("input"));
        (void)workload::workload_codec().write(*spec);
      });
}
