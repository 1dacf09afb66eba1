// SPDX-License-Identifier: Apache-2.0
#include "command/form_names.h"

#include <fmt/format.h>

#include <algorithm>

#include "command/vector_kinds.h"

namespace orrery::command {

std::string dataflow_text(const timing::Dataflow& dataflow) {
  const auto& standard = timing::kStandardDataflows;
  std::string text(dataflow.name());
  if (std::find(standard.begin(), standard.end(), dataflow) == standard.end()) {
    text += ": " + dataflow.nest_text();
  }
  return text;
}

timing::ParsedDataflow dataflow_of(const std::string& text) {
  for (const timing::Dataflow& dataflow : timing::kStandardDataflows) {
    if (dataflow.name() == text) {
      return {dataflow, "", ""};
    }
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) {
    return {std::nullopt, "unknown dataflow '" + text + "'", "a standard one, or NAME: NEST"};
  }
  return timing::parse_dataflow(text.substr(0, colon), std::string_view(text).substr(colon + 1));
}

std::vector<std::string> standard_dataflow_names() {
  std::vector<std::string> names;
  for (const timing::Dataflow& dataflow : timing::kStandardDataflows) {
    names.emplace_back(dataflow.name());
  }
  return names;
}

const config::EnumTable<BodyKind>& body_kind_names() {
  static const config::EnumTable<BodyKind> kNames{{"move", BodyKind::kMove},
                                                  {"compute", BodyKind::kCompute},
                                                  {"vector", BodyKind::kVector},
                                                  {"barrier", BodyKind::kBarrier},
                                                  {"rendezvous", BodyKind::kRendezvous},
                                                  {"pim", BodyKind::kPim}};
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
    for (const auto& alias : numeric::element_type_aliases()) {
      names.push_back(alias);
    }
    return names;
  }();
  return kNames;
}

std::string digits_text(const PimMemory::Digits& digits) {
  std::string text = "[";
  for (const PimMemory::Digit& digit : digits) {
    text += fmt::format("{}{}:{}", text.size() > 1 ? "," : "", digit.extent, digit.stride);
  }
  return text + "]";
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
