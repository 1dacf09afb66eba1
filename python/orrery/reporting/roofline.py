# SPDX-License-Identifier: Apache-2.0
"""The roofline of a run with its layers on it."""

from __future__ import annotations

import math

from orrery.reporting.chart import (
    DASHES,
    INK,
    SYMBOLS,
    Chart,
    NoChart,
    colour,
    new_figure,
    shortened,
)
from orrery.results.quantities import percent, si
from orrery.results.view import (
    EngineGroup,
    Json,
    engine_groups,
    layer_share,
    limits_of,
)

TITLE = "Roofline"
_FEMTO = 1e-15
_LABELLED = 5
# Decades.
_TOGETHER = 0.2


def roofs(result: Json) -> list[tuple[str, float]]:
    """(label, operations a second) of each kind of array, and of all where there are several."""
    arrays = [group for group in engine_groups(result) if group.multiplies]
    tops = [(group.label, _peak(group)) for group in arrays]
    if len(tops) > 1:
        tops.append(("all arrays", sum(peak for _, peak in tops)))
    return tops


def _peak(group: EngineGroup) -> float:
    return group.total("peak_operations_per_second")


def layer_points(result: Json, memory: str) -> list[dict]:
    """Of each layer that multiplies and moves bytes of this memory: `intensity` in operations a
    byte and `rate` in operations a second, both from its first to its last command, so that no
    point lies above a roof."""
    points = []
    for layer in result["layers"]:
        traffic = next((part for part in layer["memory"] if part["name"] == memory), None)
        moved = traffic["bytes_read"] + traffic["bytes_written"] if traffic else 0
        seconds = (layer["end_fs"] - layer["start_fs"]) * _FEMTO
        if layer["macs_useful"] and moved and seconds > 0:
            operations = 2 * layer["macs_useful"]
            points.append(
                {
                    "name": layer["name"],
                    "limit": layer["limited_by"] or "not known",
                    "share": layer_share(result, layer),
                    "intensity": operations / moved,
                    "rate": operations / seconds,
                }
            )
    return points


def _label_longest(figure, points: list[dict]) -> None:
    """Names beside the layers that take the most time, one where several lie together."""
    labelled: list[tuple[float, float]] = []
    for point in sorted(points, key=lambda point: -point["share"]):
        x, y = math.log10(point["intensity"]), math.log10(point["rate"])
        near = any(abs(x - a) < _TOGETHER and abs(y - b) < _TOGETHER for a, b in labelled)
        if near or len(labelled) == _LABELLED:
            continue
        labelled.append((x, y))
        above = len(labelled) % 2 == 1
        figure.add_annotation(
            x=x,
            y=y,
            text=shortened(point["name"].split("+")[0], 32),
            showarrow=True,
            arrowwidth=1,
            arrowhead=0,
            arrowcolor="#7F7F7F",
            ax=-46,
            ay=-30 if above else 40,
            font={"size": 11},
            xanchor="right",
            bgcolor="rgba(255,255,255,0.8)",
        )


def _draw_roofs(figure, result: Json, memories: list[Json], low: float, high: float) -> None:
    tops = roofs(result)
    highest = max(peak for _, peak in tops)
    for number, (label, peak) in enumerate(tops):
        figure.add_scatter(
            x=[low, high],
            y=[peak, peak],
            mode="lines",
            line={"color": INK, "width": 2, "dash": DASHES[number % len(DASHES)]},
            name=f"{label}: {si(peak, 'OP/s')}",
        )
    for number, memory in enumerate(memories):
        bandwidth = memory["peak_bytes_per_second"]
        end = min(high, highest / bandwidth)
        if end > low:
            figure.add_scatter(
                x=[low, end],
                y=[low * bandwidth, end * bandwidth],
                mode="lines",
                line={"color": "#7F7F7F", "width": 2, "dash": DASHES[number % len(DASHES)]},
                name=f"{memory['name']}: {si(bandwidth, 'B/s')}",
            )


def roofline(result: Json) -> Chart | NoChart:
    series = {
        memory["name"]: layer_points(result, memory["name"])
        for memory in result["memory"]
        if memory["peak_bytes_per_second"] > 0
    }
    memories = [memory for memory in result["memory"] if series.get(memory["name"])]
    points = [point for part in series.values() for point in part]
    if not points or not roofs(result):
        return NoChart(TITLE, "no layer multiplies and moves bytes of a memory with a limit")
    figure = new_figure(
        480,
        "useful operations for each byte of memory (OP/B)",
        "useful operations a second (OP/s)",
    )
    lowest = min(point["intensity"] for point in points)
    highest = max(point["intensity"] for point in points)
    ridge = roofs(result)[-1][1] / min(memory["peak_bytes_per_second"] for memory in memories)
    low, high = min(lowest, ridge) / 3, max(highest, ridge) * 3
    slowest = min(point["rate"] for point in points)
    _draw_roofs(figure, result, memories, low, high)
    limits = limits_of(result)
    largest = max(point["share"] for point in points) or 1.0
    for place, (memory, part) in enumerate(series.items()):
        for limit in limits:
            chosen = [point for point in part if point["limit"] == limit]
            if not chosen:
                continue
            figure.add_scatter(
                x=[point["intensity"] for point in chosen],
                y=[point["rate"] for point in chosen],
                mode="markers",
                name=limit if len(memories) == 1 else f"{limit} ({memory})",
                marker={
                    "symbol": SYMBOLS[place % len(SYMBOLS)],
                    "size": [7 + 17 * math.sqrt(point["share"] / largest) for point in chosen],
                    "color": colour(limits.index(limit)),
                    "opacity": 0.75,
                    "line": {"color": "white", "width": 1},
                },
                text=[
                    f"{point['name']}<br>{percent(point['share'])} of the latency"
                    f"<br>{point['intensity']:.3g} OP/B, {si(point['rate'], 'OP/s')}"
                    for point in chosen
                ],
                hoverinfo="text",
            )
    _label_longest(figure, points)
    figure.update_xaxes(type="log", dtick=1, range=[math.log10(low), math.log10(high)])
    top = max(peak for _, peak in roofs(result))
    figure.update_yaxes(type="log", dtick=1, range=[math.log10(slowest / 4), math.log10(top * 3)])
    return Chart(
        "roofline",
        TITLE,
        figure,
        "A point is a layer, as large as its share of the latency, by what the lowering expected "
        "to limit it. Under a slope the memory could not bring more, under a level line the "
        "arrays could not multiply more; what is far below both waits for something else.",
    )
