#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the PIM commands of one attention layer's decode step as a trace for `orrery memory`.

attacc: AttAcc's schedule (scale-snu/attacc_simulator c600051). One head on one channel at a time,
two heads in a software pipeline: the scores of a head overlap the softmax of the one before it,
its context the softmax of the one after. K and V lie in rows of 32 columns; a column of all 64
banks is one MACAB. Counts per head, dh the head size, L the tokens:

    WRGB 4 ceil(dh / 64), scores MACAB ceil(L / 16) ceil(dh / 64), MVSB 8 every 16 steps of
    the scores, SFM 1, MVGB 8 ceil(L / 256), context MACAB as the scores, MVSB 8 for every 64
    dimensions

neupims: one request on one channel in NeuPIMs' layout of the cache (casys-kaist/NeuPIMs f299af3).
K: token t in bank t mod 32, 512 elements of the heads side by side in a row; V: dimension d in
bank d mod 32, 512 tokens in a row. For each 512 elements of the query GWRITE, then for 32 tokens
at a time HEADER and a GEMV for each head in the row; for each head and 512 tokens GWRITE, then
for 32 dimensions at a time HEADER and a GEMV. Softmax is not part of it.

    scripts/pim_trace.py attacc --heads 64 --length 2048 > attention.txt
    orrery memory attacc attention.txt --channels 16
    scripts/pim_trace.py neupims --heads 8 --length 376 > request.txt
    orrery memory neupims request.txt --set controller.pim_policy=concurrent

"""

import argparse
from collections import deque

COLUMNS_OF_ROW = 32


def ceil_div(a: int, b: int) -> int:
    return -(-a // b)


class Channel:
    """The command lines of one channel; moves ride under MACABs, one after each."""

    def __init__(self, index: int, length: int, head_size: int):
        self.index = index
        self.columns_of_step = ceil_div(head_size, 64)
        self.steps = ceil_div(length, 16)
        self.weights = 8 * ceil_div(length, 256)
        self.results = 8 * ceil_div(head_size, 64)
        self.row = 0
        self.group = 0
        self.moves: deque[str] = deque()
        self.lines: list[str] = []

    def send(self, command: str, **operands: int) -> None:
        words = [f"{key}={value}" for key, value in operands.items() if value]
        self.lines.append(" ".join(["pim", command, f"channel={self.index}", *words]))

    def move(self) -> None:
        if self.moves:
            self.send(self.moves.popleft(), bank=self.group % 8 * 4)
            self.group += 1

    def flush(self) -> None:
        while self.moves:
            self.move()

    def macs(self, results_every: int) -> None:
        columns = self.steps * self.columns_of_step
        for column in range(columns):
            row, place = divmod(column, COLUMNS_OF_ROW)
            self.send("MACAB", row=self.row + row, column=place)
            self.move()
            if results_every and (column + 1) % results_every == 0:
                self.moves.extend(["MVSB"] * 8)
        self.row += ceil_div(columns, COLUMNS_OF_ROW)

    def score(self, another: bool) -> None:
        if another:
            self.moves.extend(["WRGB"] * (4 * self.columns_of_step))
        self.macs(16 * self.columns_of_step)

    def heads(self, count: int) -> list[str]:
        if count == 0:
            return []
        self.moves.extend(["WRGB"] * (4 * self.columns_of_step))
        self.flush()
        self.score(count > 1)
        for head in range(count):
            self.moves.append("SFM")
            self.moves.extend(["MVGB"] * self.weights)
            if head + 1 < count:
                self.score(head + 2 < count)
            self.flush()
            self.macs(0)
            self.moves.extend(["MVSB"] * self.results)
        self.flush()
        return self.lines


def neupims(heads: int, length: int, head_size: int) -> list[str]:
    """The commands of one request; the head size divides 512 and is a multiple of 32."""
    lines: list[str] = []
    elements = 512  # of two bytes in a row
    row = 0
    vector_row = 32000  # where queries and weights have been written
    heads_of_row = elements // head_size
    for first in range(0, heads, heads_of_row):
        here = min(heads_of_row, heads - first)
        lines.append(f"pim GWRITE bank={first // heads_of_row % 32} row={vector_row}")
        for _ in range(ceil_div(length, 32)):
            count = head_size // 16
            lines.append(f"pim HEADER row={row} count={count} results={here}")
            # A column of the trace is a burst of 64 bytes: 32 elements.
            lines += [
                f"pim GEMV row={row} column={head * head_size // 32} count={count}"
                for head in range(here)
            ]
            row += 1
    for head in range(heads):
        for first in range(0, length, elements):
            count = ceil_div(min(elements, length - first), 16)
            lines.append(f"pim GWRITE bank={head % 32} row={vector_row + 1}")
            for _ in range(head_size // 32):
                lines.append(f"pim HEADER row={row} count={count} results=1")
                lines.append(f"pim GEMV row={row} count={count}")
                row += 1
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("system", choices=("attacc", "neupims"))
    parser.add_argument(
        "--heads", type=int, default=64, help="of all channels together; neupims: of the request"
    )
    parser.add_argument("--length", type=int, default=2048, help="tokens in the cache")
    parser.add_argument("--head-size", type=int, default=128)
    parser.add_argument(
        "--channels", type=int, default=16, help="attacc: over which heads are dealt out"
    )
    arguments = parser.parse_args()
    for name in ("heads", "length", "head_size", "channels"):
        if getattr(arguments, name) < 1:
            parser.error(f"{name} is {getattr(arguments, name)}; expected 1 or more")
    print("#", " ".join(f"{key}={value}" for key, value in vars(arguments).items()))
    if arguments.system == "neupims":
        if 512 % arguments.head_size or arguments.head_size % 32:
            parser.error(f"a head size of {arguments.head_size}; expected 32, 64, 128, 256 or 512")
        print("\n".join(neupims(arguments.heads, arguments.length, arguments.head_size)))
        return
    for index in range(min(arguments.channels, arguments.heads)):
        count = ceil_div(arguments.heads - index, arguments.channels)
        print("\n".join(Channel(index, arguments.length, arguments.head_size).heads(count)))


if __name__ == "__main__":
    main()
