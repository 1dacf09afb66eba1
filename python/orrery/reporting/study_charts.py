# SPDX-License-Identifier: Apache-2.0
"""The charts of a sweep or a study."""

from __future__ import annotations

import itertools
import math
import textwrap

from orrery.reporting.chart import (
    COLOURS,
    DASHES,
    INK,
    SYMBOLS,
    Chart,
    NoChart,
    bar_style,
    colour,
    distinct,
    horizontal_bars,
    new_figure,
    row_height,
)
from orrery.results.quantities import count, percent, si
from orrery.results.view import Json
from orrery.studies.view import (
    axis_label,
    axis_of,
    curves,
    diagonal,
    figure_label,
    figure_title,
    marks,
    place,
    point_figures,
    point_values,
)

_MOST_AXES = 10  # of parallel coordinates
_MOST_PUBLISHED = 60


def scatter_chart(study: Json, plot: Json) -> Chart | NoChart:
    """A mark for each point, and hollow ones of the second figure."""
    title = plot["title"] or figure_label(study, plot["figure"])
    groups = marks(study, plot)
    if not groups:
        return NoChart(title, "no point has both figures")
    figure = new_figure(460, figure_label(study, plot["x"]), figure_label(study, plot["figure"]))
    for number, (name, group) in enumerate(groups.items()):
        common = {
            "x": group.x,
            "mode": "markers",
            "text": group.names,
            "hovertemplate": "%{text}<br>%{x:,.6g}, %{y:,.6g}<extra></extra>",
        }
        style = {"color": colour(number), "size": 6}
        symbol = SYMBOLS[number % len(SYMBOLS)]
        figure.add_scatter(
            **common, y=group.y, name=name or plot["figure"], marker={**style, "symbol": symbol}
        )
        if plot["beside"]:
            beside = f"{name}, {figure_title(study, plot['beside'])[0]}".removeprefix(", ")
            figure.add_scatter(
                **common, y=group.beside, name=beside, marker={**style, "symbol": f"{symbol}-open"}
            )
    if plot["diagonal"]:
        ends = diagonal(groups)
        figure.add_scatter(
            x=ends, y=ends, mode="lines", line={"color": "#7F7F7F", "width": 1}, name="equal"
        )
    figure.update_layout(showlegend=bool(plot["groups"] or plot["beside"]))
    figure.update_xaxes(type="log" if plot["logarithmic_x"] else "linear")
    figure.update_yaxes(type="log" if plot["logarithmic"] else "linear")
    return Chart(f"plot_{plot['name']}", title, figure, "A mark is a point.")


