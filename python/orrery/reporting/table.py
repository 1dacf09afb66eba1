# SPDX-License-Identifier: Apache-2.0
"""Tables of a report: what is shown, and the exact number behind it."""

from __future__ import annotations

import dataclasses
from typing import TypeAlias


@dataclasses.dataclass(frozen=True)
class Number:
    """A figure: the exact value of the result and the text that people read."""

    value: float
    text: str


Cell: TypeAlias = Number | str


@dataclasses.dataclass(frozen=True)
class Table:
    """`name` is the id in the page. `folded`: shown when asked for."""

    name: str
    title: str
    columns: list[str]
    rows: list[list[Cell]]
    note: str = ""
    folded: bool = False

    def is_number(self, column: int) -> bool:
        """Whether a column is aligned as numbers are."""
        return any(isinstance(row[column], Number) for row in self.rows)
