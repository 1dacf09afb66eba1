// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "config/schema.h"
#include "memory/specification/spec.h"
#include "memory/specification/spec_description.h"

namespace orrery::memory::dram {

// How a DRAM standard stands in YAML; configs/dram has examples, docs/components/dram.md the keys.
[[nodiscard]] const config::Schema<SpecDescription>& spec_schema();
[[nodiscard]] config::Codec<SpecDescription> spec_codec();

// Reads a file (with `extends`) and checks it. Throws base::UserError with all mistakes.
[[nodiscard]] SpecDescription load_description(const std::filesystem::path& path);
[[nodiscard]] Spec load_spec(const std::filesystem::path& path);

}  // namespace orrery::memory::dram
