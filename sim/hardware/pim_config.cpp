// SPDX-License-Identifier: Apache-2.0
#include "hardware/pim_config.h"

namespace orrery::hardware {

const config::Schema<PimConfig>& PimConfig::schema() {
  using Self = PimConfig;
  static const config::Schema<Self> kSchema =
      engine_schema<Self>("pim",
                          "Sends programs of PIM commands to the channels of a memory and carries "
                          "their vectors and results. Of several, each serves its own channels.")
          .optional("programs", &Self::programs, config::integer(1, 1024),
                    "Programs that may be under way together: the next is at the channel when one "
                    "ends.");
  return kSchema;
}

}  // namespace orrery::hardware
