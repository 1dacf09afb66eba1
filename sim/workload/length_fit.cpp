// SPDX-License-Identifier: Apache-2.0
#include "workload/length_fit.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "config/yaml.h"
#include "workload/file_reference.h"
#include "workload/types.h"

namespace orrery::workload {
namespace {

std::int64_t per_mille(const QuantileFit::Point& point) {
  return std::llround(point.percentile * 10.0);
}

const config::Schema<QuantileFit::Point>& point_schema() {
  using Point = QuantileFit::Point;
  static const config::Schema<Point> kSchema = [] {
    config::Schema<Point> schema("quantile", "A point of a distribution of lengths.");
    schema
        .required("percentile", &Point::percentile, config::number(0, 100),
                  "Percent of the requests that are at most so long, in steps of 0.1.")
        .required("length", &Point::length, size_codec(), "Tokens.");
    return schema;
  }();
  return kSchema;
}

const config::Schema<LengthFit>& fit_schema() {
  static const config::Schema<LengthFit> kSchema = [] {
    config::Schema<LengthFit> schema("request_lengths", "Lengths of requests as a distribution.");
    schema.required("source", &LengthFit::source, config::text(), "Where the figures come from.")
        .required("prompt", &LengthFit::prompt, config::object(QuantileFit::schema()),
                  "Tokens that a request brings.")
        .required("output", &LengthFit::output, config::object(QuantileFit::schema()),
                  "Tokens that are made for it.");
    return schema;
  }();
  return kSchema;
}

void check_order(const QuantileFit& value, const config::Node& node, config::Reader& reader) {
  const config::Reader::Scope scope(reader, "quantiles");
  const config::Node& list = *node.find("quantiles");
  const auto& points = value.quantiles;
  if (points.size() < 2 || per_mille(points.front()) != 0 || per_mille(points.back()) != 1000) {
    reader.error(list.where(), "the quantiles do not reach from percentile 0 to 100",
                 "both ends among them");
  }
  for (std::size_t i = 1; i < points.size(); ++i) {
    if (per_mille(points[i]) <= per_mille(points[i - 1]) ||
        points[i].length < points[i - 1].length) {
      const config::Reader::Scope inner(reader, std::to_string(i));
      reader.error(list.items()[i].where(), "the quantile lies below the one before it",
                   "ascending percentiles, lengths that do not descend");
    }
  }
}

void check_mean(const QuantileFit& value, const config::Node& node, config::Reader& reader) {
  if (!value.mean) {
    return;
  }
  const double mean = static_cast<double>(value.compiled().mean_times_2000()) / 2000.0;
  if (std::abs(mean - *value.mean) > 0.01 * *value.mean) {
    const config::Reader::Scope scope(reader, "mean");
    reader.error(node.find("mean")->where(),
                 fmt::format("the quantiles have the mean {:.2f}", mean),
                 fmt::format("within one percent of {:.2f}", *value.mean));
  }
}

}  // namespace

requests::LengthQuantiles QuantileFit::compiled() const {
  std::vector<requests::LengthQuantile> points;
  for (const Point& point : quantiles) {
    points.push_back({per_mille(point), point.length});
  }
  return requests::LengthQuantiles(std::move(points));
}

const config::Schema<QuantileFit>& QuantileFit::schema() {
  static const config::Schema<QuantileFit> kSchema = [] {
    config::Schema<QuantileFit> schema("length_quantiles",
                                       "A distribution of lengths by its quantiles, linear in "
                                       "between.");
    schema
        .required("quantiles", &QuantileFit::quantiles,
                  config::list(config::object(point_schema()), 2),
                  "Points, from percentile 0 to percentile 100.")
        .optional("mean", &QuantileFit::mean, config::maybe(config::number(0, 2e9)),
                  "Mean that the quantiles must have, within one percent.")
        .check([](const QuantileFit& value, const config::Node& node, config::Reader& reader) {
          const std::size_t errors_before = reader.error_count();
          check_order(value, node, reader);
          if (reader.error_count() == errors_before) {
            check_mean(value, node, reader);
          }
        });
    return schema;
  }();
  return kSchema;
}

config::Codec<LengthFit> length_fit_codec() {
  auto type = std::make_shared<config::TypeDescription>();
  type->form = config::TypeDescription::Form::kText;
  type->expected = "the path of a file of request lengths, or its content as a map";
  const auto read = [type](const config::Node& node,
                           config::Reader& reader) -> std::optional<LengthFit> {
    config::Node document;
    if (node.is_map()) {
      document = node;
    } else if (node.is_scalar() && !node.text().empty()) {
      const std::filesystem::path path = referenced_path(node);
      const std::size_t errors_before = reader.error_count();
      if (check_exists(path, node, reader)) {
        report_errors_of(reader, [&] { document = config::read_yaml(path); });
      }
      if (reader.error_count() != errors_before) {
        return std::nullopt;
      }
    } else {
      reader.mismatch(node, type->expected);
      return std::nullopt;
    }
    auto fit = fit_schema().read(document, reader);
    if (fit) {
      fit->document = std::move(document);
    }
    return fit;
  };
  return {read, [](const LengthFit& fit) { return fit.document; }, type};
}

}  // namespace orrery::workload
