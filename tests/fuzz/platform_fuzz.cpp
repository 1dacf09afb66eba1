// SPDX-License-Identifier: Apache-2.0
#include "hardware/platform_config.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace orrery;
  return fuzz::answer_document(
      data, size, [](const config::Node& document, config::Reader& reader) {
        const auto platform = hardware::PlatformConfig::schema().read(document, reader);
        reader.diagnostics().throw_if_any();
        (void)hardware::write_platform(*platform);
      });
}
