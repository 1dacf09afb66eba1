# SPDX-License-Identifier: Apache-2.0
"""The points of a sweep on a Dask worker.

Each thread of the worker has a process of its own, `python -m orrery.cluster.points`, which
simulates one point after the other, each in a copy of itself: limits and crashes end there, as they
do on one machine, and the worker lives on.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import threading

_KILLS = 3  # as of the local pool: a process killed by somebody else is no fault of its point
_this_thread = threading.local()


class _Server:
    """A process that answers requests, and ends with the last reference to this."""

    def __init__(self, limit_bytes: int | None):
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  (lives as long as the process)
        ours, its = socket.socketpair()
        with its:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "orrery.cluster.points", str(limit_bytes or 0)],
                stdin=its,
                stdout=self._errors,
                stderr=self._errors,
            )
        self._lines = ours.makefile("rw", encoding="utf-8")
        ours.close()

    def answer(self, request: str) -> str:
        """Raises OSError where the process has ended."""
        self._lines.write(request + "\n")
        self._lines.flush()
        if answer := self._lines.readline():
            return answer.rstrip("\n")
        self._process.wait()
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").strip()
        raise OSError(said.rpartition("\n")[2] or f"it ended with {self._process.returncode}")

    def close(self) -> None:
        self._lines.close()
        self._process.wait()


def _limit_of_worker() -> int | None:
    """Bytes of memory for one point: the worker's, over the points that it runs at once."""
    from distributed import get_worker

    worker = get_worker()
    limit = worker.memory_manager.memory_limit
    return limit // worker.state.nthreads if limit else None


def run(request: str) -> str:
    """The answer to a request of the sweep's program; Dask calls this in a thread of a worker.

    Raises:
        RuntimeError: where Orrery cannot run here.
    """
    for _ in range(1 + _KILLS):
        if getattr(_this_thread, "server", None) is None:
            _this_thread.server = _Server(_limit_of_worker())
        try:
            return _this_thread.server.answer(request)
        except OSError as error:
            reason = str(error)
            _this_thread.server = None
    raise RuntimeError(f"Orrery does not run on {socket.gethostname()}: {reason}")


def main(arguments: list[str]) -> int:
    from orrery import _core

    _core.serve_points(0, int(arguments[0]) or None)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
