// SPDX-License-Identifier: Apache-2.0
#include <sstream>

#include "command/text_form.h"
#include "tests/fuzz/fuzz_input.h"

// What can be read can be written, and is then read back to the same text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace orrery;
  return fuzz::answer([&] {
    const auto rewrite = [](const std::string& text) {
      const auto source = command::read_text(std::make_unique<std::istringstream>(text), "input");
      std::ostringstream out;
      command::write_text(*source, out);
      return out.str();
    };
    const std::string once = rewrite(fuzz::text_of(data, size));
    base::require_invariant(rewrite(once) == once, "a stream that was read can be read again");
  });
}
