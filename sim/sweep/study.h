// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "config/codec.h"
#include "config/located.h"
#include "config/schema.h"
#include "sweep/axis.h"

namespace orrery::sweep {

// How the numbers of a path that fits several places become one.
enum class Combination : std::uint8_t { kOne, kSum, kMean, kLeast, kMost };

// A figure read from the result of each point.
struct Metric {
  LocatedText path;  // in result.json: "engines.array.utilization", "engines.pim*.busy"
  std::string unit;
  std::optional<double> absent;             // where a result has no such path
  Combination combine = Combination::kOne;  // one: a path without a '*'

  [[nodiscard]] static const config::Schema<Metric>& schema();
};

// A figure computed from metrics, constants and earlier derived figures.
struct Derived {
  LocatedText value;  // an expression
  std::string unit;
  std::string title;

  [[nodiscard]] static const config::Schema<Derived>& schema();
};

using Coordinates = config::Named<LocatedText>;  // axis to label

// A figure that somebody published, beside ours.
struct Published {
  LocatedText figure;
  Coordinates at;
  std::optional<double> value;
  std::vector<double> range;        // empty, or lowest and highest
  std::optional<double> tolerance;  // relative to the value; 0.1 is 10 %
  std::string source;
  std::string note;
  config::Named<LocatedText> beside;  // further figures of ours, by the title of their column
  base::SourcePosition where;

  [[nodiscard]] static const config::Schema<Published>& schema();
};

// Points of the product that do not exist: every label of every axis named.
struct Exclusion {
  config::Named<std::vector<LocatedText>> labels;
};

enum class PlotKind : std::uint8_t { kBar, kLine, kScatter };

struct Plot {
  std::string title;
  PlotKind kind = PlotKind::kBar;
  LocatedText figure;
  LocatedText x;  // an axis; of a scatter plot a figure
  std::optional<LocatedText> series;
  config::Named<LocatedText> groups;  // of a scatter plot: title to the figure that is not 0
  std::optional<LocatedText> beside;  // of a scatter plot: a second figure at the same places
  bool diagonal = false;
  Coordinates at;
  bool logarithmic = false;
  bool logarithmic_x = false;
  base::SourcePosition where;

  [[nodiscard]] static const config::Schema<Plot>& schema();
};

// What is sought among the points.
enum class Goal : std::uint8_t { kLeast, kMost };

// A file of configs/studies or configs/sweeps; docs/studies.md, docs/sweeps.md.
struct Study {
  std::string name;
  std::string title;
  std::string description;
  PointInputs base;
  std::vector<AxisValue> points;
  std::optional<LocatedText> points_table;  // a file with further points
  config::Named<Axis> axes;  // the points, where there are any, are the first: "point"; then those
                             // of the file, of `parameters` and of `seeds`
  config::Named<Parameter> parameters;
  std::vector<config::Located<std::int64_t>> seeds;
  std::vector<LocatedText> constraints;  // expressions of constants; points where one is 0 are none
  std::vector<Exclusion> exclude;
  std::vector<LocatedText> not_applicable;  // part of the message of an allowed mistake
  config::Named<double> constants;
  config::Named<Metric> metrics;
  config::Named<Derived> derived;
  config::Named<config::Located<Goal>> objectives;  // by figure
  std::vector<Published> published;
  config::Named<Plot> plots;
  std::filesystem::path file;

  [[nodiscard]] static const config::Schema<Study>& schema();

  // Index of the label on the axis; both must exist.
  [[nodiscard]] std::size_t axis_index(const std::string& axis) const;
  [[nodiscard]] std::size_t label_index(std::size_t axis, const std::string& label) const;
};

// Reads and checks a study: labels, names in expressions, coordinates of published figures. The
// files that its points name are not looked at. Throws base::UserError with every mistake.
[[nodiscard]] Study load_study(const std::filesystem::path& path);

// The same of a document that has been read already, as if from that file.
[[nodiscard]] Study read_study(const config::Node& document, const std::filesystem::path& path);

}  // namespace orrery::sweep
