// SPDX-License-Identifier: Apache-2.0
#include "sweep/figure_set.h"

#include <fmt/format.h>

#include <algorithm>

namespace orrery::sweep {
namespace {

std::vector<std::string> axis_names(const Study& study) {
  std::vector<std::string> names;
  for (const auto& [name, axis] : study.axes) {
    names.push_back(name);
  }
  return names;
}

std::string meant(const std::string& name, const std::vector<std::string>& known) {
  const std::string nearest = base::nearest_name(name, known);
  if (!nearest.empty()) {
    return "; did you mean '" + nearest + "'?";
  }
  return known.empty() ? "" : fmt::format("; there are {}", fmt::join(known, ", "));
}

std::size_t find_axis(const Study& study, const std::string& name) {
  const std::vector<std::string> names = axis_names(study);
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    throw ExpressionError{"there is no axis '" + name + "'" + meant(name, names)};
  }
  return static_cast<std::size_t>(found - names.begin());
}

void check_label(const Study& study, std::size_t axis, const std::string& label) {
  std::vector<std::string> labels;
  for (const AxisValue& value : study.axes[axis].second.values) {
    labels.push_back(value.label);
  }
  if (std::find(labels.begin(), labels.end(), label) == labels.end()) {
    throw ExpressionError{fmt::format("axis '{}' has no label '{}'{}", study.axes[axis].first,
                                      label, meant(label, labels))};
  }
}

const double* find_number(const config::Named<double>& numbers, const std::string& name) {
  const auto found = std::find_if(numbers.begin(), numbers.end(),
                                  [&](const auto& entry) { return entry.first == name; });
  return found == numbers.end() ? nullptr : &found->second;
}

}  // namespace

FigureSet::FigureSet(const Study& study, base::Diagnostics& diagnostics) {
  add_constants(study, diagnostics);
  add_constraints(study, diagnostics);
  for (std::size_t i = 0; i < study.metrics.size(); ++i) {
    const auto& [name, metric] = study.metrics[i];
    FigureInfo figure{name, "", metric.unit, i, nullptr, {}};
    for (std::size_t axis = 0; axis < study.axes.size(); ++axis) {
      figure.axes.insert(axis);
    }
    figures_.push_back(std::move(figure));
  }
  for (const auto& [name, derived] : study.derived) {
    add_derived(study, name, derived, diagnostics);
  }
}

const FigureInfo* FigureSet::find(const std::string& name) const {
  const auto found = std::find_if(figures_.begin(), figures_.end(),
                                  [&](const FigureInfo& figure) { return figure.name == name; });
  return found == figures_.end() ? nullptr : &*found;
}

const Constant* FigureSet::constant(const std::string& name) const {
  const auto found = std::find_if(constants_.begin(), constants_.end(),
                                  [&](const Constant& one) { return one.name == name; });
  return found == constants_.end() ? nullptr : &*found;
}

std::vector<std::string> FigureSet::figure_names() const {
  std::vector<std::string> names;
  for (const FigureInfo& figure : figures_) {
    names.push_back(figure.name);
  }
  return names;
}

void FigureSet::add_constants(const Study& study, base::Diagnostics& diagnostics) {
  for (std::size_t axis = 0; axis < study.axes.size(); ++axis) {
    add_axis_constants(study, axis, diagnostics);
  }
  for (const auto& [name, value] : study.constants) {
    if (constant(name) == nullptr) {
      constants_.push_back({name, std::nullopt, {value}});
    }
  }
}

// Before there are figures, so that constraints know constants alone.
void FigureSet::add_constraints(const Study& study, base::Diagnostics& diagnostics) {
  for (const LocatedText& constraint : study.constraints) {
    try {
      constraints_.push_back(parse_expression(constraint.value));
      (void)axes_of(study, *constraints_.back());
    } catch (const ExpressionError& error) {
      diagnostics.add({constraint.where, "constraints", error.message, "", ""});
    }
  }
}

