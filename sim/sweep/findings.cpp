// SPDX-License-Identifier: Apache-2.0
#include "sweep/findings.h"

#include <algorithm>
#include <cmath>

#include "sweep/pareto.h"

namespace orrery::sweep {
namespace {

// The places of the figure's own axes that take part, the last axis fastest.
std::vector<Place> places_of(const Study& study, const FigureInfo& figure, bool quick) {
  std::vector<Place> places{Place(study.axes.size(), 0)};
  for (const std::size_t axis : figure.axes) {
    const Axis& values = study.axes[axis].second;
    std::vector<Place> further;
    for (const Place& place : places) {
      for (std::size_t label = 0; label < values.values.size(); ++label) {
        if (takes_part(values, values.values[label], quick)) {
          further.push_back(place);
          further.back()[axis] = label;
        }
      }
    }
    places = std::move(further);
  }
  return places;
}

FindingTable table_of(const Study& study, const FigureInfo& figure, bool quick,
                      Evaluator& evaluator) {
  FindingTable table{&figure, {}};
  for (Place& place : places_of(study, figure, quick)) {
    const FigureValue value = evaluator.value(figure, place);
    if (value.absence != Absence::kOutside) {
      table.rows.push_back({std::move(place), value});
    }
  }
  return table;
}

PublishedRow compare(const Study& study, const FigureSet& figures, const Published& published,
                     Evaluator& evaluator) {
  Place place(study.axes.size(), 0);
  for (const auto& [name, label] : published.at) {
    const std::size_t axis = study.axis_index(name);
    place[axis] = study.label_index(axis, label.value);
  }
  const auto value_of = [&](const std::string& name) {
    const FigureInfo* figure = figures.find(name);
    base::require_invariant(figure != nullptr, "figures are checked when a study is read", name);
    return evaluator.value(*figure, place);
  };
  PublishedRow row;
  row.published = &published;
  row.ours = value_of(published.figure.value);
  for (const auto& [title, name] : published.beside) {
    row.beside.push_back(value_of(name.value));
  }
  if (!row.ours.present()) {
    return row;
  }
  if (published.value && *published.value != 0.0) {
    const double difference = row.ours.value / *published.value - 1.0;
    row.difference = std::isfinite(difference) ? std::optional(difference) : std::nullopt;
  }
  if (!published.range.empty()) {
    row.agrees = row.ours.value >= published.range[0] && row.ours.value <= published.range[1];
  } else if (published.tolerance) {
    const double apart = row.ours.value - *published.value;
    row.agrees = std::abs(apart) <= *published.tolerance * std::abs(*published.value);
  }
  return row;
}

double cost_of(const Objective& objective, std::size_t point) {
  const double value = objective.values[point].value;
  return objective.goal == Goal::kLeast ? value : -value;
}

Objective seek(const FigureSet& figures,
               const std::pair<std::string, config::Located<Goal>>& wanted,
               const std::vector<Point>& points, Evaluator& evaluator) {
  const FigureInfo* figure = figures.find(wanted.first);
  base::require_invariant(figure != nullptr, "figures are checked when a study is read",
                          wanted.first);
  Objective objective{figure, wanted.second.value, {}, std::nullopt};
  for (std::size_t i = 0; i < points.size(); ++i) {
    objective.values.push_back(evaluator.value(*figure, points[i].place));
    const bool better =
        objective.values.back().present() &&
        (!objective.best || cost_of(objective, i) < cost_of(objective, *objective.best));
    objective.best = better ? i : objective.best;
  }
  return objective;
}

// Points that lack one of the figures are not on the front.
std::vector<bool> front_of(const std::vector<Objective>& objectives, std::size_t points) {
  std::vector<std::size_t> complete;
  std::vector<std::vector<double>> costs;
  for (std::size_t i = 0; i < points; ++i) {
    if (std::all_of(objectives.begin(), objectives.end(),
                    [&](const Objective& one) { return one.values[i].present(); })) {
      complete.push_back(i);
      std::vector<double>& line = costs.emplace_back();
      for (const Objective& objective : objectives) {
        line.push_back(cost_of(objective, i));
      }
    }
  }
  const std::vector<bool> front = pareto_front(costs);
  std::vector<bool> result(points, false);
  for (std::size_t i = 0; i < complete.size(); ++i) {
    result[complete[i]] = front[i];
  }
  return result;
}

}  // namespace

FigureValue FindingTable::at(const Place& place) const {
  const auto found =
      std::lower_bound(rows.begin(), rows.end(), place,
                       [](const FindingRow& row, const Place& one) { return row.place < one; });
  return found != rows.end() && found->place == place ? found->figure
                                                      : FigureValue{0.0, Absence::kOutside};
}

Objective seek_objective(const Study& study, const FigureSet& figures,
                         const std::pair<std::string, config::Located<Goal>>& objective,
                         const std::vector<Point>& points,
                         const std::vector<PointOutcome>& outcomes) {
  Evaluator evaluator(study, figures, points, outcomes);
  return seek(figures, objective, points, evaluator);
}

Findings::Findings(const Study& the_study, const FigureSet& the_figures, bool is_quick,
                   std::vector<Point> the_points, std::vector<PointOutcome> the_outcomes)
    : study(the_study),
      figures(the_figures),
      quick(is_quick),
      points(std::move(the_points)),
      outcomes(std::move(the_outcomes)) {
  Evaluator evaluator(study, figures, points, outcomes);
  for (const FigureInfo& figure : figures.figures()) {
    if (!figure.metric) {
      tables.push_back(table_of(study, figure, quick, evaluator));
    }
  }
  for (const Published& one : study.published) {
    published.push_back(compare(study, figures, one, evaluator));
  }
  for (const auto& objective : study.objectives) {
    objectives.push_back(seek(figures, objective, points, evaluator));
  }
  if (!objectives.empty()) {
    pareto = front_of(objectives, points.size());
  }
}

std::size_t Findings::count(PointStatus status) const {
  return static_cast<std::size_t>(
      std::count_if(outcomes.begin(), outcomes.end(),
                    [&](const PointOutcome& outcome) { return outcome.status == status; }));
}

const std::string& Findings::label(const Place& place, std::size_t axis) const {
  return study.axes[axis].second.values[place[axis]].label;
}

}  // namespace orrery::sweep
