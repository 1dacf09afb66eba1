// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "sweep/expression.h"
#include "sweep/study.h"

namespace orrery::sweep {

// A metric or derived figure of a study, with the axes on which its value depends.
struct FigureInfo {
  std::string name;
  std::string title;
  std::string unit;
  std::optional<std::size_t> metric;  // index into Study::metrics
  ExpressionPointer expression;       // of a derived figure
  std::set<std::size_t> axes;
};

// A named number: the same everywhere, or by the label of one axis.
struct Constant {
  std::string name;
  std::optional<std::size_t> axis;
  std::vector<double> values;  // one, or one for each label
};

// The names that expressions of a study may use.
class FigureSet {
 public:
  // Adds what is wrong with expressions and constants to `diagnostics`; a figure with a mistake is
  // left out.
  FigureSet(const Study& study, base::Diagnostics& diagnostics);

  // Metrics first, then derived figures, in the order of the file.
  [[nodiscard]] const std::vector<FigureInfo>& figures() const { return figures_; }
  [[nodiscard]] const FigureInfo* find(const std::string& name) const;
  [[nodiscard]] const Constant* constant(const std::string& name) const;
  [[nodiscard]] std::vector<std::string> figure_names() const;
  // Of constants, in the order of the file.
  [[nodiscard]] const std::vector<ExpressionPointer>& constraints() const { return constraints_; }

 private:
  using Axes = std::set<std::size_t>;

  void add_constants(const Study& study, base::Diagnostics& diagnostics);
  void add_constraints(const Study& study, base::Diagnostics& diagnostics);
  void add_axis_constants(const Study& study, std::size_t axis, base::Diagnostics& diagnostics);
  void add_derived(const Study& study, const std::string& name, const Derived& derived,
                   base::Diagnostics& diagnostics);
  [[nodiscard]] Axes axes_of(const Study& study, const Expression& expression) const;
  [[nodiscard]] Axes axes_of_name(const std::string& name) const;
  [[nodiscard]] Axes without_selected(const Study& study, const Expression& expression) const;
  [[nodiscard]] Axes without_averaged(const Study& study, const Expression& expression) const;

  std::vector<FigureInfo> figures_;
  std::vector<Constant> constants_;
  std::vector<ExpressionPointer> constraints_;
};

}  // namespace orrery::sweep
