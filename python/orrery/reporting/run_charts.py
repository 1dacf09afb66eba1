# SPDX-License-Identifier: Apache-2.0
"""The charts of a run."""

from __future__ import annotations

from collections.abc import Callable

from orrery.reporting.chart import (
    COLOURS,
    Chart,
    NoChart,
    bar_style,
    distinct,
    horizontal_bars,
    new_figure,
    row_height,
)
from orrery.reporting.over_time import bandwidth_over_time, busy_over_time
from orrery.reporting.roofline import roofline
from orrery.results.folder import ResultFolder
from orrery.results.quantities import percent, si, unit_for
from orrery.results.view import engine_groups, layer_rows, limits_of

MOST_ROWS = 64
_MOST_COMPONENTS = 14
_PICO = 1e-12


def _layers_explanation(folder: ResultFolder, rows: int) -> str:
    layers = len(folder.json["layers"])
    if rows == layers:
        return "Layers in the order of the run."
    return f"{layers} layers in {rows} rows: those whose names differ by a number (*) are one row."


def time_by_layer(folder: ResultFolder) -> Chart | NoChart:
    title = "Time by layer"
    rows = layer_rows(folder.json["layers"], MOST_ROWS)
    if not any(row.seconds for row in rows):
        return NoChart(title, "no layer took time")
    figure = new_figure(row_height(len(rows)), "share of the latency (%)", "", "expected limit")
    labels = distinct(row.label for row in rows)
    limits = limits_of(folder.json)
    whole = folder.json["latency"]["seconds"]
    for number, limit in enumerate(limits):
        values = [row.seconds_by_limit.get(limit, 0.0) for row in rows]
        figure.add_bar(
            x=[value / whole * 100 for value in values],
            y=labels,
            orientation="h",
            name=limit,
            marker=bar_style(number),
            text=[f"{row.name}<br>{si(v, 's')}" for row, v in zip(rows, values, strict=True)],
            textposition="none",
            hovertemplate="%{text}, %{x:.2f} %<extra>%{fullData.name}</extra>",
        )
    figure.update_layout(barmode="stack")
    horizontal_bars(figure, labels)
    explanation = _layers_explanation(folder, len(rows))
    return Chart(
        "time_by_layer",
        title,
        figure,
        f"{explanation} Of layers that overlap, each has the time by which it put off the end. "
        "The colour says what the lowering expected to limit it.",
    )


def components_of(folder: ResultFolder) -> list[str]:
    """Components of energy, the largest first."""
    parts = folder.json["energy"]["components"]
    return sorted((name for name in parts if parts[name] > 0), key=lambda name: -parts[name])


def energy_by_component(folder: ResultFolder) -> Chart | NoChart:
    title = "Energy by component"
    parts = folder.json["energy"]["components"]
    names = components_of(folder)
    if not names:
        return NoChart(title, "no energy was counted")
    total = folder.json["energy"]["total_pj"]
    scale, unit = unit_for(parts[names[0]] * _PICO, "J")
    values = [parts[name] * _PICO * scale for name in names]
    figure = new_figure(row_height(len(names)), f"energy ({unit})", "")
    figure.add_bar(
        x=values,
        y=names,
        orientation="h",
        marker={"color": COLOURS[0]},
        text=[
            f"{si(parts[name] * _PICO, 'J')} \u00b7 {percent(parts[name] / total)}"
            for name in names
        ],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{y}: %{text}<extra></extra>",
        showlegend=False,
    )
    horizontal_bars(figure, names)
    # Room for the text beside the longest bar.
    figure.update_xaxes(range=[0, values[0] * 1.4])
    return Chart("energy_by_component", title, figure, "Of the whole run.")


def energy_by_layer(folder: ResultFolder) -> Chart | NoChart:
    title = "Energy by layer"
    rows = layer_rows(folder.json["layers"], MOST_ROWS)
    names = components_of(folder)
    if not rows or not names:
        return NoChart(title, "no energy was counted by layer")
    shown, rest = names[:_MOST_COMPONENTS], names[_MOST_COMPONENTS:]
    scale, unit = unit_for(max(row.picojoules for row in rows) * _PICO, "J")
    figure = new_figure(row_height(len(rows), len(names)), f"energy ({unit})", "")
    labels = distinct(row.label for row in rows)
    parts = [row.components for row in rows]
    series = [(name, [name]) for name in shown] + ([("all others", rest)] if rest else [])
    for number, (label, members) in enumerate(series):
        figure.add_bar(
            x=[sum(part.get(name, 0.0) for name in members) * _PICO * scale for part in parts],
            y=labels,
            orientation="h",
            name=label,
            marker=bar_style(number),
            hovertemplate="%{y}: %{x:.4g} " + unit + "<extra>%{fullData.name}</extra>",
        )
    figure.update_layout(barmode="stack")
    horizontal_bars(figure, labels)
    return Chart("energy_by_layer", title, figure, _layers_explanation(folder, len(rows)))


def engine_states(folder: ResultFolder) -> Chart | NoChart:
    title = "Where the engines' time goes"
    groups = [group for group in engine_groups(folder.json) if group.total("total")]
    if not groups:
        return NoChart(title, "there are no engines")
    labels = [group.label for group in groups]
    causes = sorted({cause for group in groups for cause in group.stall_causes})
    states = ["busy", *causes, "idle"]
    height = row_height(len(groups), len(states) // 2)
    figure = new_figure(height, "share of the engine's cycles (%)", "")
    for number, state in enumerate(states):
        cycles = [
            group.total(state) if state in ("busy", "idle") else group.stall_causes.get(state, 0)
            for group in groups
        ]
        marker = {"color": "#e6e6e6"} if state == "idle" else bar_style(number)
        shares = [
            100 * part / group.total("total") for part, group in zip(cycles, groups, strict=True)
        ]
        figure.add_bar(
            x=shares,
            y=labels,
            orientation="h",
            name=state,
            marker=marker,
            text=[f"{share:.0f}" if share >= 4 else "" for share in shares],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            hovertemplate="%{y}: %{x:.2f} %<extra>%{fullData.name}</extra>",
        )
    figure.update_layout(barmode="stack")
    figure.update_xaxes(range=[0, 100])
    horizontal_bars(figure, labels)
    return Chart(
        "engine_states",
        title,
        figure,
        "Busy: a command is executed. A stalled engine has a command that waits for another "
        "engine (\u201cwaits for\u201d) or for its own unit (\u201cissue\u201d); an idle one has "
        "none.",
    )


CHARTS: tuple[Callable[[ResultFolder], Chart | NoChart], ...] = (
    engine_states,
    lambda folder: roofline(folder.json),
    time_by_layer,
    busy_over_time,
    bandwidth_over_time,
    energy_by_component,
    energy_by_layer,
)
