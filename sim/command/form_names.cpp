// SPDX-License-Identifier: Apache-2.0
#include "command/form_names.h"

#include "command/vector_kinds.h"

namespace orrery::command {

const config::EnumTable<BodyKind>& body_kind_names() {
  static const config::EnumTable<BodyKind> kNames{{"move", BodyKind::kMove},
                                                  {"compute", BodyKind::kCompute},
                                                  {"vector", BodyKind::kVector},
                                                  {"barrier", BodyKind::kBarrier}};
  return kNames;
}

const config::EnumTable<SpaceKind>& space_kind_names() {
  static const config::EnumTable<SpaceKind> kNames{{"tier", SpaceKind::kTier},
                                                   {"scratchpad", SpaceKind::kScratchpad},
                                                   {"accumulator", SpaceKind::kAccumulator}};
  return kNames;
}

const config::EnumTable<VectorKind>& vector_kind_names() {
  static const config::EnumTable<VectorKind> kNames = [] {
    config::EnumTable<VectorKind> names;
    for (const VectorKindInfo& kind : vector_kinds()) {
      names.emplace_back(kind.name, kind.kind);
    }
    return names;
  }();
  return kNames;
}

const config::EnumTable<ElementType>& element_type_names() {
  static const config::EnumTable<ElementType> kNames = [] {
    config::EnumTable<ElementType> names;
    for (const numeric::ElementTypeInfo& info : numeric::element_types()) {
      names.emplace_back(info.name, info.type);
    }
    return names;
  }();
  return kNames;
}

std::string describe(const Space& space, const StreamHeader& header) {
  switch (space.kind) {
    case SpaceKind::kTier:
      return "tier " + header.tiers.at(space.index);
    case SpaceKind::kScratchpad:
      return "the scratchpad";
    case SpaceKind::kAccumulator:
      return "the accumulators of " + header.engines.at(space.index);
  }
  return {};
}

}  // namespace orrery::command
