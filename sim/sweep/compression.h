// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace orrery::sweep {

// gzip, for results in a store: a twentieth of their text.
[[nodiscard]] std::string compress(const std::string& text);

// Throws base::UserError where the bytes are damaged.
[[nodiscard]] std::string decompress(const std::string& bytes);

}  // namespace orrery::sweep
