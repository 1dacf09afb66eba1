// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "report/format.h"
#include "sweep/exports.h"

namespace orrery::sweep {
namespace {

// A Markdown table whose source is aligned too: it is also what a terminal shows.
class MarkdownTable {
 public:
  void column(std::string title, bool number) { columns_.push_back({std::move(title), number}); }
  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  [[nodiscard]] bool empty() const { return rows_.empty(); }

  [[nodiscard]] std::string to_string() const {
    std::vector<std::string> titles;
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      titles.push_back(columns_[i].title);
      widths.push_back(std::max<std::size_t>(columns_[i].title.size(), 3));
      for (const auto& row : rows_) {
        widths[i] = std::max(widths[i], row[i].size());
      }
    }
    std::string text = line(titles, widths);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      text += '|' + std::string(widths[i] + 1, '-') + (columns_[i].number ? ':' : '-');
    }
    text += "|\n";
    for (const auto& row : rows_) {
      text += line(row, widths);
    }
    return text;
  }

 private:
  struct Column {
    std::string title;
    bool number;
  };

  [[nodiscard]] std::string line(const std::vector<std::string>& cells,
                                 const std::vector<std::size_t>& widths) const {
    std::string text;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      text += columns_[i].number ? fmt::format("| {:>{}} ", cells[i], widths[i])
                                 : fmt::format("| {:<{}} ", cells[i], widths[i]);
    }
    return text + "|\n";
  }

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// What would end a cell or a line.
std::string cell(const std::string& text) {
  std::string result;
  for (const char c : text) {
    result += c == '|' ? std::string("\\|") : std::string(1, c == '\n' ? ' ' : c);
  }
  return result;
}

std::string number_text(double value) {
  constexpr double kExact = 9007199254740992.0;
  if (std::abs(value) < kExact && value == std::floor(value)) {
    return report::format_count(static_cast<std::int64_t>(value));
  }
  // Four digits, and more where an exponent would hide the size.
  constexpr double kFewest = 1e4;
  constexpr double kMost = 1e12;
  if (std::abs(value) >= kFewest && std::abs(value) < kMost) {
    return report::format_count(std::llround(value));
  }
  return fmt::format("{:.4g}", value);
}

std::string figure_text(const FigureValue& figure) {
  if (figure.present()) {
    return number_text(rounded(figure.value));
  }
  return figure.absence == Absence::kOutside ? "not run" : absence_name(figure.absence);
}

std::string titled(const std::string& name, const std::string& unit) {
  return unit.empty() || unit == name ? name : name + " (" + unit + ')';
}

std::string percent(double fraction) {
  return fmt::format("{:+.1f} %", fraction * 100.0);
}

std::string published_text(const Published& published) {
  std::string text = published.value ? number_text(*published.value) : "";
  if (!published.range.empty()) {
    text += fmt::format("{}{} to {}", text.empty() ? "" : ", ", number_text(published.range[0]),
                        number_text(published.range[1]));
  }
  return text;
}

std::string at_text(const Coordinates& at) {
  std::string text;
  for (const auto& [axis, label] : at) {
    text += (text.empty() ? "" : ", ") + axis + ' ' + label.value;
  }
  return cell(text);
}

std::string agreement_text(const PublishedRow& row) {
  if (!row.agrees) {
    return "-";
  }
  const std::string tolerance =
      row.published->tolerance ? fmt::format(" ({:g} %)", *row.published->tolerance * 100.0) : "";
  return (*row.agrees ? "yes" : "no") + tolerance;
}

// The titles under which published figures have further ones of ours, as they come.
std::vector<std::string> beside_titles(const Findings& findings) {
  std::vector<std::string> titles;
  for (const PublishedRow& row : findings.published) {
    for (const auto& [title, figure] : row.published->beside) {
      if (std::find(titles.begin(), titles.end(), title) == titles.end()) {
        titles.push_back(title);
      }
    }
  }
  return titles;
}

std::string beside_text(const PublishedRow& row, const std::string& title) {
  const auto& beside = row.published->beside;
  const auto found = std::find_if(beside.begin(), beside.end(),
                                  [&](const auto& entry) { return entry.first == title; });
  return found == beside.end()
             ? ""
             : figure_text(row.beside[static_cast<std::size_t>(found - beside.begin())]);
}

