# SPDX-License-Identifier: Apache-2.0
"""What is wrong with the user's input, collected so that all of it is told at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Mistake:
    """One mistake, with the same parts as the program's own messages."""

    file: str
    message: str
    key_path: str = ""
    expected: str = ""
    suggestion: str = ""

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


class ImportFailedError(Exception):
    """The model cannot be imported; holds every mistake that could be found."""

    def __init__(self, mistakes: Iterable[Mistake]):
        self.mistakes = list(mistakes)
        super().__init__("; ".join(mistake.message for mistake in self.mistakes))


def nearest(name: str, candidates: Iterable[str]) -> str:
    """The candidate that the user probably meant, or an empty text."""
    found = difflib.get_close_matches(name, list(candidates), n=1, cutoff=0.7)
    return found[0] if found else ""
