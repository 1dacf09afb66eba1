// SPDX-License-Identifier: Apache-2.0
#include "sweep/study_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "config/yaml.h"
#include "sweep/figure_set.h"
#include "sweep/parameter_axes.h"

namespace orrery::sweep {
namespace {

constexpr const char* kPointAxis = "point";

// Letters, digits and '_', not beginning with a digit: what an expression takes for a name.
bool is_name(const std::string& text) {
  const auto inside = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  };
  return !text.empty() && std::isdigit(static_cast<unsigned char>(text.front())) == 0 &&
         std::all_of(text.begin(), text.end(), inside);
}

// Letters, digits, '_', '-' and '.': what a folder or a file may be called.
bool is_file_name(const std::string& text) {
  return !text.empty() && text.front() != '.' && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
  });
}

class Checker {
 public:
  Checker(Study& study, const config::Node& document) : study_(study), document_(document) {}

  void run() {
    check_study_name();
    add_default_metrics();
    add_point_axis();
    add_parameter_axes(study_, diagnostics_);
    for (auto& [name, axis] : study_.axes) {
      check_axis(name, axis);
    }
    for (const Exclusion& exclusion : study_.exclude) {
      check_exclusion(exclusion);
    }
    check_names();
    // Labels that are missing or twice would make the following mistakes of everything else.
    diagnostics_.throw_if_any();
    const FigureSet figures(study_, diagnostics_);
    for (const Published& published : study_.published) {
      check_published(published, figures);
    }
    for (const auto& [name, goal] : study_.objectives) {
      (void)check_figure("objectives", {name, goal.where, goal.path}, figures);
    }
    for (const auto& [name, plot] : study_.plots) {
      check_plot(name, plot, figures);
    }
    diagnostics_.throw_if_any();
  }

 private:
  void fail(const base::SourcePosition& where, const std::string& path, const std::string& message,
            const std::string& expected = {}, const std::string& suggestion = {}) {
    diagnostics_.add({where, path, message, expected, suggestion});
  }

  void check_study_name() {
    if (!is_file_name(study_.name)) {
      fail(document_.where(), "name", "'" + study_.name + "' cannot name a folder",
           "letters, digits, '_', '-' and '.'");
    }
  }

  void add_default_metrics() {
    if (study_.metrics.empty()) {
      const auto add = [&](const char* name, const char* path, const char* unit) {
        study_.metrics.emplace_back(
            name,
            Metric{{path, document_.where(), "metrics"}, unit, std::nullopt, Combination::kOne});
      };
      add("cycles", "latency.cycles", "");
      add("seconds", "latency.seconds", "s");
      add("picojoules", "energy.total_pj", "pJ");
    }
  }

  void add_point_axis() {
    if (study_.points.empty()) {
      return;
    }
    for (const auto& [name, axis] : study_.axes) {
      if (name == kPointAxis) {
        fail(axis.where, "axes.point", "the points of `points` have this name",
             "another name for the axis");
      }
    }
    Axis axis;
    axis.values = study_.points;
    axis.where = study_.points.front().where;
    study_.axes.insert(study_.axes.begin(), {kPointAxis, std::move(axis)});
  }

  void check_axis(const std::string& name, Axis& axis) {
    const std::string path = name == kPointAxis ? "points" : "axes." + name;
    if (!is_name(name)) {
      fail(axis.where, path, "'" + name + "' is no name for expressions",
           "letters, digits and '_', a letter first");
    }
    std::set<std::string> labels;
    for (AxisValue& value : axis.values) {
      if (!value.value.is_null() && axis.path.empty()) {
        fail(value.where, path, "a value, but the axis has no path for it",
             "the key `path` of the axis, or a map that says what changes");
      }
      const bool file =
          axis.path == "platform" || axis.path == "workload" || axis.path == "mapping";
      if (file && !value.value.is_null() && !value.value.is_scalar()) {
        fail(value.where, path, "found " + value.value.kind_name(), "a file");
      }
      name_value(axis, value, path);
      if (!value.label.empty() && !labels.insert(value.label).second) {
        fail(value.where, path, "the label '" + value.label + "' stands twice", "each once");
      }
    }
  }

  void name_value(const Axis& axis, AxisValue& value, const std::string& path) {
    if (!axis.path.empty() && value.value.is_null()) {
      fail(value.where, path, "no value of " + axis.path, "the key `value`");
    }
    if (value.label.empty() && !value.value.is_null()) {
      value.label = value.value.is_scalar() ? value.value.text() : config::write_flow(value.value);
    }
    if (value.label.empty()) {
      fail(value.where, path, "no label", "the key `label`");
    }
  }

