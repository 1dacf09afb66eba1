// SPDX-License-Identifier: Apache-2.0
#include "sweep/axis.h"

#include "sweep/study_codecs.h"

namespace orrery::sweep {
namespace {

using config::Codec;
using config::located;
using config::maybe;
using config::Schema;
using config::text;

// A member of the base as one of T.
template <class T, class Member>
Member T::* member_of(Member PointInputs::* member) {
  return member;
}

// The keys that the base, axis values and points have in common.
template <class T>
Schema<T>& add_inputs(Schema<T>& schema) {
  return schema
      .optional("platform", member_of<T>(&PointInputs::platform), maybe(located(text())),
                "Platform file, relative to this one, or the name of a shipped platform.")
      .optional("workload", member_of<T>(&PointInputs::workload), maybe(located(text())),
                "Workload file, or the name of a shipped workload.")
      .optional("mapping", member_of<T>(&PointInputs::mapping), maybe(located(text())),
                "Mapping file, or the name of a shipped mapping.")
      .optional("streams", member_of<T>(&PointInputs::streams), config::list(located(text())),
                "Files of command streams that run at once, instead of a workload and a mapping.")
      .optional("set", member_of<T>(&PointInputs::set), config::dictionary(any_value()),
                "Parameters by path, as in `platform.engines.array.rows: 64`.");
}

// A plain value stands for itself at the path of the axis.
Codec<AxisValue> axis_value() {
  return value_or<AxisValue>(AxisValue::schema(), "a value", [](const config::Node& node) {
    AxisValue value;
    value.value = node;
    value.where = node.where();
    return value;
  });
}

// The same, of a parameter: lists stand for themselves, too.
Codec<AxisValue> parameter_value() {
  const Codec<AxisValue> scalar = axis_value();
  return {[scalar](const config::Node& node, config::Reader& reader) -> std::optional<AxisValue> {
            if (!node.is_sequence()) {
              return scalar.read(node, reader);
            }
            AxisValue value;
            value.value = node;
            value.where = node.where();
            return value;
          },
          scalar.write, any_value().type};
}

// One way to say which values there are, complete.
void check_parameter(const Parameter& parameter, const config::Node& node, config::Reader& reader) {
  const bool range = parameter.from || parameter.to || parameter.step || parameter.factor;
  const int ways =
      (parameter.values.empty() ? 0 : 1) + (range ? 1 : 0) + (parameter.files.empty() ? 0 : 1);
  if (ways != 1) {
    reader.error(node.where(), ways == 0 ? "no values" : "values in several ways",
                 "`values`, `files`, or `from`, `to` and `step` or `factor`");
    return;
  }
  if (range && (!parameter.from || !parameter.to ||
                parameter.step.has_value() == parameter.factor.has_value())) {
    reader.error(node.where(), "no whole range", "`from`, `to`, and either `step` or `factor`");
    return;
  }
  if (range && *parameter.from > *parameter.to) {
    reader.error(node.where(), "a range that ends before it begins", "`from` at most `to`");
  }
  if (parameter.step && *parameter.step <= 0.0) {
    reader.error(node.where(), "a step that does not lead on", "`step` above 0");
  }
  if (parameter.factor && (*parameter.factor <= 1.0 || *parameter.from <= 0.0)) {
    reader.error(node.where(), "a factor that does not lead on",
                 "`factor` above 1, `from` above 0");
  }
  if (!parameter.unit.empty() && !range) {
    reader.error(node.where(), "a unit without a range", "values with their units");
  }
  if (!parameter.paths.empty() && (range || !parameter.files.empty() || !parameter.path.empty())) {
    reader.error(node.where(), "several paths",
                 "a list of `values`, each a list as long as `paths`");
  }
}

}  // namespace

const Schema<PointInputs>& base_schema() {
  static const Schema<PointInputs> kSchema = [] {
    Schema<PointInputs> schema("study_base",
                               "The inputs of every point, where nothing else is said.");
    return add_inputs(schema);
  }();
  return kSchema;
}

const Schema<AxisValue>& AxisValue::schema() {
  using Self = AxisValue;
  static const Schema<Self> kSchema = [] {
    Schema<Self> schema("study_value", "One place on an axis, or one point of `points`.");
    schema.optional("label", &Self::label, text(),
                    "Its name in tables and expressions. Left out: the value.");
    schema.optional("value", &Self::value, any_value(), "Value of the axis' path.");
    return add_inputs(schema)
        .optional("constants", member_of<Self>(&PointInputs::constants),
                  config::dictionary(any_number()), "Numbers by name, for expressions.")
        .optional("quick", &Self::quick, config::boolean(),
                  "Belongs to the subset of `--quick`. An axis without any belongs to it whole.")
        .position(&Self::where);
  }();
  return kSchema;
}

const Schema<Axis>& Axis::schema() {
  using Self = Axis;
  static const Schema<Self> kSchema =
      Schema<Self>("study_axis", "A list of values; the product of all axes makes the points.")
          .optional("path", &Self::path, text(),
                    "What plain values set: `platform`, `workload`, `mapping` or the path of a "
                    "parameter.")
          .optional("title", &Self::title, text(), "For figures.")
          .required("values", &Self::values, config::list(axis_value(), 1),
                    "Plain values of `path`, or maps that say what changes together.")
          .position(&Self::where);
  return kSchema;
}

const Schema<Parameter>& Parameter::schema() {
  using Self = Parameter;
  static const Schema<Self> kSchema =
      Schema<Self>("study_parameter",
                   "What varies: values of one path, or of several paths that change together.")
          .optional("path", &Self::path, text(), "What is set. Left out: the parameter's name.")
          .optional("paths", &Self::paths, config::list(text()),
                    "Paths that change together; each of `values` is a list as long.")
          .optional("title", &Self::title, text(), "For figures.")
          .optional("values", &Self::values, config::list(parameter_value()),
                    "Plain values, lists, or maps with `value`, `label`, `quick` and what else an "
                    "axis value may say.")
          .optional("from", &Self::from, maybe(any_number()), "First value of a range.")
          .optional("to", &Self::to, maybe(any_number()), "Its end, included where it is reached.")
          .optional("step", &Self::step, maybe(any_number()), "Added from value to value.")
          .optional("factor", &Self::factor, maybe(any_number()), "Multiplied from value to value.")
          .optional("unit", &Self::unit, text(), "Behind each number of a range: `KiB`.")
          .optional("files", &Self::files, one_or_list(located(text())),
                    "Files by pattern, as in `../workloads/*_decode.yaml`, in the order of names.")
          .position(&Self::where)
          .check(check_parameter);
  return kSchema;
}

Codec<Parameter> parameter_codec() {
  const Codec<std::vector<AxisValue>> values = config::list(parameter_value(), 1);
  const Codec<Parameter> map = config::object(Parameter::schema());
  auto type = std::make_shared<config::TypeDescription>(*values.type);
  type->object = Parameter::schema().description();
  type->expected = "a list of values, or " + map.type->expected;
  return {[=](const config::Node& node, config::Reader& reader) -> std::optional<Parameter> {
            if (node.is_map()) {
              return map.read(node, reader);
            }
            if (!node.is_sequence()) {
              reader.mismatch(node, type->expected);
              return std::nullopt;
            }
            Parameter parameter;
            parameter.where = node.where();
            auto read = values.read(node, reader);
            if (!read) {
              return std::nullopt;
            }
            parameter.values = std::move(*read);
            return parameter;
          },
          map.write, type};
}

}  // namespace orrery::sweep
