# SPDX-License-Identifier: Apache-2.0
"""Sweeps and studies: many points in worker processes, resumed where they were stopped."""

from __future__ import annotations

import functools
import json
import os
import pathlib
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import orrery
from orrery.errors import InternalError, UserError

if TYPE_CHECKING:
    import pandas

_POINTS_FAILED = 1
_USER_ERROR = 2
_INTERRUPTED = 130


class Sweep:
    """What came out of a sweep or a study: the files in its folder."""

    def __init__(self, folder: pathlib.Path, kind: str):
        self.folder = folder
        self._kind = kind

    @functools.cached_property
    def json(self) -> dict[str, Any]:
        """sweep.json or study.json: axes, points, derived and published figures, objectives."""
        return json.loads((self.folder / f"{self._kind}.json").read_text())

    @functools.cached_property
    def points(self) -> pandas.DataFrame:
        """One row a point: its labels, `status`, metrics, derived figures, `pareto` where there are
        objectives, `config_hash`, `error`: results.csv."""
        import pandas

        return pandas.read_csv(self.folder / "results.csv")

    @property
    def pareto(self) -> pandas.DataFrame:
        """The points that no other one beats in all objectives."""
        return self.points[self.points["pareto"] == "yes"]

    @property
    def report(self) -> str:
        """The tables as Markdown."""
        return (self.folder / f"{self._kind}.md").read_text()

    def _repr_markdown_(self) -> str:
        return self.report

    def __repr__(self) -> str:
        return f"<{self._kind} of {len(self.json['points'])} points in {self.folder}>"


def _run(
    kind: str,
    file: str | os.PathLike[str],
    folder: str | os.PathLike[str] | None,
    jobs: int | None,
    quick: bool,
    retry: bool,
    figures: bool,
) -> Sweep:
    target = pathlib.Path(folder) if folder else pathlib.Path("out") / pathlib.Path(file).stem
    command = [sys.executable, "-m", "orrery", kind, str(file), "-o", str(target), "--json"]
    command += ["--jobs", str(jobs)] if jobs else []
    for wanted, flag in ((quick, "--quick"), (retry, "--retry"), (not figures, "--no-figures")):
        command += [flag] if wanted else []
    target.parent.mkdir(parents=True, exist_ok=True)
    # A process of its own: workers are copies of it, and a copy of many threads is none.
    packages = [str(pathlib.Path(part).resolve().parent) for part in orrery.__path__]
    paths = [*packages, *filter(None, [os.environ.get("PYTHONPATH")])]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )
    if done.returncode == _USER_ERROR:
        lines = [line.removeprefix("error: ") for line in done.stderr.splitlines()]
        raise UserError("\n".join(lines))
    if done.returncode == _INTERRUPTED:
        raise KeyboardInterrupt
    # An interpreter that could not even begin ends with 1, too.
    if done.returncode not in (0, _POINTS_FAILED) or not done.stdout.startswith("{"):
        raise InternalError(done.stderr.strip() or f"ended with {done.returncode}")
    return Sweep(target, kind)


def sweep(
    file: str | os.PathLike[str],
    folder: str | os.PathLike[str] | None = None,
    *,
    jobs: int | None = None,
    quick: bool = False,
    retry: bool = False,
    figures: bool = False,
) -> Sweep:
    """Runs what is left of a sweep; docs/sweeps.md has its form.

    Args:
        file: its path, or the name of a shipped sweep.
        folder: for the store and the results; default `out/NAME`. Called again with the same one,
            nothing that is done runs again.
        jobs: worker processes; default one a core.
        quick: only what the file marks as quick.
        retry: run points again that have failed.
        figures: draw the plots of the file.

    Raises:
        UserError: with every mistake in the file. Points that fail do not raise: their `status` is
            "failed", their `error` says why.
    """
    return _run("sweep", file, folder, jobs, quick, retry, figures)


def study(
    file: str | os.PathLike[str],
    folder: str | os.PathLike[str] | None = None,
    *,
    jobs: int | None = None,
    quick: bool = False,
    retry: bool = False,
    figures: bool = False,
) -> Sweep:
    """Runs what is left of a study; docs/studies.md has its form. As `sweep()`; `json["published"]`
    has the published figures beside ours."""
    return _run("study", file, folder, jobs, quick, retry, figures)