std::string published_section(const Findings& findings) {
  MarkdownTable table;
  table.column("figure", false);
  table.column("at", false);
  table.column("published", true);
  table.column("ours", true);
  const std::vector<std::string> titles = beside_titles(findings);
  for (const std::string& title : titles) {
    table.column(cell(title), true);
  }
  table.column("difference", true);
  table.column("within tolerance", false);
  table.column("source", false);
  std::string notes;
  for (const PublishedRow& row : findings.published) {
    const Published& published = *row.published;
    std::vector<std::string> cells{published.figure.value, at_text(published.at),
                                   published_text(published), figure_text(row.ours)};
    for (const std::string& title : titles) {
      cells.push_back(beside_text(row, title));
    }
    cells.push_back(row.difference ? percent(*row.difference) : "-");
    cells.push_back(agreement_text(row));
    cells.push_back(cell(published.source));
    table.row(std::move(cells));
    if (!published.note.empty()) {
      const std::string at = at_text(published.at);
      notes += fmt::format("- {}{}: {}\n", published.figure.value, at.empty() ? "" : ", " + at,
                           cell(published.note));
    }
  }
  const auto judged = [&](bool agrees) {
    return std::count_if(findings.published.begin(), findings.published.end(),
                         [&](const PublishedRow& row) { return row.agrees == agrees; });
  };
  const std::string verdict = fmt::format(
      "\n{} of {} within tolerance, {} only shown or not run.\n", judged(true),
      judged(true) + judged(false),
      static_cast<std::ptrdiff_t>(findings.published.size()) - judged(true) - judged(false));
  return "## Published and ours\n\n" + table.to_string() + verdict +
         (notes.empty() ? "" : '\n' + notes);
}

using FindingTables = std::vector<const FindingTable*>;

// The figures that depend on fewer axes than the points, those of the same axes together.
std::vector<FindingTables> groups_of(const Findings& findings) {
  std::vector<FindingTables> groups;
  for (const FindingTable& finding : findings.tables) {
    if (finding.figure->axes.size() == findings.study.axes.size() || finding.rows.empty()) {
      continue;
    }
    const auto same = std::find_if(groups.begin(), groups.end(), [&](const FindingTables& group) {
      return group.front()->figure->axes == finding.figure->axes;
    });
    if (same == groups.end()) {
      groups.push_back({&finding});
    } else {
      same->push_back(&finding);
    }
  }
  return groups;
}

std::string group_section(const Findings& findings, const FindingTables& group) {
  MarkdownTable table;
  std::string heading;
  for (const std::size_t axis : group.front()->figure->axes) {
    const std::string& name = findings.study.axes[axis].first;
    heading += (heading.empty() ? "By " : ", ") + name;
    table.column(name, false);
  }
  std::set<Place> places;
  std::string titles;
  for (const FindingTable* finding : group) {
    const FigureInfo& figure = *finding->figure;
    table.column(titled(figure.name, figure.unit), true);
    if (!figure.title.empty()) {
      titles += fmt::format("- {}: {}\n", figure.name, figure.title);
    }
    for (const FindingRow& row : finding->rows) {
      places.insert(row.place);
    }
  }
  for (const Place& place : places) {
    std::vector<std::string> cells;
    for (const std::size_t axis : group.front()->figure->axes) {
      cells.push_back(cell(findings.label(place, axis)));
    }
    for (const FindingTable* finding : group) {
      cells.push_back(figure_text(finding->at(place)));
    }
    table.row(std::move(cells));
  }
  return "\n## " + (heading.empty() ? "Over all points" : heading) + "\n\n" + table.to_string() +
         (titles.empty() ? titles : '\n' + titles);
}

std::string derived_sections(const Findings& findings) {
  std::string text;
  for (const FindingTables& group : groups_of(findings)) {
    text += group_section(findings, group);
  }
  return text;
}

