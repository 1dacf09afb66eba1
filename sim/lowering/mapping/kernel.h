// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "config/located.h"
#include "config/schema.h"

namespace orrery::lowering {

using Sizes = config::Named<std::int64_t>;  // {m: 128, k: 64}

[[nodiscard]] config::Codec<Sizes> size_map_codec();

// One of the shapes that a library of kernels has.
struct Kernel {
  config::Located<Sizes> tiles;  // as the key of layer rules
  std::int64_t stages = 2;       // buffers of each operand, fewer where not so many fit
  std::int64_t cluster = 1;      // tiles of m that partitions take together

  [[nodiscard]] static const config::Schema<Kernel>& schema();
};

using Kernels = std::vector<Kernel>;

}  // namespace orrery::lowering
