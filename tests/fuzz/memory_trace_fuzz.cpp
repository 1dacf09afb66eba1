// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "memory/trace/trace_reader.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

// The reader opens files itself, to see whether they are compressed; /dev/shm keeps it off the
// disk.
const std::filesystem::path& input_file() {
  static const std::filesystem::path kFile =
      "/dev/shm/orrery_memory_trace_fuzz_" + std::to_string(getpid());
  return kFile;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace orrery::memory::trace;
  std::ofstream(input_file(), std::ios::binary) << orrery::fuzz::text_of(data, size);
  return orrery::fuzz::answer([] {
    TraceReader reader(input_file(), TraceLimits{1ULL << 30, 64, 64}, Pacing::kByTrace);
    TraceRequest request;
    while (reader.next(request)) {
    }
  });
}
