// SPDX-License-Identifier: Apache-2.0
#include "lowering/mapping/offload_policy.h"

namespace orrery::lowering {

const config::EnumTable<OffloadPolicy>& offload_policy_names() {
  using enum OffloadPolicy;
  static const config::EnumTable<OffloadPolicy> kNames{
      {"never", kNever}, {"always", kAlways}, {"intensity", kIntensity}, {"time", kTime}};
  return kNames;
}

}  // namespace orrery::lowering
