# SPDX-License-Identifier: Apache-2.0
"""Between a sweep and a Dask cluster.

The program that runs the sweep keeps the store, and talks over a socket, in lines of JSON:

    it says      {"job": 3, "request": TEXT}    for a worker; as many at once as there are slots
    we say       {"slots": 4}                   whenever that number changes
                 {"job": 3, "answer": TEXT}
                 {"error": TEXT}                the sweep cannot go on

`orrery sweep --cluster ADDRESS` starts `python -m orrery.cluster ADDRESS` with the socket as its
standard input.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from typing import TYPE_CHECKING, Any

from orrery.cluster import points

if TYPE_CHECKING:
    from distributed import Client, Future

_LOST_SECONDS = 30  # a scheduler that has not answered for so long is gone
_GONE = "the cluster's scheduler is gone"
_POLL_SECONDS = 0.5
# A worker has the next point already when it ends one.
_SLOTS_A_THREAD = 2


class _Service:
    def __init__(self, client: Client, connection: socket.socket):
        self._client = client
        self._connection = connection
        self._lock = threading.Lock()  # of what is sent
        self._waiting: dict[int, Future] = {}
        self._ended = threading.Event()

    def serve(self) -> None:
        """Until the other end is closed; what has not been begun by then is cancelled."""
        watcher = threading.Thread(target=self._watch, daemon=True)
        watcher.start()
        try:
            with self._connection.makefile("r", encoding="utf-8") as lines:
                for line in lines:
                    message = json.loads(line)
                    self._submit(message["job"], message["request"])
        finally:
            self._ended.set()
            watcher.join()
            self._client.cancel(list(self._waiting.values()))

    def _submit(self, job: int, request: str) -> None:
        future = self._client.submit(points.run, request, pure=False)
        self._waiting[job] = future
        future.add_done_callback(lambda done: self._report(job, done))

    def _report(self, job: int, future: Future) -> None:
        if self._ended.is_set():
            return
        self._waiting.pop(job, None)
        if future.status == "finished":
            self._send(job=job, answer=future.result())
        elif future.status != "error":
            self._send(error=f"{_GONE}: its points were {future.status}")
        elif type(error := future.exception()).__name__ == "KilledWorker":
            lost = error.allowed_failures + 1
            ending = f"{lost} worker{' was' if lost == 1 else 's were'} lost with it"
            answer = {
                "completed": False,
                "timed_out": False,
                "output": "",
                "ending": ending,
                "host_seconds": 0.0,
            }
            self._send(job=job, answer=json.dumps(answer))
        else:
            self._send(error=f"a worker of the cluster failed: {error}")

    def _watch(self) -> None:
        """Tells how many points may be under way, and when the scheduler is gone."""
        slots = None
        lost = 0.0
        while not self._ended.wait(_POLL_SECONDS if slots is not None else 0):
            try:
                threads = sum(self._client.nthreads().values())
                lost = 0.0
            except Exception as error:  # whatever its connection raises
                lost += _POLL_SECONDS
                if lost > _LOST_SECONDS or self._client.status == "closed":
                    self._send(error=f"{_GONE}: {error}")
                    return
                continue
            if slots != _SLOTS_A_THREAD * threads:
                slots = _SLOTS_A_THREAD * threads
                self._send(slots=slots)

    def _send(self, **message: Any) -> None:
        line = json.dumps(message) + "\n"
        # Nobody listens any more where the sweep was killed.
        with self._lock, contextlib.suppress(OSError):
            self._connection.sendall(line.encode())


def serve(client: Client, connection: socket.socket) -> None:
    """Runs what is asked for over the connection, until its other end is closed."""
    _Service(client, connection).serve()
