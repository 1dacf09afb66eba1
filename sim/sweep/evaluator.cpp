// SPDX-License-Identifier: Apache-2.0
#include "sweep/evaluator.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "config/codec.h"

namespace orrery::sweep {
namespace {

const config::EnumTable<PointStatus>& statuses() {
  static const config::EnumTable<PointStatus> kTable{
      {"pending", PointStatus::kPending},
      {"done", PointStatus::kDone},
      {"not applicable", PointStatus::kNotApplicable},
      {"failed", PointStatus::kFailed}};
  return kTable;
}

const config::EnumTable<Absence>& absences() {
  static const config::EnumTable<Absence> kTable{{"none", Absence::kNone},
                                                 {"outside", Absence::kOutside},
                                                 {"not applicable", Absence::kNotApplicable},
                                                 {"failed", Absence::kFailed},
                                                 {"undefined", Absence::kUndefined}};
  return kTable;
}

template <class E>
const std::string& name_in(const config::EnumTable<E>& table, E value) {
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const auto& entry) { return entry.second == value; });
  base::require_invariant(found != table.end(), "every enumerator has a name");
  return found->first;
}

// A result that is no number is undefined.
FigureValue number(double value) {
  return {value, std::isfinite(value) ? Absence::kNone : Absence::kUndefined};
}

double total(const std::vector<double>& values) {
  double sum = 0.0;
  for (const double value : values) {
    sum += value;
  }
  return sum;
}

double geometric_mean(const std::vector<double>& values) {
  double sum = 0.0;
  for (const double value : values) {
    sum += std::log(value);
  }
  return std::exp(sum / static_cast<double>(values.size()));
}

// `values` is not empty.
double summary(const std::string& name, const std::vector<double>& values) {
  if (name == "min" || name == "max") {
    return apply_function(name, values);
  }
  if (name == "geomean") {
    return geometric_mean(values);
  }
  return name == "mean" ? total(values) / static_cast<double>(values.size()) : total(values);
}

}  // namespace

const std::string& status_name(PointStatus status) {
  return name_in(statuses(), status);
}

PointStatus status_of(const std::string& name) {
  for (const auto& [known, status] : statuses()) {
    if (known == name) {
      return status;
    }
  }
  return PointStatus::kPending;
}

const std::string& absence_name(Absence absence) {
  return name_in(absences(), absence);
}

Evaluator::Evaluator(const Study& study, const FigureSet& figures, const std::vector<Point>& points,
                     const std::vector<PointOutcome>& outcomes)
    : study_(study), figures_(figures), outcomes_(outcomes) {
  for (std::size_t i = 0; i < points.size(); ++i) {
    index_.emplace(points[i].place, i);
  }
}

FigureValue Evaluator::value(const FigureInfo& figure, const Place& place) {
  if (figure.metric) {
    return metric(*figure.metric, place);
  }
  Place needed = place;
  for (std::size_t axis = 0; axis < needed.size(); ++axis) {
    needed[axis] = figure.axes.contains(axis) ? needed[axis] : 0;
  }
  const auto key = std::pair(figure.name, needed);
  const auto known = known_.find(key);
  if (known != known_.end()) {
    return known->second;
  }
  const FigureValue result = evaluate(*figure.expression, needed);
  known_.emplace(key, result);
  return result;
}

FigureValue Evaluator::metric(std::size_t metric, const Place& place) const {
  const auto found = index_.find(place);
  if (found == index_.end()) {
    return {0.0, Absence::kOutside};
  }
  const PointOutcome& outcome = outcomes_[found->second];
  if (outcome.status == PointStatus::kDone) {
    return number(outcome.metrics.at(metric));
  }
  return {0.0, outcome.status == PointStatus::kNotApplicable ? Absence::kNotApplicable
                                                             : Absence::kFailed};
}

FigureValue Evaluator::evaluate(const Expression& expression, const Place& place) {
  switch (expression.kind) {
    case Expression::Kind::kNumber:
      return {expression.number, Absence::kNone};
    case Expression::Kind::kName:
      return named(expression.name, place);
    case Expression::Kind::kSelection:
      return selected(expression, place);
    case Expression::Kind::kAggregate:
      return aggregate(expression, place);
    default:
      return combined(expression, place);
  }
}

FigureValue Evaluator::named(const std::string& name, const Place& place) {
  if (const FigureInfo* figure = figures_.find(name)) {
    return value(*figure, place);
  }
  const Constant* constant = figures_.constant(name);
  base::require_invariant(constant != nullptr, "names are checked when a study is read", name);
  return {constant->axis ? constant->values[place[*constant->axis]] : constant->values.front(),
          Absence::kNone};
}

FigureValue Evaluator::selected(const Expression& expression, Place place) {
  for (const auto& [name, label] : expression.selected) {
    const std::size_t axis = study_.axis_index(name);
    place[axis] = study_.label_index(axis, label);
  }
  return evaluate(*expression.operands.front(), place);
}

FigureValue Evaluator::aggregate(const Expression& expression, const Place& place) {
  std::vector<Place> places{place};
  for (const std::string& name : expression.axes) {
    const std::size_t axis = study_.axis_index(name);
    std::vector<Place> further;
    for (const Place& one : places) {
      for (std::size_t label = 0; label < study_.axes[axis].second.values.size(); ++label) {
        further.push_back(one);
        further.back()[axis] = label;
      }
    }
    places = std::move(further);
  }
  std::vector<double> values;
  Absence reason = Absence::kOutside;
  for (const Place& one : places) {
    const FigureValue figure = evaluate(*expression.operands.front(), one);
    if (figure.absence == Absence::kFailed || figure.absence == Absence::kUndefined) {
      return figure;
    }
    if (figure.present()) {
      values.push_back(figure.value);
    } else if (figure.absence == Absence::kNotApplicable) {
      reason = Absence::kNotApplicable;
    }
  }
  if (expression.name == "count") {
    return {static_cast<double>(values.size()), Absence::kNone};
  }
  return values.empty() ? FigureValue{0.0, reason} : number(summary(expression.name, values));
}

FigureValue Evaluator::combined(const Expression& expression, const Place& place) {
  std::vector<double> operands;
  Absence absence = Absence::kNone;
  for (const ExpressionPointer& operand : expression.operands) {
    const FigureValue figure = evaluate(*operand, place);
    // What was not run says more than what failed, and that more than a division by zero.
    if (!figure.present() && (absence == Absence::kNone || figure.absence < absence)) {
      absence = figure.absence;
    }
    operands.push_back(figure.value);
  }
  if (absence != Absence::kNone) {
    return {0.0, absence};
  }
  if (expression.kind == Expression::Kind::kNegation) {
    return number(-operands.front());
  }
  if (expression.kind == Expression::Kind::kCall) {
    return number(apply_function(expression.name, operands));
  }
  return number(apply_operator(expression.name, operands[0], operands[1]));
}

}  // namespace orrery::sweep
