# SPDX-License-Identifier: Apache-2.0
"""Figures of a study or a sweep by name."""

from __future__ import annotations

from typing import NamedTuple

from orrery.results.view import Json


def figure_values(study: Json, name: str) -> list[tuple[dict[str, str], float | None]]:
    """(labels by axis, value or None) of a metric or derived figure, in the order of the study."""
    for derived in study["derived"]:
        if derived["name"] == name:
            return [(value["at"], value["value"]) for value in derived["values"]]
    return [(point["labels"], point.get("metrics", {}).get(name)) for point in study["points"]]


def point_values(study: Json, name: str) -> list[float | None]:
    """Of each point, in the order of the study; None of one without it. A derived figure that does
    not depend on all axes is that of the place the point is at."""
    values = figure_values(study, name)
    axes = list(values[0][0]) if values else []
    known = {tuple(at[axis] for axis in axes): value for at, value in values}
    return [
        known.get(tuple(point["labels"][axis] for axis in axes)) if _is_done(point) else None
        for point in study["points"]
    ]


def _is_done(point: Json) -> bool:
    return point["status"] == "done"


def figure_title(study: Json, name: str) -> tuple[str, str]:
    """The title of a figure, or its name, and its unit."""
    for figure in [*study["derived"], *study["metrics"]]:
        if figure["name"] == name:
            return figure.get("title") or name, figure["unit"]
    return name, ""


def figure_label(study: Json, name: str) -> str:
    """The title of a figure with the unit, for axes."""
    title, unit = figure_title(study, name)
    return title if unit in ("", title) else f"{title} ({unit})"


def axis_of(study: Json, name: str) -> Json:
    return next(axis for axis in study["axes"] if axis["name"] == name)


def axis_label(axis: Json) -> str:
    return axis["title"] or axis["name"]


def curves(study: Json, plot: Json) -> dict[str, list[float | None]]:
    """{label of the series: a value, or None, for each label of the x axis}."""
    known = {}
    for labels, value in figure_values(study, plot["figure"]):
        if all(labels[axis] == label for axis, label in plot["at"].items()):
            series = labels[plot["series"]] if plot["series"] else ""
            known[series, labels[plot["x"]]] = value
    names = axis_of(study, plot["series"])["labels"] if plot["series"] else [""]
    steps = axis_of(study, plot["x"])["labels"]
    return {name: [known.get((name, step)) for step in steps] for name in names}


class Marks(NamedTuple):
    """A group of a scatter plot, point by point; `beside` is of the second figure, if any."""

    names: list[str]
    x: list[float]
    y: list[float]
    beside: list[float | None]


def marks(study: Json, plot: Json) -> dict[str, Marks]:
    """{title of the group: its marks}, without points that lack one of the figures and without
    groups that have no other."""
    groups = plot["groups"] or {"": None}
    chosen = {title: Marks([], [], [], []) for title in groups}
    belongs = {name: point_values(study, name) for name in groups.values() if name}
    count = len(study["points"])
    beside = point_values(study, plot["beside"]) if plot["beside"] else [None] * count
    places = zip(
        point_values(study, plot["x"]), point_values(study, plot["figure"]), beside, strict=True
    )
    for number, (x, y, other) in enumerate(places):
        title = next((t for t, name in groups.items() if not name or belongs[name][number]), None)
        if title is None or x is None or y is None:
            continue
        group = chosen[title]
        group.names.append(", ".join(study["points"][number]["labels"].values()))
        group.x.append(x)
        group.y.append(y)
        group.beside.append(other)
    return {title: group for title, group in chosen.items() if group.x}


def diagonal(groups: dict[str, Marks]) -> list[float]:
    """From the least to the greatest figure of either axis: where both are equal. Nothing without
    marks."""
    values = [value for group in groups.values() for value in [*group.x, *group.y]]
    return [min(values), max(values)] if values else []


def place(labels: dict[str, str]) -> str:
    """What a point is called: its labels."""
    return ", ".join(f"{axis} {label}" for axis, label in labels.items())


def point_figures(study: Json) -> list[str]:
    """Metrics, and derived figures with a value for each point."""
    axes = {axis["name"] for axis in study["axes"]}
    return [metric["name"] for metric in study["metrics"]] + [
        derived["name"] for derived in study["derived"] if set(derived["axes"]) == axes
    ]
