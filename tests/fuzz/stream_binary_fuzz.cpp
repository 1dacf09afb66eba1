// SPDX-License-Identifier: Apache-2.0
#include <sstream>

#include "command/binary_form.h"
#include "tests/fuzz/fuzz_input.h"

// There is one way to write a stream: what can be read is written as the same bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace orrery;
  return fuzz::answer([&] {
    const std::string bytes = fuzz::text_of(data, size);
    const auto source = command::read_binary(std::make_unique<std::istringstream>(bytes), "input");
    std::ostringstream out;
    command::write_binary(*source, out);
    base::require_invariant(out.str() == bytes, "a stream is written as it was read");
  });
}