std::string points_section(const Findings& findings) {
  MarkdownTable table;
  for (const auto& [name, axis] : findings.study.axes) {
    table.column(name, false);
  }
  for (const auto& [name, metric] : findings.study.metrics) {
    table.column(titled(name, metric.unit), true);
  }
  FindingTables derived;
  std::string titles;
  for (const FindingTable& finding : findings.tables) {
    if (finding.figure->axes.size() == findings.study.axes.size()) {
      derived.push_back(&finding);
      table.column(titled(finding.figure->name, finding.figure->unit), true);
      if (!finding.figure->title.empty()) {
        titles += fmt::format("- {}: {}\n", finding.figure->name, finding.figure->title);
      }
    }
  }
  table.column("status", false);
  for (std::size_t i = 0; i < findings.points.size(); ++i) {
    const Place& place = findings.points[i].place;
    const PointOutcome& outcome = findings.outcomes[i];
    std::vector<std::string> cells;
    for (std::size_t axis = 0; axis < place.size(); ++axis) {
      cells.push_back(cell(findings.label(place, axis)));
    }
    for (std::size_t m = 0; m < findings.study.metrics.size(); ++m) {
      const bool done = outcome.status == PointStatus::kDone;
      cells.push_back(done ? number_text(rounded(outcome.metrics[m])) : "");
    }
    for (const FindingTable* finding : derived) {
      cells.push_back(figure_text(finding->at(place)));
    }
    cells.push_back(status_name(outcome.status));
    table.row(std::move(cells));
  }
  return "\n## All points\n\n" + table.to_string() + (titles.empty() ? titles : '\n' + titles);
}

// The best point of each objective, then all that none beats.
std::string objectives_section(const Findings& findings) {
  MarkdownTable best;
  best.column("objective", false);
  best.column("best", true);
  best.column("at", false);
  MarkdownTable front;
  front.column("point", false);
  for (const Objective& objective : findings.objectives) {
    const std::string goal = objective.goal == Goal::kLeast ? "least " : "most ";
    front.column(titled(objective.figure->name, objective.figure->unit), true);
    best.row({goal + titled(objective.figure->name, objective.figure->unit),
              objective.best ? figure_text(objective.values[*objective.best]) : "none",
              objective.best ? cell(findings.points[*objective.best].id) : ""});
  }
  for (std::size_t i = 0; i < findings.points.size(); ++i) {
    if (findings.pareto[i]) {
      std::vector<std::string> cells{cell(findings.points[i].id)};
      for (const Objective& objective : findings.objectives) {
        cells.push_back(figure_text(objective.values[i]));
      }
      front.row(std::move(cells));
    }
  }
  std::string text = "\n## Objectives\n\n" + best.to_string();
  if (findings.objectives.size() > 1 && !front.empty()) {
    text += "\nPoints that no other beats in all of them:\n\n" + front.to_string();
  }
  return text;
}

// What the results of all points say of themselves.
std::string notes_section(const Findings& findings) {
  std::optional<std::vector<std::string>> shared;
  for (const PointOutcome& outcome : findings.outcomes) {
    if (outcome.status != PointStatus::kDone) {
      continue;
    }
    shared = shared.value_or(outcome.notes);
    std::erase_if(*shared, [&](const std::string& note) {
      return std::find(outcome.notes.begin(), outcome.notes.end(), note) == outcome.notes.end();
    });
  }
  std::string text;
  for (const std::string& note : shared.value_or(std::vector<std::string>())) {
    text += "- " + cell(note) + '\n';
  }
  return text.empty() ? text : "\n## Notes of every point\n\n" + text;
}

// Points without a result, with the reason.
std::string unfinished_section(const Findings& findings, PointStatus status,
                               const std::string& title) {
  std::string text;
  for (std::size_t i = 0; i < findings.points.size(); ++i) {
    if (findings.outcomes[i].status == status) {
      text += fmt::format("- {}: {}\n", findings.points[i].id, cell(findings.outcomes[i].error));
    }
  }
  return text.empty() ? text : "\n## " + title + "\n\n" + text;
}

}  // namespace

std::string study_markdown(const Findings& findings) {
  const Study& study = findings.study;
  std::string text = "# " + (study.title.empty() ? study.name : study.title) + '\n';
  if (!study.description.empty()) {
    text += '\n' + study.description + (study.description.back() == '\n' ? "" : "\n");
  }
  if (findings.quick) {
    text += "\nA quick subset: figures over an axis are over the points below.\n";
  }
  if (!findings.published.empty()) {
    text += '\n' + published_section(findings);
  }
  if (!findings.objectives.empty()) {
    text += objectives_section(findings);
  }
  text += derived_sections(findings) + points_section(findings) + notes_section(findings);
  text += unfinished_section(findings, PointStatus::kNotApplicable, "Not applicable");
  text += unfinished_section(findings, PointStatus::kFailed, "Failed");
  return text;
}

}  // namespace orrery::sweep
