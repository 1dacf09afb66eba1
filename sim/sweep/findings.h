// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sweep/evaluator.h"

namespace orrery::sweep {

// A derived figure at one place.
struct FindingRow {
  Place place;  // of the axes on which the figure depends; 0 elsewhere
  FigureValue figure;
};

// Everything that a derived figure is: one row for each place of its own axes.
struct FindingTable {
  const FigureInfo* figure = nullptr;
  std::vector<FindingRow> rows;  // sorted by place

  [[nodiscard]] FigureValue at(const Place& place) const;
};

// A published figure beside ours.
struct PublishedRow {
  const Published* published = nullptr;
  FigureValue ours;
  std::optional<double> difference;  // ours over the published value, less one
  std::optional<bool> agrees;        // absent where nothing says what agreement is
  std::vector<FigureValue> beside;   // in the order of Published::beside
};

// What is sought, and where it was found.
struct Objective {
  const FigureInfo* figure = nullptr;
  Goal goal = Goal::kLeast;
  std::vector<FigureValue> values;  // of each point
  std::optional<std::size_t> best;  // the first of the best points; absent where none has a value
};

// The best of the points that have ended; all must outlive the result.
[[nodiscard]] Objective seek_objective(
    const Study& study, const FigureSet& figures,
    const std::pair<std::string, config::Located<Goal>>& objective,
    const std::vector<Point>& points, const std::vector<PointOutcome>& outcomes);

// What came out of a study, whatever has been run of it.
struct Findings {
  // `study` and `figures` must outlive it. `outcomes` belong to `points`, one by one.
  Findings(const Study& study, const FigureSet& figures, bool quick, std::vector<Point> points,
           std::vector<PointOutcome> outcomes);

  const Study& study;
  const FigureSet& figures;
  bool quick;
  std::vector<Point> points;
  std::vector<PointOutcome> outcomes;
  std::vector<FindingTable> tables;  // of the derived figures
  std::vector<PublishedRow> published;
  std::vector<Objective> objectives;
  // Of each point, whether no other beats it in all objectives; none where there are none.
  std::vector<bool> pareto;

  [[nodiscard]] std::size_t count(PointStatus status) const;
  [[nodiscard]] const std::string& label(const Place& place, std::size_t axis) const;
};

}  // namespace orrery::sweep
