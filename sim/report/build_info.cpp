// SPDX-License-Identifier: Apache-2.0
#include "report/build_info.h"

#include "report/build_options.h"
#include "report/commit.h"

namespace orrery::report {

const BuildInfo& build_info() {
  static const BuildInfo kInfo{ORRERY_VERSION, ORRERY_COMMIT, ORRERY_COMPILER, ORRERY_BUILD_TYPE,
                               ORRERY_BUILD_FLAGS};
  return kInfo;
}

}  // namespace orrery::report
