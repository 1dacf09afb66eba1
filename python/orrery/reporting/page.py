# SPDX-License-Identifier: Apache-2.0
"""One HTML file of everything a report has."""

from __future__ import annotations

import dataclasses
import json
import pathlib

import jinja2
import markupsafe
import plotly.offline

from orrery.reporting.chart import Chart, NoChart
from orrery.reporting.table import Table


@dataclasses.dataclass(frozen=True)
class Text:
    """A text that is shown as it is, folded."""

    name: str
    title: str
    content: str


@dataclasses.dataclass(frozen=True)
class Page:
    """What a report has, in the order in which it is read. `about` stands below the title;
    `provenance` says what was simulated by what."""

    title: str
    about: str
    provenance: list[tuple[str, str]]
    charts: list[Chart] = dataclasses.field(default_factory=list)
    missing: list[NoChart] = dataclasses.field(default_factory=list)
    tables: list[Table] = dataclasses.field(default_factory=list)
    headline: str = ""
    findings: list[str] = dataclasses.field(default_factory=list)
    warnings: list[str] = dataclasses.field(default_factory=list)
    texts: list[Text] = dataclasses.field(default_factory=list)


def sorted_charts(results: list[Chart | NoChart]) -> dict[str, list]:
    """Those that can be drawn as `charts`, the others as `missing`."""
    return {
        "charts": [chart for chart in results if isinstance(chart, Chart)],
        "missing": [chart for chart in results if isinstance(chart, NoChart)],
    }


def _inside_script(text: str) -> markupsafe.Markup:
    """Text that cannot end the <script> it stands in."""
    return markupsafe.Markup(text.replace("</", "<\\/"))


def render(page: Page) -> str:
    """The whole file. The same page gives the same bytes."""
    charts = [
        {"name": chart.name, **json.loads(chart.figure.to_json(validate=False))}
        for chart in page.charts
    ]
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(pathlib.Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template("page.html.jinja").render(
        page=page,
        plotly_script=_inside_script(plotly.offline.get_plotlyjs()),
        charts_json=_inside_script(json.dumps(charts, separators=(",", ":"))),
    )
