// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace orrery::report {

// Bytes as text that JSON can hold (RFC 4648, with padding, in one line), and back.
[[nodiscard]] std::string to_base64(std::string_view bytes);
// Throws base::InternalError for what to_base64() does not write.
[[nodiscard]] std::string from_base64(std::string_view text);

}  // namespace orrery::report
