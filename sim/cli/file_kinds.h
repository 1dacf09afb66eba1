// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace orrery::cli {

// Reads and checks a file of any kind the program knows, told by its content: platform, workload,
// mapping, energy coefficients, DRAM standard, study, resolved.yaml, Hugging Face config.json,
// SCALE-Sim topology, command stream. Returns the kind's name. Throws base::UserError with every
// mistake.
[[nodiscard]] std::string validate_file(const std::filesystem::path& path);

}  // namespace orrery::cli
