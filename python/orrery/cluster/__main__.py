# SPDX-License-Identifier: Apache-2.0
"""`python -m orrery.cluster ADDRESS`: what `orrery sweep --cluster` starts."""

import contextlib
import json
import signal
import socket
import sys

from orrery.cluster import serve

_CONNECT_SECONDS = 5


def _refuse(connection: socket.socket, reason: str) -> int:
    with contextlib.suppress(OSError):
        connection.sendall((json.dumps({"error": reason}) + "\n").encode())
    return 1


def main(arguments: list[str]) -> int:
    # Ctrl-C reaches the sweep, too, which ends in order and closes the socket.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    (address,) = arguments
    connection = socket.socket(fileno=0)
    try:
        from distributed import Client
    except ImportError:
        return _refuse(connection, "Python has no distributed: pip install 'orrery[cluster]'")
    try:
        client = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        return _refuse(connection, f"no Dask scheduler answers at {address}: {error}")
    with client:
        serve(client, connection)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
