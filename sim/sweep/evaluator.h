// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sweep/expansion.h"
#include "sweep/figure_set.h"

namespace orrery::sweep {

// How a point ended.
enum class PointStatus : std::uint8_t { kPending, kDone, kNotApplicable, kFailed };

[[nodiscard]] const std::string& status_name(PointStatus status);
[[nodiscard]] PointStatus status_of(const std::string& name);

// What is known of a point after its run.
struct PointOutcome {
  PointStatus status = PointStatus::kPending;
  std::string config_hash;      // of the resolved configuration; empty where it could not be read
  std::string error;            // of points that are not done: one diagnostic a line
  std::vector<double> metrics;  // as Study::metrics; of points that are done
  std::vector<std::string> notes;  // of its result
};

// Why a figure has no value.
enum class Absence : std::uint8_t {
  kNone,           // it has one
  kOutside,        // no such point: excluded, or not of the quick subset
  kNotApplicable,  // its point is
  kFailed,         // its point has failed or was not run
  kUndefined       // a division by zero, the logarithm of a negative number
};

[[nodiscard]] const std::string& absence_name(Absence absence);

struct FigureValue {
  double value = 0.0;
  Absence absence = Absence::kNone;

  [[nodiscard]] bool present() const { return absence == Absence::kNone; }
};

// Values of figures. Averages and the like leave out points that are outside or not applicable, and
// have no value where a point has failed.
class Evaluator {
 public:
  // All must outlive the evaluator; `outcomes` belong to `points`, one by one.
  Evaluator(const Study& study, const FigureSet& figures, const std::vector<Point>& points,
            const std::vector<PointOutcome>& outcomes);

  // The figure at a place; axes on which it does not depend are ignored.
  [[nodiscard]] FigureValue value(const FigureInfo& figure, const Place& place);
  // An expression that the figure set has checked.
  [[nodiscard]] FigureValue evaluate(const Expression& expression, const Place& place);

 private:
  [[nodiscard]] FigureValue metric(std::size_t metric, const Place& place) const;
  [[nodiscard]] FigureValue named(const std::string& name, const Place& place);
  [[nodiscard]] FigureValue selected(const Expression& expression, Place place);
  [[nodiscard]] FigureValue aggregate(const Expression& expression, const Place& place);
  [[nodiscard]] FigureValue combined(const Expression& expression, const Place& place);

  const Study& study_;
  const FigureSet& figures_;
  const std::vector<PointOutcome>& outcomes_;
  std::map<Place, std::size_t> index_;
  std::map<std::pair<std::string, Place>, FigureValue> known_;
};

}  // namespace orrery::sweep
