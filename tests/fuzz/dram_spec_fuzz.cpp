// SPDX-License-Identifier: Apache-2.0
#include "memory/specification/spec_schema.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace orrery;
  return fuzz::answer_document(
      data, size, [](const config::Node& document, config::Reader& reader) {
        const auto description = memory::dram::spec_schema().read(document, reader);
        reader.diagnostics().throw_if_any();
        (void)memory::dram::Spec::from(*description);
      });
}