void FigureSet::add_axis_constants(const Study& study, std::size_t axis,
                                   base::Diagnostics& diagnostics) {
  const std::vector<AxisValue>& values = study.axes[axis].second.values;
  const std::string path = "axes." + study.axes[axis].first;
  for (const AxisValue& first : values) {
    for (const auto& [name, number] : first.constants) {
      const Constant* known = constant(name);
      if (known != nullptr && known->axis != axis) {
        diagnostics.add({first.where, path,
                         fmt::format("the constant '{}' belongs to axis '{}' already", name,
                                     study.axes[*known->axis].first),
                         "the constants of each axis under names of their own", ""});
      }
      if (known != nullptr) {
        continue;
      }
      Constant added{name, axis, {}};
      const double* fallback = find_number(study.constants, name);
      for (const AxisValue& value : values) {
        const double* own = find_number(value.constants, name);
        if (own == nullptr && fallback == nullptr) {
          diagnostics.add(
              {value.where, path, "'" + value.label + "' has no constant '" + name + "'",
               "one in each value of the axis, or one in `constants` of the study", ""});
        }
        added.values.push_back(own != nullptr ? *own : fallback != nullptr ? *fallback : 0.0);
      }
      constants_.push_back(std::move(added));
    }
  }
}

void FigureSet::add_derived(const Study& study, const std::string& name, const Derived& derived,
                            base::Diagnostics& diagnostics) {
  FigureInfo figure{name, derived.title, derived.unit, std::nullopt, nullptr, {}};
  try {
    figure.expression = parse_expression(derived.value.value);
    figure.axes = axes_of(study, *figure.expression);
    figures_.push_back(std::move(figure));
  } catch (const ExpressionError& error) {
    diagnostics.add({derived.value.where, "derived." + name, error.message, "", ""});
  }
}

FigureSet::Axes FigureSet::axes_of(const Study& study, const Expression& expression) const {
  switch (expression.kind) {
    case Expression::Kind::kNumber:
      return {};
    case Expression::Kind::kName:
      return axes_of_name(expression.name);
    case Expression::Kind::kSelection:
      return without_selected(study, expression);
    case Expression::Kind::kAggregate:
      return without_averaged(study, expression);
    default: {
      Axes axes;
      for (const ExpressionPointer& operand : expression.operands) {
        axes.merge(axes_of(study, *operand));
      }
      return axes;
    }
  }
}

FigureSet::Axes FigureSet::axes_of_name(const std::string& name) const {
  if (const FigureInfo* figure = find(name)) {
    return figure->axes;
  }
  if (const Constant* number = constant(name)) {
    return number->axis ? Axes{*number->axis} : Axes{};
  }
  std::vector<std::string> names = figure_names();
  for (const Constant& number : constants_) {
    names.push_back(number.name);
  }
  throw ExpressionError{"unknown name '" + name + "'" + meant(name, names)};
}

FigureSet::Axes FigureSet::without_selected(const Study& study,
                                            const Expression& expression) const {
  Axes axes = axes_of(study, *expression.operands.front());
  for (const auto& [name, label] : expression.selected) {
    const std::size_t axis = find_axis(study, name);
    check_label(study, axis, label);
    if (axes.erase(axis) == 0) {
      throw ExpressionError{"what stands before [" + name + "=" + label +
                            "] does not depend on axis '" + name + "', or was told twice"};
    }
  }
  return axes;
}

FigureSet::Axes FigureSet::without_averaged(const Study& study,
                                            const Expression& expression) const {
  Axes axes = axes_of(study, *expression.operands.front());
  for (const std::string& name : expression.axes) {
    if (axes.erase(find_axis(study, name)) == 0) {
      throw ExpressionError{
          fmt::format("what {}() goes over does not depend on axis '{}'", expression.name, name)};
    }
  }
  return axes;
}

}  // namespace orrery::sweep
