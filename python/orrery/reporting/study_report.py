# SPDX-License-Identifier: Apache-2.0
"""The report of a sweep or a study."""

from __future__ import annotations

import collections

from orrery.reporting.page import Page, sorted_charts
from orrery.reporting.run_report import program
from orrery.reporting.study_charts import study_charts
from orrery.reporting.table import Cell, Number, Table
from orrery.results.folder import ResultFolder
from orrery.results.quantities import percent, quantity
from orrery.results.view import Json
from orrery.studies.view import (
    axis_label,
    figure_title,
    place,
    point_figures,
    point_values,
)


def _number(study: Json, name: str, value: float | None) -> Cell:
    """A value of the figure of this name."""
    return "" if value is None else Number(value, quantity(value, figure_title(study, name)[1]))


def _best_value(objective: Json) -> float | None:
    return objective["best"]["value"] if objective["best"] else None


def objectives(study: Json) -> Table:
    rows: list[list[Cell]] = [
        [
            f"{objective['goal']} {figure_title(study, objective['figure'])[0]}",
            _number(study, objective["figure"], _best_value(objective)),
            place(objective["best"]["labels"]) if objective["best"] else "no point has it",
        ]
        for objective in study["objectives"]
    ]
    return Table("objectives", "Best points", ["objective", "best value", "at"], rows)


def _point_table(study: Json, name: str, title: str, chosen: list[int], folded: bool) -> Table:
    figures = point_figures(study)
    values = [point_values(study, figure) for figure in figures]
    rows: list[list[Cell]] = [
        [
            *study["points"][number]["labels"].values(),
            *(
                _number(study, *column)
                for column in zip(figures, (c[number] for c in values), strict=True)
            ),
            study["points"][number]["status"],
        ]
        for number in chosen
    ]
    columns = [axis_label(axis) for axis in study["axes"]]
    columns += [figure_title(study, figure)[0] for figure in figures]
    return Table(name, title, [*columns, "status"], rows, folded=folded)


def front(study: Json) -> Table:
    chosen = [n for n, point in enumerate(study["points"]) if point.get("pareto", False)]
    return _point_table(study, "front", "On the Pareto front", chosen, False)


def all_points(study: Json) -> Table:
    title = f"All {len(study['points'])} points"
    return _point_table(study, "points", title, list(range(len(study["points"]))), True)


def failures(study: Json) -> Table:
    rows: list[list[Cell]] = [
        [place(point["labels"]), point["status"], point["error"]]
        for point in study["points"]
        if "error" in point
    ]
    return Table("failures", "Points without a result", ["point", "status", "why"], rows)


def derived(study: Json) -> Table:
    """Derived figures that have no value of their own for each point."""
    shown = set(point_figures(study))
    rows: list[list[Cell]] = [
        [
            figure_title(study, figure["name"])[0],
            place(value["at"]),
            _number(study, figure["name"], value["value"]),
        ]
        for figure in study["derived"]
        if figure["name"] not in shown
        for value in figure["values"]
    ]
    return Table("derived", "Derived figures", ["figure", "at", "value"], rows)


def published(study: Json) -> Table:
    verdicts = {True: "yes", False: "no", None: ""}
    rows: list[list[Cell]] = []
    for entry in study["published"]:
        name = entry["figure"]
        unit = figure_title(study, name)[1]
        interval = " to ".join(quantity(bound, unit) for bound in entry["range"])
        difference = entry["difference"]
        rows.append(
            [
                entry["figure"],
                place(entry["at"]),
                interval or _number(study, name, entry["published"]),
                _number(study, name, entry["ours"]["value"]),
                "" if difference is None else Number(difference, f"{100 * difference:+.1f} %"),
                "" if entry["tolerance"] is None else percent(entry["tolerance"], 0),
                verdicts[entry["within_tolerance"]],
                " ".join(filter(None, [entry["source"], entry["note"]])),
            ]
        )
    columns = ["figure", "at", "published", "ours", "difference", "tolerance", "within", "source"]
    return Table("published", "Published figures and ours", columns, rows)


def headline(study: Json) -> str:
    parts = []
    for objective in study["objectives"]:
        if objective["best"]:
            label, unit = figure_title(study, objective["figure"])
            least = "Least" if objective["goal"] == "minimize" else "Most"
            value = quantity(objective["best"]["value"], unit)
            parts.append(f"{least} {label}: {value} at {place(objective['best']['labels'])}")
    judged = [entry for entry in study["published"] if entry["within_tolerance"] is not None]
    if judged:
        within = sum(entry["within_tolerance"] for entry in judged)
        parts.append(f"{within} of {len(judged)} published figures are met within their tolerance")
    return ". ".join(parts) + "." if parts else ""


def _warnings(study: Json) -> list[str]:
    counts = collections.Counter(point["status"] for point in study["points"])
    warnings = []
    if study["quick"]:
        warnings.append("QUICK: only the points that the file marks as quick.")
    if counts["failed"]:
        warnings.append(f"{counts['failed']} of {len(study['points'])} points have failed.")
    return warnings


def study_report(folder: ResultFolder) -> Page:
    study = folder.json
    counts = collections.Counter(point["status"] for point in study["points"])
    states = ", ".join(f"{number} {status}" for status, number in counts.items())
    notes = {note for point in study["points"] for note in point.get("notes", [])}
    tables = [objectives(study), front(study), published(study), derived(study), failures(study),
              all_points(study)]  # fmt: skip
    return Page(
        title=study["title"] or study["name"],
        about=f"{folder.kind.name} {study['name']}, {states}, {program(study)}",
        provenance=[
            ("program", program(study)),
            (folder.kind.name, study["name"]),
            ("points", states),
            ("configurations", "the SHA-256 of each stands in results.csv"),
            *(("note", note) for note in sorted(notes)),
        ],
        headline=headline(study),
        findings=[study["description"]] if study["description"] else [],
        warnings=_warnings(study),
        tables=[table for table in tables if table.rows],
        **sorted_charts(study_charts(study)),
    )
