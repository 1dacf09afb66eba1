// SPDX-License-Identifier: Apache-2.0
#include "lowering/mapping/placement_rule.h"

#include "lowering/mapping/name_pattern.h"

namespace orrery::lowering {
namespace {

const config::EnumTable<workload::TensorRole>& role_names() {
  using enum workload::TensorRole;
  static const config::EnumTable<workload::TensorRole> kNames{{"input", kInput},
                                                              {"weight", kWeight},
                                                              {"activation", kActivation},
                                                              {"output", kOutput},
                                                              {"key_value_cache", kKeyValueCache},
                                                              {"state", kState}};
  return kNames;
}

}  // namespace

bool PlacementRule::matches(const workload::Tensor& tensor) const {
  return (!role || *role == tensor.role) && follows(tensors, tensor.name);
}

const config::Schema<PlacementRule>& PlacementRule::schema() {
  using Self = PlacementRule;
  static const config::Schema<Self> kSchema =
      config::Schema<Self>("placement rule", "Tiers for the tensors that match.")
          .optional("tensors", &Self::tensors, config::text(),
                    "Pattern of tensor names; * stands for any text, ? for one letter.")
          .optional("role", &Self::role, config::maybe(config::choice(role_names())),
                    "Only tensors of this role.")
          .required("tiers", &Self::tiers, config::list(config::text(), 1),
                    "Names of memory tiers, tried in this order.")
          .position(&Self::where);
  return kSchema;
}

}  // namespace orrery::lowering
