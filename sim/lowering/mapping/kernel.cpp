// SPDX-License-Identifier: Apache-2.0
#include "lowering/mapping/kernel.h"

namespace orrery::lowering {

config::Codec<Sizes> size_map_codec() {
  constexpr std::int64_t kMostElements = std::int64_t{1} << 40;
  return config::dictionary(config::integer(1, kMostElements));
}

const config::Schema<Kernel>& Kernel::schema() {
  constexpr std::int64_t kMostStages = 1024;
  constexpr std::int64_t kMostCluster = 16;
  static const config::Schema<Kernel> kSchema =
      config::Schema<Kernel>("kernel", "A tile that a library of kernels has, and its buffers.")
          .required("tiles", &Kernel::tiles, config::located(size_map_codec()),
                    "Sizes of a tile, as the key of layer rules.")
          .required("stages", &Kernel::stages, config::integer(2, kMostStages),
                    "Buffers of each operand; fewer where the scratchpad has no room for them.")
          .optional("cluster", &Kernel::cluster, config::integer(1, kMostCluster),
                    "Neighbouring tiles of m that as many partitions of the scratchpad take "
                    "together; where the rows make no multiple of them, some have nothing to do.");
  return kSchema;
}

}  // namespace orrery::lowering
