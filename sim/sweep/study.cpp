// SPDX-License-Identifier: Apache-2.0
#include "sweep/study.h"

#include <algorithm>
#include <iterator>

#include "config/document.h"
#include "config/yaml.h"
#include "sweep/point_table.h"
#include "sweep/study_checks.h"
#include "sweep/study_codecs.h"

namespace orrery::sweep {
namespace {

using config::Codec;
using config::located;
using config::maybe;
using config::Schema;
using config::text;

Codec<Metric> metric() {
  return value_or<Metric>(Metric::schema(), "a path in result.json", [](const config::Node& node) {
    return Metric{{node.text(), node.where(), ""}, "", std::nullopt, Combination::kOne};
  });
}

Codec<Derived> derived_figure() {
  return value_or<Derived>(Derived::schema(), "an expression", [](const config::Node& node) {
    return Derived{{node.text(), node.where(), ""}, "", ""};
  });
}

Codec<Exclusion> exclusion() {
  const Codec<config::Named<std::vector<LocatedText>>> labels =
      config::dictionary(one_or_list(located(text())));
  return {[labels](const config::Node& node, config::Reader& reader) -> std::optional<Exclusion> {
            auto value = labels.read(node, reader);
            return value ? std::optional(Exclusion{std::move(*value)}) : std::nullopt;
          },
          [labels](const Exclusion& value) { return labels.write(value.labels); }, labels.type};
}

const config::EnumTable<Combination>& combinations() {
  static const config::EnumTable<Combination> kTable{{"one", Combination::kOne},
                                                     {"sum", Combination::kSum},
                                                     {"mean", Combination::kMean},
                                                     {"min", Combination::kLeast},
                                                     {"max", Combination::kMost}};
  return kTable;
}

const config::EnumTable<PlotKind>& plot_kinds() {
  static const config::EnumTable<PlotKind> kTable{
      {"bar", PlotKind::kBar}, {"line", PlotKind::kLine}, {"scatter", PlotKind::kScatter}};
  return kTable;
}

const config::EnumTable<Goal>& goals() {
  static const config::EnumTable<Goal> kTable{{"minimize", Goal::kLeast},
                                              {"maximize", Goal::kMost}};
  return kTable;
}

}  // namespace

const Schema<Metric>& Metric::schema() {
  using Self = Metric;
  static const Schema<Self> kSchema =
      Schema<Self>("study_metric", "A figure of each point's result.")
          .required("path", &Self::path, located(text()),
                    "Keys of `result.json`; items of its lists by their `name`, as in "
                    "`engines.array.utilization`. A name that ends in `*` is all that begin so.")
          .optional("unit", &Self::unit, config::optional_text(), "For tables.")
          .optional("absent", &Self::absent, maybe(any_number()),
                    "Its value where a result has no such path; without it that is a mistake.")
          .optional("combine", &Self::combine, config::choice(combinations()),
                    "What becomes of the numbers that a path with `*` finds.");
  return kSchema;
}

const Schema<Derived>& Derived::schema() {
  using Self = Derived;
  static const Schema<Self> kSchema =
      Schema<Self>("study_figure", "A figure computed from others.")
          .required("value", &Self::value, located(text()),
                    "An expression, as in `cycles[dataflow=ws] / cycles` or "
                    "`geomean(speedup over model)`.")
          .optional("unit", &Self::unit, config::optional_text(), "For tables.")
          .optional("title", &Self::title, config::optional_text(), "For tables and figures.");
  return kSchema;
}

const Schema<Published>& Published::schema() {
  using Self = Published;
  static const Schema<Self> kSchema =
      Schema<Self>("study_published", "A published figure, beside ours.")
          .required("figure", &Self::figure, located(text()),
                    "The metric or derived figure that it stands against.")
          .optional("at", &Self::at, config::dictionary(located(text())),
                    "A label of each axis that the figure depends on.")
          .optional("value", &Self::value, maybe(any_number()), "What was published.")
          .optional("range", &Self::range, config::list(any_number()),
                    "Lowest and highest, where a range was published or is expected.")
          .optional(
              "tolerance", &Self::tolerance, maybe(percentage()),
              "Largest difference that counts as agreement, relative to `value`. Without it and "
              "without `range` the figure is only shown.")
          .required("source", &Self::source, text(), "Who says so, and where.")
          .optional("note", &Self::note, config::optional_text(), "Shown below the table.")
          .optional("beside", &Self::beside, config::dictionary(located(text())),
                    "Further figures of the study, shown in the same line, each in the column of "
                    "this title.")
          .position(&Self::where);
  return kSchema;
}

const Schema<Plot>& Plot::schema() {
  using Self = Plot;
  static const Schema<Self> kSchema =
      Schema<Self>("study_plot", "A picture of one figure.")
          .required("figure", &Self::figure, located(text()), "The metric or derived figure.")
          .required("x", &Self::x, located(text()),
                    "The axis that goes to the right; of a scatter plot the figure.")
          .optional("series", &Self::series, maybe(located(text())),
                    "The axis whose labels are told apart by colour.")
          .optional("at", &Self::at, config::dictionary(located(text())),
                    "Labels of the other axes that the figure depends on.")
          .optional("kind", &Self::kind, config::choice(plot_kinds()), "How it is drawn.")
          .optional("groups", &Self::groups, config::dictionary(located(text())),
                    "Of a scatter plot: what is told apart by colour. A point belongs to the first "
                    "title whose figure is not 0 there, and is left out where all are.")
          .optional("beside", &Self::beside, maybe(located(text())),
                    "Of a scatter plot: another figure, shown by hollow marks.")
          .optional("diagonal", &Self::diagonal, config::boolean(),
                    "Of a scatter plot: the line on which both figures are equal.")
          .optional("logarithmic", &Self::logarithmic, config::boolean(), "The upward axis.")
          .optional("logarithmic_x", &Self::logarithmic_x, config::boolean(),
                    "Of a scatter plot: the axis to the right.")
          .optional("title", &Self::title, config::optional_text(), "Above the picture.")
          .position(&Self::where);
  return kSchema;
}

const Schema<Study>& Study::schema() {
  using Self = Study;
  static const Schema<Self> kSchema =
      Schema<Self>("study", "Points to simulate, and the figures that come out of them.")
          .optional("name", &Self::name, text(), "Of the output folder. Left out: the file's name.")
          .optional("title", &Self::title, config::optional_text(), "Heading of `study.md`.")
          .optional("description", &Self::description, config::optional_text(),
                    "What it is about, and where its figures come from.")
          .optional("base", &Self::base, config::object(base_schema()),
                    "Inputs that all points share.")
          .optional("points", &Self::points, config::list(config::object(AxisValue::schema())),
                    "Points one by one: the first axis, `point`.")
          .optional("points_table", &Self::points_table, maybe(located(text())),
                    "Table of comma-separated values, relative to this file: further points, one a "
                    "line. A column whose name has a dot is a parameter; `label`, `quick`, "
                    "`platform`, `workload` and `mapping` are those keys; all others are "
                    "constants.")
          .optional("axes", &Self::axes, config::dictionary(config::object(Axis::schema())),
                    "Axes by name; the last one varies fastest.")
          .optional("parameters", &Self::parameters, config::dictionary(parameter_codec()),
                    "Axes in short, behind those of `axes`, each by its path: "
                    "`platform.engines.array.rows: [64, 128]`.")
          .optional("seeds", &Self::seeds, config::list(located(config::integer(0, INT64_MAX))),
                    "Values of `workload.seed`: the last axis, `seed`.")
          .optional("constraints", &Self::constraints, config::list(located(text())),
                    "Expressions of constants and parameters, as in `rows * columns <= 16384`: "
                    "points where one does not hold are left out.")
          .optional("exclude", &Self::exclude, config::list(exclusion()),
                    "Points of the product that are left out: a label, or several, of each axis "
                    "named.")
          .optional("not_applicable", &Self::not_applicable, config::list(located(text())),
                    "Parts of messages, as in `does not fit`: a point with such a mistake, and no "
                    "other, is listed as not applicable and left out of averages.")
          .optional("constants", &Self::constants, config::dictionary(any_number()),
                    "Numbers by name, for expressions.")
          .optional(
              "metrics", &Self::metrics, config::dictionary(metric()),
              "Figures of each point, by name. Left out: `cycles`, `seconds` and `picojoules` "
              "of the whole run.")
          .optional("derived", &Self::derived, config::dictionary(derived_figure()),
                    "Figures computed from metrics, constants and derived figures above them.")
          .optional("objectives", &Self::objectives,
                    config::dictionary(located(config::choice(goals()))),
                    "Figures to `minimize` or `maximize`: the best point of each, and the points "
                    "that no other beats in all of them.")
          .optional("published", &Self::published,
                    config::list(config::object(Published::schema())),
                    "Published figures to stand beside ours.")
          .optional("plots", &Self::plots, config::dictionary(config::object(Plot::schema())),
                    "Pictures by the name of their file.");
  return kSchema;
}

std::size_t Study::axis_index(const std::string& axis) const {
  const auto found = std::find_if(axes.begin(), axes.end(),
                                  [&](const auto& entry) { return entry.first == axis; });
  base::require_invariant(found != axes.end(), "axes are checked when a study is read", axis);
  return static_cast<std::size_t>(found - axes.begin());
}

std::size_t Study::label_index(std::size_t axis, const std::string& label) const {
  const auto& values = axes[axis].second.values;
  const auto found = std::find_if(values.begin(), values.end(),
                                  [&](const AxisValue& value) { return value.label == label; });
  base::require_invariant(found != values.end(), "labels are checked when a study is read", label);
  return static_cast<std::size_t>(found - values.begin());
}

Study load_study(const std::filesystem::path& path) {
  return read_study(config::load_document(path), path);
}

Study read_study(const config::Node& document, const std::filesystem::path& path) {
  config::Reader reader;
  std::optional<Study> study = Study::schema().read(document, reader);
  reader.diagnostics().throw_if_any();
  study->file = path;
  if (study->name.empty()) {
    study->name = path.stem().string();
  }
  if (study->points_table) {
    const LocatedText& table = *study->points_table;
    std::vector<AxisValue> points = read_point_table(path.parent_path() / table.value);
    study->points.insert(study->points.end(), std::make_move_iterator(points.begin()),
                         std::make_move_iterator(points.end()));
  }
  complete_study(*study, document);
  return std::move(*study);
}

}  // namespace orrery::sweep
