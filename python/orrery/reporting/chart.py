# SPDX-License-Identifier: Apache-2.0
"""What all charts share: their form, colours, axes."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable

import plotly.graph_objects as go

# Told apart by colour-blind readers, too (Okabe and Ito, Color Universal Design), the yellow left
# out, which white paper swallows.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#7F7F7F", "#332288")
# Beyond the colours; prints in black and white tell them apart as well.
PATTERNS = ("", "/", ".", "x")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "cross", "star", "triangle-down")
DASHES = ("solid", "dash", "dot", "dashdot")
INK, RULE = "#1a1a1a", "#d9d9d9"
WIDTH = 960  # pixels of pictures


@dataclasses.dataclass(frozen=True)
class Chart:
    """A picture with its title and a sentence that says how to read it."""

    name: str
    title: str
    figure: go.Figure
    explanation: str


@dataclasses.dataclass(frozen=True)
class NoChart:
    """In the place of a chart that would be empty: why."""

    title: str
    reason: str


def colour(index: int) -> str:
    return COLOURS[index % len(COLOURS)]


def pattern(index: int) -> str:
    return PATTERNS[index // len(COLOURS) % len(PATTERNS)]


def bar_style(index: int) -> dict:
    """The marker of the index-th of many series of bars."""
    return {
        "color": colour(index),
        "pattern": {"shape": pattern(index), "fgcolor": "white", "size": 6},
        "line": {"width": 0},
    }


def new_figure(height: int, x: str, y: str, legend: str = "") -> go.Figure:
    """An empty figure.

    Args:
        height: in pixels.
        x, y: titles of the axes with their units.
        legend: its title.
    """
    axis = {
        "gridcolor": RULE,
        "linecolor": INK,
        "zerolinecolor": RULE,
        "ticks": "outside",
        "tickcolor": RULE,
        "automargin": True,
        "title": {"standoff": 12, "font": {"size": 13}},
        "exponentformat": "power",
    }
    layout = go.Layout(
        height=height,
        font={"family": "Arial, Helvetica, sans-serif", "size": 13, "color": INK},
        paper_bgcolor="white",
        plot_bgcolor="white",
        margin={"l": 60, "r": 20, "t": 20, "b": 50},
        colorway=COLOURS,
        hoverlabel={"bgcolor": "white", "font": {"color": INK}},
        showlegend=True,
        legend={
            "title": {"text": legend, "font": {"size": 13}},
            "orientation": "h",
            "yanchor": "bottom",
            "y": 1.02,
            "x": 0,
            "traceorder": "normal",
            "maxheight": 400,  # pixels: none is scrolled
        },
    )
    figure = go.Figure(layout=layout)
    figure.update_xaxes(**axis, title_text=x)
    figure.update_yaxes(**axis, title_text=y)
    return figure


def row_height(rows: int, series: int = 0) -> int:
    """Of a figure with a horizontal bar for each row and a legend of so many series."""
    return 110 + 21 * max(rows, 3) + 22 * math.ceil(series / 2)


def shortened(text: str, most: int = 44) -> str:
    """Long names without their middle."""
    if len(text) <= most:
        return text
    half = (most - 2) // 2
    return f"{text[:half]}..{text[len(text) - half :]}"


def distinct(labels: Iterable[str], most: int = 44) -> list[str]:
    """Shortened, and still as many: bars of one label would become one bar."""
    seen: dict[str, int] = {}
    result = []
    for label in labels:
        text = shortened(label, most)
        seen[text] = seen.get(text, 0) + 1
        result.append(text if seen[text] == 1 else f"{text} ({seen[text]})")
    return result


def horizontal_bars(figure: go.Figure, labels: list[str]) -> None:
    """Rows from the top in the order given, each with its label."""
    figure.update_yaxes(
        categoryorder="array",
        categoryarray=labels,
        autorange="reversed",
        tickmode="array",
        tickvals=labels,
        ticks="",
        title_standoff=4,
    )
    figure.update_layout(bargap=0.25)