def plot_chart(study: Json, plot: Json) -> Chart | NoChart:
    """A plot that the file asks for."""
    if plot["kind"] == "scatter":
        return scatter_chart(study, plot)
    title = plot["title"] or figure_label(study, plot["figure"])
    lines = curves(study, plot)
    if all(value is None for values in lines.values() for value in values):
        return NoChart(title, "none of its points has a value")
    x_axis = axis_of(study, plot["x"])
    legend = axis_label(axis_of(study, plot["series"])) if plot["series"] else ""
    figure = new_figure(400, axis_label(x_axis), figure_label(study, plot["figure"]), legend)
    for number, (name, values) in enumerate(lines.items()):
        common = {"x": x_axis["labels"], "y": values, "name": name or plot["figure"]}
        if plot["kind"] == "line":
            figure.add_scatter(
                **common,
                mode="lines+markers",
                marker={"symbol": SYMBOLS[number % len(SYMBOLS)], "size": 8},
                line={"color": colour(number), "dash": DASHES[number // 8 % len(DASHES)]},
                connectgaps=False,
            )
        else:
            figure.add_bar(**common, marker=bar_style(number))
    figure.update_layout(barmode="group", showlegend=bool(plot["series"]))
    figure.update_xaxes(type="category", categoryorder="array", categoryarray=x_axis["labels"])
    if plot["logarithmic"]:
        figure.update_yaxes(type="log")
    else:
        figure.update_yaxes(rangemode="tozero")
    where = f"At {place(plot['at'])}." if plot["at"] else ""
    return Chart(f"plot_{plot['name']}", title, figure, where)


def plot_charts(study: Json) -> list[Chart | NoChart]:
    return [plot_chart(study, plot) for plot in study["plots"]]


def pareto_charts(study: Json) -> list[Chart | NoChart]:
    """Each two of the objectives against one another."""
    names = [objective["figure"] for objective in study["objectives"]]
    if len(names) < 2:
        return [NoChart("Pareto front", "it takes two objectives")] if names else []
    pairs = list(itertools.combinations(names, 2))
    return [pareto_chart(study, x, y, len(names) > 2) for x, y in pairs]


def pareto_chart(study: Json, x: str, y: str, several: bool) -> Chart | NoChart:
    title = f"Pareto front: {y} against {x}" if several else "Pareto front"
    points = zip(study["points"], point_values(study, x), point_values(study, y), strict=True)
    known = [(point, a, b) for point, a, b in points if a is not None and b is not None]
    if not known:
        return NoChart(title, "no point has both figures")
    figure = new_figure(460, figure_label(study, x), figure_label(study, y))
    for on_front, name, marker in (
        (False, "other points", {"color": "#9a9a9a", "size": 8, "symbol": "circle-open"}),
        (True, "on the front", {"color": COLOURS[0], "size": 11, "symbol": "diamond"}),
    ):
        chosen = sorted(
            (item for item in known if item[0].get("pareto", False) == on_front),
            key=lambda item: item[1],
        )
        if not chosen:
            continue
        figure.add_scatter(
            x=[a for _, a, _ in chosen],
            y=[b for _, _, b in chosen],
            # With more objectives the front of all is no line in the plane of two.
            mode="lines+markers" if on_front and not several else "markers",
            line={"shape": "hv", "width": 1, "dash": "dot", "color": COLOURS[0]},
            marker=marker,
            name=f"{name} ({len(chosen)})",
            text=[place(point["labels"]) for point, _, _ in chosen],
            hovertemplate="%{text}<br>%{x:,.6g}, %{y:,.6g}<extra></extra>",
        )
    goals = {objective["figure"]: objective["goal"] for objective in study["objectives"]}
    how = " and ".join(f"{goals[name]} {name}" for name in (x, y))
    return Chart(
        "pareto" if not several else f"pareto_{x}_{y}",
        title,
        figure,
        f"{how[0].upper()}{how[1:]}: of the points on the front no other one is better in all "
        "objectives.",
    )


def _scale(values: list[float | None]) -> tuple[list[float | None], float, float]:
    """Places from 0 to 1 between the least and the largest, and these."""
    known = [value for value in values if value is not None]
    low, high = min(known), max(known)
    span = high - low or 1.0
    return [None if value is None else (value - low) / span for value in values], low, high


def _dimensions(study: Json) -> list[tuple[str, list[float | None], list[tuple[float, str]]]]:
    """(title, place of each point, marks on the axis) of axes with several labels, then figures."""
    dimensions = []
    for axis in study["axes"]:
        labels = axis["labels"]
        if len(labels) < 2:
            continue
        last = len(labels) - 1
        places = [labels.index(point["labels"][axis["name"]]) / last for point in study["points"]]
        step = max(1, math.ceil(len(labels) / 12))
        marks = [(number / last, label) for number, label in enumerate(labels)][::step]
        dimensions.append((axis_label(axis), places, marks))
    objectives = [objective["figure"] for objective in study["objectives"]]
    for name in objectives or point_figures(study):
        values = point_values(study, name)
        if any(value is not None for value in values):
            places, low, high = _scale(values)
            marks = [(0.0, si(low, "")), (1.0, si(high, ""))]
            dimensions.append((figure_label(study, name), places, marks))
    return dimensions[:_MOST_AXES]


def parallel_coordinates(study: Json) -> Chart | NoChart:
    title = "Parallel coordinates"
    dimensions = _dimensions(study)
    done = [number for number, point in enumerate(study["points"]) if point["status"] == "done"]
    if len(dimensions) < 2 or len(done) < 2:
        return NoChart(title, "it takes two axes and two points that are done")
    figure = new_figure(460, "", "")
    for on_front, name in ((False, "other points"), (True, "on the front")):
        chosen = [n for n in done if study["points"][n].get("pareto", False) == on_front]
        if not chosen:
            continue
        xs: list[float | None] = []
        ys: list[float | None] = []
        texts: list[str] = []
        for number in chosen:
            # A gap between the lines of two points.
            xs += [*range(len(dimensions)), None]
            ys += [*(places[number] for _, places, _ in dimensions), None]
            texts += [place(study["points"][number]["labels"])] * (len(dimensions) + 1)
        figure.add_scatter(
            x=xs,
            y=ys,
            mode="lines",
            line={"color": COLOURS[0] if on_front else "#bdbdbd", "width": 2.5 if on_front else 1},
            name=f"{name if study['objectives'] else 'points'} ({len(chosen)})",
            text=texts,
            hovertemplate="%{text}<extra></extra>",
        )
    for number, (_, _, ticks) in enumerate(dimensions):
        figure.add_shape(type="line", x0=number, x1=number, y0=0, y1=1, line={"color": INK})
        for height, text in ticks:
            figure.add_annotation(
                x=number, y=height, text=text, showarrow=False, xanchor="left", xshift=4,
                font={"size": 11}, bgcolor="rgba(255,255,255,0.75)",
            )  # fmt: skip
    last = len(dimensions) - 1
    figure.update_xaxes(
        tickmode="array",
        tickvals=list(range(len(dimensions))),
        ticktext=["<br>".join(textwrap.wrap(title, 18)) for title, _, _ in dimensions],
        range=[-0.15, last + 0.35],
        showgrid=False,
        zeroline=False,
        ticks="",
    )
    figure.update_yaxes(visible=False, range=[-0.06, 1.06])
    return Chart(
        "parallel_coordinates",
        title,
        figure,
        "A line is a point; it crosses each axis at its value, small figures below.",
    )


def published_chart(study: Json) -> list[Chart | NoChart]:
    """Ours over published values, with the tolerance that the study allows."""
    title = "Ours against published figures"
    entries = [entry for entry in study["published"] if entry["difference"] is not None]
    if not study["published"]:
        return []
    if not entries:
        return [NoChart(title, "no point beside which a single value was published has been run")]
    shown = entries[:_MOST_PUBLISHED]
    labels = distinct((f"{entry['figure']}, {place(entry['at'])}" for entry in shown), 60)
    figure = new_figure(row_height(len(shown)), "ours over the published value, less one (%)", "")
    states = ((True, "within tolerance", 2, "circle"), (False, "outside of it", 3, "x"),
              (None, "only shown", 6, "diamond"))  # fmt: skip
    for state, name, number, symbol in states:
        chosen = [place for place, entry in enumerate(shown) if entry["within_tolerance"] is state]
        if not chosen:
            continue
        allowed = [100 * (shown[place]["tolerance"] or 0.0) for place in chosen]
        ours = [100 * shown[place]["difference"] for place in chosen]
        figure.add_scatter(
            x=ours,
            y=[labels[place] for place in chosen],
            mode="markers",
            name=f"{name} ({len(chosen)})",
            marker={"color": colour(number), "symbol": symbol, "size": 9},
            text=[
                f"published {count(shown[place]['published'])}, ours "
                f"{count(shown[place]['ours']['value'])}, tolerance {percent(width / 100)}"
                for place, width in zip(chosen, allowed, strict=True)
            ],
            hovertemplate="%{y}<br>%{text}: %{x:+.2f} %<extra></extra>",
        )
    figure.add_scatter(
        x=[0.0] * len(shown),
        y=labels,
        mode="markers",
        marker={"opacity": 0},
        error_x={
            "type": "data",
            "array": [100 * (entry["tolerance"] or 0.0) for entry in shown],
            "color": "#7F7F7F",
            "thickness": 1,
            "width": 4,
        },
        name="tolerance",
        hoverinfo="skip",
        showlegend=False,
    )
    horizontal_bars(figure, labels)
    figure.update_xaxes(zerolinecolor=INK)
    left = len(entries) - len(shown)
    more = f" The first {len(shown)}; {left} more stand in the table." if left else ""
    return [
        Chart("published", title, figure, f"Whiskers: the tolerance that the study allows.{more}")
    ]


def study_charts(study: Json) -> list[Chart | NoChart]:
    """In the order in which a reader asks."""
    return [
        *pareto_charts(study),
        *published_chart(study),
        *plot_charts(study),
        parallel_coordinates(study),
    ]
