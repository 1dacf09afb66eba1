// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "config/codec.h"
#include "config/located.h"
#include "config/schema.h"

namespace orrery::sweep {

using LocatedText = config::Located<std::string>;

// What a study, an axis value or a point says of the inputs of a simulation. Later ones win.
struct PointInputs {
  std::optional<LocatedText> platform;  // a path, or the name of a shipped file
  std::optional<LocatedText> workload;
  std::optional<LocatedText> mapping;
  std::vector<LocatedText> streams;  // command streams that run at once, instead of a workload
  config::Named<config::Node> set;   // parameter path to value, as --set
  config::Named<double> constants;   // names for expressions
};

// One place on an axis.
struct AxisValue : PointInputs {
  std::string label;
  config::Node value;  // of the axis' path
  bool quick = false;
  base::SourcePosition where;

  [[nodiscard]] static const config::Schema<AxisValue>& schema();
};

struct Axis {
  std::string path;  // "platform", "workload", "mapping" or a parameter; empty: the values say all
  std::string title;
  std::vector<AxisValue> values;
  base::SourcePosition where;

  [[nodiscard]] static const config::Schema<Axis>& schema();
};

// A short way to write an axis: the values of one path, of several paths together, or of a range.
struct Parameter {
  std::string path;                // empty: the parameter's name
  std::vector<std::string> paths;  // of values that change together, each value a list
  std::string title;
  std::vector<AxisValue> values;
  std::optional<double> from;  // a range, both ends included
  std::optional<double> to;
  std::optional<double> step;      // added from value to value
  std::optional<double> factor;    // or multiplied
  std::string unit;                // written behind each number of the range
  std::vector<LocatedText> files;  // patterns, relative to the file of the sweep
  base::SourcePosition where;

  [[nodiscard]] static const config::Schema<Parameter>& schema();
};

// The keys of `base`, without constants.
[[nodiscard]] const config::Schema<PointInputs>& base_schema();

// A list of values, or what else a parameter can be.
[[nodiscard]] config::Codec<Parameter> parameter_codec();

}  // namespace orrery::sweep
