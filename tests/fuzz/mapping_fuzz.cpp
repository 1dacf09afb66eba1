// SPDX-License-Identifier: Apache-2.0
#include "lowering/mapping/mapping_config.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace orrery;
  return fuzz::answer_document(
      data, size, [](const config::Node& document, config::Reader& reader) {
        const auto mapping = lowering::MappingConfig::schema().read(document, reader);
        reader.diagnostics().throw_if_any();
        (void)lowering::write_mapping(*mapping);
      });
}
