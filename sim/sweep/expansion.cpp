// SPDX-License-Identifier: Apache-2.0
#include "sweep/expansion.h"

#include <fmt/format.h>

#include <algorithm>

#include "sweep/evaluator.h"
#include "sweep/figure_set.h"

namespace orrery::sweep {
namespace {

constexpr std::size_t kMostPoints = 100'000;

void take_inputs(const PointInputs& inputs, Point& point) {
  const auto take = [](const std::optional<LocatedText>& from, std::optional<LocatedText>& to) {
    to = from ? from : to;
  };
  take(inputs.platform, point.platform);
  take(inputs.workload, point.workload);
  take(inputs.mapping, point.mapping);
  point.streams = inputs.streams.empty() ? point.streams : inputs.streams;
  for (const auto& [path, value] : inputs.set) {
    point.overrides.push_back({path, value});
  }
}

void take_value(const Axis& axis, const AxisValue& value, Point& point) {
  take_inputs(value, point);
  if (value.value.is_null()) {
    return;
  }
  const LocatedText file{value.value.text(), value.value.where(), ""};
  if (axis.path == "platform") {
    point.platform = file;
  } else if (axis.path == "workload") {
    point.workload = file;
  } else if (axis.path == "mapping") {
    point.mapping = file;
  } else {
    point.overrides.push_back({axis.path, value.value});
  }
}

Point make_point(const Study& study, const Place& place) {
  Point point;
  point.place = place;
  take_inputs(study.base, point);
  for (std::size_t axis = 0; axis < place.size(); ++axis) {
    const auto& [name, values] = study.axes[axis];
    const AxisValue& value = values.values[place[axis]];
    point.id += (axis == 0 ? "" : " ") + name + '=' + value.label;
    take_value(values, value, point);
  }
  if (place.empty()) {
    point.id = "all";
  }
  return point;
}

bool is_excluded(const Study& study, const Place& place) {
  return std::any_of(study.exclude.begin(), study.exclude.end(), [&](const Exclusion& exclusion) {
    return std::all_of(
        exclusion.labels.begin(), exclusion.labels.end(), [&](const auto& axis_and_labels) {
          const std::size_t axis = study.axis_index(axis_and_labels.first);
          const std::string& label = study.axes[axis].second.values[place[axis]].label;
          return std::any_of(axis_and_labels.second.begin(), axis_and_labels.second.end(),
                             [&](const LocatedText& one) { return one.value == label; });
        });
  });
}

bool takes_part(const Study& study, const Place& place, bool quick) {
  for (std::size_t axis = 0; axis < place.size(); ++axis) {
    const Axis& values = study.axes[axis].second;
    if (!takes_part(values, values.values[place[axis]], quick)) {
      return false;
    }
  }
  return !is_excluded(study, place);
}

// Finds the points that a constraint takes away, and counts them.
class ConstraintFilter {
 public:
  explicit ConstraintFilter(const Study& study)
      : study_(study),
        figures_(study, mistakes_),
        evaluator_(study, figures_, {}, no_outcomes_),
        left_out_(study.constraints.size(), 0) {}

  [[nodiscard]] bool keeps(const Place& place) {
    bool kept = true;
    for (std::size_t i = 0; i < left_out_.size(); ++i) {
      const FigureValue value = evaluator_.evaluate(*figures_.constraints()[i], place);
      if (!value.present()) {
        throw base::UserError(base::Diagnostic{study_.constraints[i].where, "constraints",
                                               "'" + study_.constraints[i].value +
                                                   "' has no value at point " +
                                                   make_point(study_, place).id,
                                               "an expression that is defined at every point", ""});
      }
      left_out_[i] += value.value == 0.0 ? 1 : 0;
      kept = kept && value.value != 0.0;
    }
    ++points_;
    return kept;
  }

  [[noreturn]] void throw_nothing_left() const {
    base::Diagnostics diagnostics;
    for (std::size_t i = 0; i < left_out_.size(); ++i) {
      diagnostics.add({study_.constraints[i].where, "constraints",
                       fmt::format("no point is left: '{}' leaves out {} of {}",
                                   study_.constraints[i].value, left_out_[i], points_),
                       "at least one point", ""});
    }
    diagnostics.throw_if_any();
    throw base::UserError(base::Diagnostic{
        {study_.file.string(), 0, 0}, "exclude", "no point is left", "at least one", ""});
  }

 private:
  const Study& study_;
  base::Diagnostics mistakes_;  // none: they are found when a study is read
  FigureSet figures_;
  std::vector<PointOutcome> no_outcomes_;
  Evaluator evaluator_;
  std::vector<std::size_t> left_out_;
  std::size_t points_ = 0;
};

// Counts up like a number whose last digit is the last axis; false at the end.
bool advance(const Study& study, Place& place) {
  for (std::size_t axis = place.size(); axis-- > 0;) {
    if (++place[axis] < study.axes[axis].second.values.size()) {
      return true;
    }
    place[axis] = 0;
  }
  return false;
}

}  // namespace

bool takes_part(const Axis& axis, const AxisValue& value, bool quick) {
  return !quick || value.quick ||
         std::none_of(axis.values.begin(), axis.values.end(),
                      [](const AxisValue& other) { return other.quick; });
}

std::vector<Point> expand(const Study& study, bool quick) {
  std::size_t product = 1;
  for (const auto& [name, axis] : study.axes) {
    product *= axis.values.size();
    if (product > kMostPoints) {
      throw base::UserError(base::Diagnostic{axis.where, "axes." + name, "too many points",
                                             "at most 100000, the product of all axes", ""});
    }
  }
  std::vector<Point> points;
  ConstraintFilter constraints(study);
  Place place(study.axes.size(), 0);
  do {
    if (takes_part(study, place, quick) && constraints.keeps(place)) {
      points.push_back(make_point(study, place));
    }
  } while (advance(study, place));
  if (points.empty()) {
    constraints.throw_nothing_left();
  }
  return points;
}

}  // namespace orrery::sweep
