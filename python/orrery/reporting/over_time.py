# SPDX-License-Identifier: Apache-2.0
"""Charts of what engines and memories did over time, from activity.csv."""

from __future__ import annotations

from orrery.reporting.chart import DASHES, Chart, NoChart, colour, new_figure
from orrery.results.folder import ResultFolder
from orrery.results.view import EngineGroup, engine_groups

_NONE = "the folder has no activity.csv: only simulated runs have"
# Femtoseconds of a unit, for axes.
_UNITS = ((10**15, "s"), (10**12, "ms"), (10**9, "\u00b5s"), (10**6, "ns"))


def _whole_intervals(activity: dict[str, list[int]]) -> dict[str, list[int]]:
    """The last interval ends with the run; one shorter than half the others would show as a peak
    what is chance, and becomes a part of the one before it."""
    begins, ends = activity["begin_fs"], activity["end_fs"]
    if len(begins) < 2 or 2 * (ends[-1] - begins[-1]) >= ends[0] - begins[0]:
        return activity
    merged = {name: [*values[:-2], values[-2] + values[-1]] for name, values in activity.items()}
    return {**merged, "begin_fs": begins[:-1], "end_fs": [*ends[:-2], ends[-1]]}


def _grid(activity: dict[str, list[int]]) -> tuple[list[float], str, list[int]]:
    """Edges of the steps in a unit that suits them, the unit, and the intervals in femtoseconds."""
    end = activity["end_fs"][-1]
    scale, unit = next(((size, name) for size, name in _UNITS if end >= size), _UNITS[-1])
    edges = [begin / scale for begin in activity["begin_fs"]] + [end / scale]
    pairs = zip(activity["begin_fs"], activity["end_fs"], strict=True)
    return edges, unit, [stop - start for start, stop in pairs]


def _sum(activity: dict[str, list[int]], group: EngineGroup, what: str) -> list[int]:
    columns = [activity[f"{name}_{what}"] for name in group.names]
    return [sum(values) for values in zip(*columns, strict=True)]


def _steps(figure, edges: list[float], values: list[float], number: int, name: str, what: str):
    # The last value again: a step has two edges.
    figure.add_scatter(
        x=edges,
        y=[*values, values[-1]],
        mode="lines",
        line={"shape": "hv", "width": 1.5, "color": colour(number),
              "dash": DASHES[number // 4 % len(DASHES)]},
        name=name,
        hovertemplate=f"%{{y:.1f}} {what}<extra>%{{fullData.name}}</extra>",
    )  # fmt: skip


def busy_over_time(folder: ResultFolder) -> Chart | NoChart:
    title = "Utilization over time"
    activity = folder.activity
    if not activity:
        return NoChart(title, _NONE)
    activity = _whole_intervals(activity)
    edges, unit, spans = _grid(activity)
    figure = new_figure(340, f"time ({unit})", "share of the interval (%)")
    number = 0
    # DMA engines are busy as long as memories move bytes: the chart of the bandwidth.
    for group in (part for part in engine_groups(folder.json) if part.kind != "dma"):
        parts = len(group.engines)
        busy = _sum(activity, group, "busy_fs")
        if any(busy):
            shares = [100 * value / (span * parts) for value, span in zip(busy, spans, strict=True)]
            _steps(figure, edges, shares, number, f"{group.label} busy", "% busy")
            number += 1
        if group.multiplies:
            peak = group.total("peak_operations_per_second") / 2 * 1e-15  # MACs a femtosecond
            macs = _sum(activity, group, "macs_useful")
            shares = [100 * value / (span * peak) for value, span in zip(macs, spans, strict=True)]
            _steps(figure, edges, shares, number, f"{group.label} of its peak", "% of its peak")
            number += 1
    figure.update_yaxes(range=[0, 103])
    figure.update_xaxes(range=[0, edges[-1]])
    return Chart(
        "utilization_over_time",
        title,
        figure,
        f"{len(spans)} intervals. Busy: the share of each in which a command is executed; of its "
        "peak: useful multiply-accumulates over those that could be done.",
    )


def bandwidth_over_time(folder: ResultFolder) -> Chart | NoChart:
    title = "Bandwidth over time"
    activity = folder.activity
    if not activity:
        return NoChart(title, _NONE)
    activity = _whole_intervals(activity)
    edges, unit, spans = _grid(activity)
    figure = new_figure(300, f"time ({unit})", "bandwidth (GB/s)")
    for number, memory in enumerate(folder.json["memory"]):
        moved = activity[f"{memory['name']}_bytes"]
        # Bytes a femtosecond are 10^15 bytes a second.
        rates = [value / span * 1e6 for value, span in zip(moved, spans, strict=True)]
        _steps(figure, edges, rates, number, memory["name"], "GB/s")
        if memory["peak_bytes_per_second"] > 0:
            peak = memory["peak_bytes_per_second"] * 1e-9
            figure.add_scatter(
                x=[0, edges[-1]],
                y=[peak, peak],
                mode="lines",
                line={"color": colour(number), "dash": "dash", "width": 1},
                name=f"{memory['name']}: peak",
                hovertemplate=f"{peak:.4g} GB/s<extra>%{{fullData.name}}</extra>",
            )
    if not figure.data:
        return NoChart(title, "there is no memory")
    figure.update_yaxes(rangemode="tozero")
    figure.update_xaxes(range=[0, edges[-1]])
    return Chart(
        "bandwidth_over_time",
        title,
        figure,
        "Bytes that were read and written, in whole bursts, by the time in which they took the "
        "data buses.",
    )
