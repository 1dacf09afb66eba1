// SPDX-License-Identifier: Apache-2.0
#include "sweep/exports.h"

#include <fmt/format.h>

#include <charconv>

#include "report/csv.h"
#include "report/result_json.h"

namespace orrery::sweep {
namespace {

using report::Json;

// null, with the reason beside it, where there is no value.
void put_value(Json& json, const FigureValue& figure) {
  json["value"] = figure.present() ? Json(rounded(figure.value)) : Json();
  if (!figure.present()) {
    json["absence"] = absence_name(figure.absence);
  }
}

Json labels_json(const Findings& findings, const Place& place) {
  Json json = Json::object();
  for (std::size_t axis = 0; axis < place.size(); ++axis) {
    json[findings.study.axes[axis].first] = findings.label(place, axis);
  }
  return json;
}

Json axes_json(const Findings& findings) {
  Json json = Json::array();
  for (const auto& [name, axis] : findings.study.axes) {
    Json labels = Json::array();
    for (const AxisValue& value : axis.values) {
      if (takes_part(axis, value, findings.quick)) {
        labels.push_back(value.label);
      }
    }
    json.push_back({{"name", name}, {"title", axis.title}, {"labels", std::move(labels)}});
  }
  return json;
}

Json points_json(const Findings& findings) {
  Json json = Json::array();
  for (std::size_t i = 0; i < findings.points.size(); ++i) {
    const PointOutcome& outcome = findings.outcomes[i];
    Json point{{"labels", labels_json(findings, findings.points[i].place)},
               {"status", status_name(outcome.status)},
               {"config_hash", outcome.config_hash}};
    if (outcome.status == PointStatus::kDone) {
      Json& metrics = point["metrics"] = Json::object();
      for (std::size_t m = 0; m < outcome.metrics.size(); ++m) {
        metrics[findings.study.metrics[m].first] = outcome.metrics[m];
      }
      if (!findings.pareto.empty()) {
        point["pareto"] = static_cast<bool>(findings.pareto[i]);
      }
      point["notes"] = outcome.notes;
    } else {
      point["error"] = outcome.error;
    }
    json.push_back(std::move(point));
  }
  return json;
}

Json metrics_json(const Findings& findings) {
  Json json = Json::array();
  for (const auto& [name, metric] : findings.study.metrics) {
    json.push_back({{"name", name}, {"path", metric.path.value}, {"unit", metric.unit}});
  }
  return json;
}

Json derived_json(const Findings& findings) {
  Json json = Json::array();
  for (const FindingTable& table : findings.tables) {
    Json axes = Json::array();
    for (const std::size_t axis : table.figure->axes) {
      axes.push_back(findings.study.axes[axis].first);
    }
    Json values = Json::array();
    for (const FindingRow& row : table.rows) {
      Json at = Json::object();
      for (const std::size_t axis : table.figure->axes) {
        at[findings.study.axes[axis].first] = findings.label(row.place, axis);
      }
      Json value{{"at", std::move(at)}};
      put_value(value, row.figure);
      values.push_back(std::move(value));
    }
    json.push_back({{"name", table.figure->name},
                    {"title", table.figure->title},
                    {"unit", table.figure->unit},
                    {"axes", std::move(axes)},
                    {"values", std::move(values)}});
  }
  return json;
}

Json coordinates_json(const Coordinates& coordinates) {
  Json json = Json::object();
  for (const auto& [axis, label] : coordinates) {
    json[axis] = label.value;
  }
  return json;
}

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json published_json(const Findings& findings) {
  Json json = Json::array();
  for (const PublishedRow& row : findings.published) {
    const Published& published = *row.published;
    Json ours = Json::object();
    put_value(ours, row.ours);
    Json beside = Json::array();
    for (std::size_t i = 0; i < row.beside.size(); ++i) {
      const auto& [title, name] = published.beside[i];
      Json one{{"title", title}, {"figure", name.value}};
      put_value(one, row.beside[i]);
      beside.push_back(std::move(one));
    }
    json.push_back({{"figure", published.figure.value},
                    {"at", coordinates_json(published.at)},
                    {"published", or_null(published.value)},
                    {"range", published.range},
                    {"tolerance", or_null(published.tolerance)},
                    {"ours", std::move(ours)},
                    {"beside", std::move(beside)},
                    {"difference", row.difference ? Json(rounded(*row.difference)) : Json()},
                    {"within_tolerance", or_null(row.agrees)},
                    {"source", published.source},
                    {"note", published.note}});
  }
  return json;
}

Json objectives_json(const Findings& findings) {
  Json json = Json::array();
  for (const Objective& objective : findings.objectives) {
    Json best;
    if (objective.best) {
      best = {{"labels", labels_json(findings, findings.points[*objective.best].place)},
              {"value", rounded(objective.values[*objective.best].value)}};
    }
    json.push_back({{"figure", objective.figure->name},
                    {"goal", objective.goal == Goal::kLeast ? "minimize" : "maximize"},
                    {"best", std::move(best)}});
  }
  return json;
}

std::string kind_of(const Plot& plot) {
  switch (plot.kind) {
    case PlotKind::kBar:
      return "bar";
    case PlotKind::kLine:
      return "line";
    case PlotKind::kScatter:
      return "scatter";
  }
  throw base::InternalError("every plot has a kind", plot.title);
}

Json plots_json(const Findings& findings) {
  const auto name_or_null = [](const std::optional<LocatedText>& name) {
    return name ? Json(name->value) : Json();
  };
  Json json = Json::array();
  for (const auto& [name, plot] : findings.study.plots) {
    json.push_back({{"name", name},
                    {"title", plot.title},
                    {"kind", kind_of(plot)},
                    {"figure", plot.figure.value},
                    {"x", plot.x.value},
                    {"series", name_or_null(plot.series)},
                    {"at", coordinates_json(plot.at)},
                    {"groups", coordinates_json(plot.groups)},
                    {"beside", name_or_null(plot.beside)},
                    {"diagonal", plot.diagonal},
                    {"logarithmic", plot.logarithmic},
                    {"logarithmic_x", plot.logarithmic_x}});
  }
  return json;
}

// The derived figures that every point has a value of, which become columns.
std::vector<const FindingTable*> tables_by_point(const Findings& findings) {
  std::vector<const FindingTable*> tables;
  for (const FindingTable& table : findings.tables) {
    if (table.figure->axes.size() == findings.study.axes.size()) {
      tables.push_back(&table);
    }
  }
  return tables;
}

std::string csv_value(const FindingTable& table, const Place& place) {
  const FigureValue figure = table.at(place);
  return figure.present() ? fmt::format("{}", rounded(figure.value)) : std::string();
}

}  // namespace

double rounded(double value) {
  const std::string text = fmt::format("{:.12g}", value);
  double result = value;
  std::from_chars(text.data(), text.data() + text.size(), result);
  return result;
}

report::Json study_json(const Findings& findings) {
  return {{"schema", "orrery-study-1"},
          {"orrery", report::orrery_json()},
          {"name", findings.study.name},
          {"title", findings.study.title},
          {"description", findings.study.description},
          {"quick", findings.quick},
          {"axes", axes_json(findings)},
          {"metrics", metrics_json(findings)},
          {"points", points_json(findings)},
          {"derived", derived_json(findings)},
          {"objectives", objectives_json(findings)},
          {"published", published_json(findings)},
          {"plots", plots_json(findings)}};
}

std::string results_csv(const Findings& findings) {
  const std::vector<const FindingTable*> tables = tables_by_point(findings);
  std::vector<std::string> header;
  for (const auto& [name, axis] : findings.study.axes) {
    header.push_back(name);
  }
  header.emplace_back("status");
  for (const auto& [name, metric] : findings.study.metrics) {
    header.push_back(name);
  }
  for (const FindingTable* table : tables) {
    header.push_back(table->figure->name);
  }
  if (!findings.pareto.empty()) {
    header.emplace_back("pareto");
  }
  header.emplace_back("config_hash");
  header.emplace_back("error");
  std::string csv = report::csv_line(header);
  for (std::size_t i = 0; i < findings.points.size(); ++i) {
    const PointOutcome& outcome = findings.outcomes[i];
    const Place& place = findings.points[i].place;
    std::vector<std::string> fields;
    for (std::size_t axis = 0; axis < place.size(); ++axis) {
      fields.push_back(findings.label(place, axis));
    }
    fields.push_back(status_name(outcome.status));
    for (std::size_t m = 0; m < findings.study.metrics.size(); ++m) {
      const bool done = outcome.status == PointStatus::kDone;
      fields.push_back(done ? fmt::format("{}", outcome.metrics[m]) : std::string());
    }
    for (const FindingTable* table : tables) {
      fields.push_back(csv_value(*table, place));
    }
    if (!findings.pareto.empty()) {
      fields.emplace_back(findings.pareto[i] ? "yes" : "no");
    }
    fields.push_back(outcome.config_hash);
    fields.push_back(outcome.error);
    csv += report::csv_line(fields);
  }
  return csv;
}

}  // namespace orrery::sweep
