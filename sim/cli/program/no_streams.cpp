// SPDX-License-Identifier: Apache-2.0
#include "command/binary_form.h"
#include "command/text_form.h"

namespace orrery::command {

void write_binary(Source& /*source*/, std::ostream& /*out*/) {
  throw base::InternalError("stream files are part of this build", "");
}
void write_text(Source& source, std::ostream& out) {
  write_binary(source, out);
}
std::unique_ptr<Source> open_stream(const std::filesystem::path& /*path*/,
                                    std::optional<Extents> /*extents*/) {
  throw base::InternalError("stream files are part of this build", "");
}

}  // namespace orrery::command
