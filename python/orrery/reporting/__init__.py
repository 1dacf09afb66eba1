# SPDX-License-Identifier: Apache-2.0
"""Reports of results for people: one HTML file, and pictures for papers."""

from __future__ import annotations

import os
import pathlib
from typing import TYPE_CHECKING, Any

from orrery.errors import Mistake, user_error

if TYPE_CHECKING:
    from orrery.reporting.page import Page
    from orrery.result import Result
    from orrery.results.folder import ResultFolder
    from orrery.sweeping import Sweep

REPORT_FILE = "report.html"


def page_of(folder: ResultFolder) -> Page:
    """What the report of a folder has, by its kind."""
    from orrery.reporting.comparison_report import comparison_report
    from orrery.reporting.run_report import run_report
    from orrery.reporting.study_report import study_report

    kinds = {
        "run": run_report,
        "comparison": comparison_report,
        "sweep": study_report,
        "study": study_report,
    }
    return kinds[folder.kind.name](folder)


def _folder(results: Any) -> ResultFolder:
    from orrery.result import Result
    from orrery.results.folder import load_folder
    from orrery.sweeping import Sweep

    if isinstance(results, Result):
        return results.as_folder()
    return load_folder(results.folder if isinstance(results, Sweep) else results)


def _write(path: pathlib.Path, text: str) -> None:
    """All of it or nothing."""
    new = path.with_name(f".writing-{path.name}")
    try:
        new.write_text(text, "utf-8")
        new.replace(path)
    except OSError as error:
        new.unlink(missing_ok=True)
        mistake = Mistake(path, f"cannot be written: {error.strerror}")
        raise user_error(mistake) from error


def report(
    results: Result | Sweep | str | os.PathLike[str],
    path: str | os.PathLike[str] | None = None,
    *,
    figures: bool = False,
) -> pathlib.Path:
    """Writes a report: one HTML file with charts and tables that needs no network.

    Args:
        results: a result, a sweep, or a folder of `orrery run`, `compare`, `sweep` or `study`.
        path: of the file; default `report.html` in the folder, or here for a `Result`.
        figures: also each chart as PNG and SVG, in the folder `figures` beside the file. Needs the
            package kaleido, and Chromium.

    Returns:
        The path of the file.

    Raises:
        UserError: where there is no whole result, and where nothing can be written.
    """
    from orrery.reporting.page import render

    folder = _folder(results)
    target = pathlib.Path(path) if path is not None else folder.path / REPORT_FILE
    page = page_of(folder)
    _write(target, render(page))
    if figures:
        from orrery.reporting.figures import write_figures

        write_figures(page.charts, target.parent / "figures")
    return target
