# SPDX-License-Identifier: Apache-2.0
"""Sweeps and studies: many points in worker processes, resumed where they were stopped."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import pathlib
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import orrery
from orrery import cluster
from orrery.errors import InternalError, UserError

if TYPE_CHECKING:
    import distributed
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


def _call(command: list[str], client: distributed.Client | None) -> tuple[int, str, str]:
    """The program's exit code, output and errors. A process of its own: workers are copies of it,
    and a copy of many threads is none."""
    packages = [str(pathlib.Path(part).resolve().parent) for part in orrery.__path__]
    paths = [*packages, *filter(None, [os.environ.get("PYTHONPATH")])]
    with contextlib.ExitStack() as kept:
        passed = []
        if client:
            ours, its = map(kept.enter_context, socket.socketpair())
            passed = [its.fileno()]
            command = [*command, "--cluster", f"fd:{its.fileno()}"]
        process = kept.enter_context(
            subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                pass_fds=passed,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            )
        )
        if client:
            its.close()
            server = threading.Thread(target=cluster.serve, args=(client, ours))
            server.start()
            kept.callback(server.join)
        output, errors = process.communicate()
    return process.returncode, output, errors


class _Runner:
    """Runs what is left of a sweep (docs/sweeps.md) or of a study (docs/studies.md).

    Args:
        file: its path, or the name of a shipped one.
        folder: for the store and the results; default `out/NAME`. Called again with the same one,
            nothing that is done runs again.
        jobs: worker processes; default one a core.
        client: of a Dask cluster (`distributed.Client`), whose workers run the points instead.
        quick: only what the file marks as quick.
        retry: run points again that have failed.
        limit_seconds: of host time; a point that takes longer has failed.
        figures: draw the plots of the file.

    Raises:
        UserError: with every mistake in the file, or where the cluster fails. Points that fail do
            not raise: their `status` is "failed", their `error` says why.
        KeyboardInterrupt: after Ctrl-C; called again, it goes on.
    """

    def __init__(self, kind: str):
        self._kind = kind
        self.__name__ = self.__qualname__ = kind

    def __call__(
        self,
        file: str | os.PathLike[str],
        folder: str | os.PathLike[str] | None = None,
        *,
        jobs: int | None = None,
        client: distributed.Client | None = None,
        quick: bool = False,
        retry: bool = False,
        limit_seconds: float | None = None,
        figures: bool = False,
    ) -> Sweep:
        target = pathlib.Path(folder) if folder else pathlib.Path("out") / pathlib.Path(file).stem
        target.parent.mkdir(parents=True, exist_ok=True)
        values = {"--jobs": jobs, "--limit-seconds": limit_seconds}
        flags = {"--quick": quick, "--retry": retry, "--no-figures": not figures}
        command = [sys.executable, "-m", "orrery", self._kind, str(file), "-o", str(target)]
        for option, value in values.items():
            command += [] if value is None else [option, str(value)]
        command += ["--json", *(flag for flag, wanted in flags.items() if wanted)]
        code, output, errors = _call(command, client)
        if code == _USER_ERROR:
            mark = "error: "  # beside which there may be notes
            lines = [line for line in errors.splitlines() if line.startswith(mark)]
            raise UserError("\n".join(line.removeprefix(mark) for line in lines))
        if code == _INTERRUPTED:
            raise KeyboardInterrupt
        # An interpreter that could not even begin ends with 1, too.
        if code not in (0, _POINTS_FAILED) or not output.startswith("{"):
            raise InternalError(errors.strip() or f"ended with {code}")
        return Sweep(target, self._kind)

    def __repr__(self) -> str:
        return f"<function orrery.{self._kind}>"


sweep = _Runner("sweep")
study = _Runner("study")
