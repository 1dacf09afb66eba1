// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/fuzz_input.h"
#include "workload/hugging_face.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace orrery;
  return fuzz::answer_document(data, size,
                               [](const config::Node& document, config::Reader& reader) {
                                 (void)workload::import_hugging_face(document, reader);
                               });
}