  [[nodiscard]] std::vector<std::string> axis_names() const {
    std::vector<std::string> names;
    for (const auto& [name, axis] : study_.axes) {
      names.push_back(name);
    }
    return names;
  }

  [[nodiscard]] bool check_axis_name(const base::SourcePosition& where, const std::string& path,
                                     const std::string& name) {
    const std::vector<std::string> names = axis_names();
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      return true;
    }
    fail(where, path, "there is no axis '" + name + "'",
         names.empty() ? "" : "one of " + config::join(names, ", "),
         base::nearest_name(name, names));
    return false;
  }

  void check_label(const std::string& path, const std::string& axis, const LocatedText& label) {
    if (!check_axis_name(label.where, path, axis)) {
      return;
    }
    std::vector<std::string> labels;
    for (const AxisValue& value : study_.axes[study_.axis_index(axis)].second.values) {
      labels.push_back(value.label);
    }
    if (std::find(labels.begin(), labels.end(), label.value) == labels.end()) {
      fail(label.where, path + '.' + axis, "there is no label '" + label.value + "'",
           "one of " + config::join(labels, ", "), base::nearest_name(label.value, labels));
    }
  }

  void check_exclusion(const Exclusion& exclusion) {
    if (exclusion.labels.empty()) {
      fail(document_.where(), "exclude", "an exclusion without axes would exclude everything",
           "a label of at least one axis");
    }
    for (const auto& [axis, labels] : exclusion.labels) {
      for (const LocatedText& label : labels) {
        check_label("exclude", axis, label);
      }
    }
  }

  void check_names() {
    std::set<std::string> names;
    const auto check = [&](const std::string& part, const std::string& name,
                           const base::SourcePosition& where) {
      if (!is_name(name)) {
        fail(where, part + '.' + name, "'" + name + "' is no name for expressions",
             "letters, digits and '_', a letter first");
      }
      if (!names.insert(name).second) {
        fail(where, part + '.' + name, "the name '" + name + "' is taken", "another name");
      }
    };
    for (const auto& [name, value] : study_.constants) {
      check("constants", name, document_.where());
    }
    for (const auto& [name, metric] : study_.metrics) {
      check("metrics", name, metric.path.where);
      const bool several = metric.path.value.find('*') != std::string::npos;
      if (several != (metric.combine != Combination::kOne)) {
        fail(metric.path.where, "metrics." + name,
             several ? "a path with '*' finds several numbers"
                     : "a path without '*' finds one number",
             several ? "the key `combine`" : "no key `combine`");
      }
    }
    for (const auto& [name, derived] : study_.derived) {
      check("derived", name, derived.value.where);
    }
    for (const auto& [axis_name, axis] : study_.axes) {
      for (const AxisValue& value : axis.values) {
        for (const auto& [name, number] : value.constants) {
          const auto named = [&, constant = name](const auto& one) {
            return one.first == constant;
          };
          const bool figure = std::any_of(study_.metrics.begin(), study_.metrics.end(), named) ||
                              std::any_of(study_.derived.begin(), study_.derived.end(), named);
          if (figure || !is_name(name)) {
            fail(value.where, "axes." + axis_name + ".constants." + name,
                 figure ? "the name '" + name + "' is taken"
                        : "'" + name + "' is no name for expressions",
                 "another name");
          }
        }
      }
    }
  }

  const FigureInfo* check_figure(const std::string& path, const LocatedText& name,
                                 const FigureSet& figures) {
    const FigureInfo* figure = figures.find(name.value);
    const bool declared = std::any_of(study_.derived.begin(), study_.derived.end(),
                                      [&](const auto& one) { return one.first == name.value; });
    if (figure == nullptr && !declared) {
      const std::vector<std::string> names = figures.figure_names();
      fail(name.where, path, "there is no figure '" + name.value + "'",
           "one of " + config::join(names, ", "), base::nearest_name(name.value, names));
    }
    return figure;
  }

  // `at`, with the axes of `others`, names each axis of the figure once.
  void check_coordinates(const std::string& path, const base::SourcePosition& where,
                         const FigureInfo& figure, const Coordinates& at,
                         const std::vector<std::string>& others) {
    for (const auto& [axis, label] : at) {
      check_label(path + ".at", axis, label);
      const bool known =
          std::any_of(study_.axes.begin(), study_.axes.end(),
                      [&, name = axis](const auto& one) { return one.first == name; });
      if (known && !figure.axes.contains(study_.axis_index(axis))) {
        fail(label.where, path + ".at",
             "'" + figure.name + "' does not depend on axis '" + axis + "'",
             "only axes on which it does");
      }
    }
    check_all_said(path + ".at", where, figure, at, others);
  }

  void check_all_said(const std::string& path, const base::SourcePosition& where,
                      const FigureInfo& figure, const Coordinates& at,
                      const std::vector<std::string>& others) {
    for (const std::size_t axis : figure.axes) {
      const std::string& name = study_.axes[axis].first;
      const bool said =
          std::any_of(at.begin(), at.end(), [&](const auto& entry) { return entry.first == name; });
      if (!said && std::find(others.begin(), others.end(), name) == others.end()) {
        fail(where, path, "'" + figure.name + "' also depends on axis '" + name + "'",
             "a label of each axis");
      }
    }
  }

  void check_published(const Published& published, const FigureSet& figures) {
    if (!published.value && published.range.empty()) {
      fail(published.where, "published", "neither a value nor a range", "at least one of them");
    }
    if (!published.range.empty() &&
        (published.range.size() != 2 || published.range[0] > published.range[1])) {
      fail(published.where, "published.range", "no range", "[lowest, highest]");
    }
    if (published.tolerance && (!published.value || !published.range.empty())) {
      fail(published.where, "published.tolerance", "a tolerance needs a value and no range",
           "one way to say what agrees");
    }
    if (const FigureInfo* figure = check_figure("published", published.figure, figures)) {
      check_coordinates("published", published.where, *figure, published.at, {});
    }
    for (const auto& [title, name] : published.beside) {
      const FigureInfo* figure = check_figure("published.beside", name, figures);
      if (figure != nullptr) {
        check_all_said("published.beside", name.where, *figure, published.at, {});
      }
    }
  }

  void check_plot(const std::string& name, const Plot& plot, const FigureSet& figures) {
    const std::string path = "plots." + name;
    if (!is_file_name(name)) {
      fail(plot.where, path, "'" + name + "' cannot name a file",
           "letters, digits, '_', '-' and '.'");
    }
    if (plot.kind == PlotKind::kScatter) {
      check_scatter(path, plot, figures);
    } else {
      check_curves(path, plot, figures);
    }
  }

  void check_curves(const std::string& path, const Plot& plot, const FigureSet& figures) {
    if (!plot.groups.empty() || plot.beside || plot.diagonal || plot.logarithmic_x) {
      fail(plot.where, path,
           "`groups`, `beside`, `diagonal` and `logarithmic_x` belong to scatter plots",
           "the key `kind: scatter`");
    }
    std::vector<std::string> others{plot.x.value};
    bool known = check_axis_name(plot.x.where, path + ".x", plot.x.value);
    if (plot.series) {
      others.push_back(plot.series->value);
      known = check_axis_name(plot.series->where, path + ".series", plot.series->value) && known;
    }
    const FigureInfo* figure = check_figure(path + ".figure", plot.figure, figures);
    if (known && figure != nullptr) {
      check_coordinates(path, plot.where, *figure, plot.at, others);
      for (const std::string& axis : others) {
        if (!figure->axes.contains(study_.axis_index(axis))) {
          fail(plot.where, path, "'" + figure->name + "' does not depend on axis '" + axis + "'",
               "axes on which it does");
        }
      }
    }
  }

  // A mark for each point where the figures have values.
  void check_scatter(const std::string& path, const Plot& plot, const FigureSet& figures) {
    if (plot.series || !plot.at.empty()) {
      fail(plot.where, path, "`series` and `at` belong to bars and lines", "`groups`");
    }
    (void)check_figure(path + ".figure", plot.figure, figures);
    (void)check_figure(path + ".x", plot.x, figures);
    if (plot.beside) {
      (void)check_figure(path + ".beside", *plot.beside, figures);
    }
    for (const auto& [title, figure] : plot.groups) {
      (void)check_figure(path + ".groups." + title, figure, figures);
    }
  }

  Study& study_;
  const config::Node& document_;
  base::Diagnostics diagnostics_;
};

}  // namespace

void complete_study(Study& study, const config::Node& document) {
  Checker(study, document).run();
}

}  // namespace orrery::sweep
