# SPDX-License-Identifier: Apache-2.0
"""Charts as PNG and SVG for papers."""

from __future__ import annotations

import pathlib
import re
import tempfile
from collections.abc import Sequence

from orrery.errors import Mistake, user_error
from orrery.reporting.chart import WIDTH, Chart

SCALE = 2  # pixels of a PNG for each of the chart
_UID = re.compile(r'id="defs-([0-9a-f]{6})"')


def _steady(svg: str, name: str) -> str:
    """Identifiers carry a random number of the picture: its name instead, so that the same chart
    gives the same bytes, and several can stand in one document."""
    found = _UID.search(svg)
    return svg.replace(found.group(1), name) if found else svg


def _specifications(charts: Sequence[Chart], folder: pathlib.Path) -> list[dict]:
    for chart in charts:
        for number, trace in enumerate(chart.figure.data):
            trace.uid = f"{chart.name}_{number}"
    return [
        {
            "fig": chart.figure,
            "path": folder / f"{chart.name}.{form}",
            "opts": {
                "format": form,
                "width": WIDTH,
                "height": chart.figure.layout.height,
                "scale": SCALE if form == "png" else 1,
            },
        }
        for chart in charts
        for form in ("png", "svg")
    ]


def write_figures(charts: Sequence[Chart], folder: pathlib.Path) -> list[pathlib.Path]:
    """Writes NAME.png and NAME.svg of each chart into the folder, which is made where its parent
    exists. Returns the paths.

    Raises:
        UserError: where there is no Chromium, which draws them, or the folder cannot be written.
    """
    import kaleido
    from choreographer.errors import ChromeNotFoundError

    try:
        folder.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".writing-") as new:
            specifications = _specifications(charts, pathlib.Path(new))
            # No formulas in titles: nothing is loaded from anywhere.
            kaleido.write_fig_from_object_sync(specifications, kopts={"mathjax": False})
            written = []
            for chart, entry in zip(
                (chart for chart in charts for _ in range(2)), specifications, strict=True
            ):
                path = entry["path"]
                if path.suffix == ".svg":
                    path.write_text(_steady(path.read_text("utf-8"), chart.name), "utf-8")
                written.append(path.replace(folder / path.name))
    except ChromeNotFoundError as error:
        expected = "Debian's package chromium, or BROWSER_PATH that names a browser of its kind"
        raise user_error(Mistake("--figures", "there is no Chromium", expected)) from error
    except OSError as error:
        raise user_error(Mistake(folder, f"cannot be written: {error.strerror}")) from error
    return written
