// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "config/document.h"
#include "sweep/study.h"

namespace orrery::sweep {

// A label of each axis, by index.
using Place = std::vector<std::size_t>;

// One simulation of a study.
struct Point {
  Place place;
  std::string id;  // "dataflow=ws model=7b"; "all" where there is no axis
  std::optional<LocatedText> platform;
  std::optional<LocatedText> workload;
  std::optional<LocatedText> mapping;
  std::vector<LocatedText> streams;
  std::vector<config::Override> overrides;  // the base's first
};

// The product of the axes without the excluded points and those where a constraint does not hold,
// the last axis fastest; with `quick` only what is marked. Throws base::UserError where nothing is
// left.
[[nodiscard]] std::vector<Point> expand(const Study& study, bool quick);

// Whether the value takes part: all of an axis do where none is marked.
[[nodiscard]] bool takes_part(const Axis& axis, const AxisValue& value, bool quick);

}  // namespace orrery::sweep
