// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace orrery::report {

// SHA-256 in lower-case hexadecimal, as `sha256sum` prints it.
[[nodiscard]] std::string sha256(std::string_view text);

// The same of a file of any length. Throws base::UserError where it cannot be read.
[[nodiscard]] std::string sha256_of_file(const std::filesystem::path& path);

}  // namespace orrery::report
