# SPDX-License-Identifier: Apache-2.0
"""Where two results differ."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from orrery.difference.changes import difference
from orrery.difference.text import difference_text
from orrery.results.folder import load_folder
from orrery.results.view import Json

if TYPE_CHECKING:
    from orrery.result import Result


class Difference:
    """Where two results differ. `json` has everything; as text, the largest parts of it."""

    def __init__(self, content: Json):
        self.json = content

    @property
    def same(self) -> bool:
        """Whether the files are equal byte for byte."""
        return self.json["same"]

    def text(self, most: int = 10) -> str:
        """Args: most: lines of each table."""
        return difference_text(self.json, most)

    def __repr__(self) -> str:
        return self.text()


def diff(
    before: Result | str | os.PathLike[str], after: Result | str | os.PathLike[str]
) -> Difference:
    """Compares two runs, comparisons, sweeps or studies.

    Args:
        before, after: results of `run()`, or folders.

    Raises:
        UserError: where one is no result, or the two cannot be compared.
    """
    folders = [
        load_folder(part) if isinstance(part, str | os.PathLike) else part.as_folder()
        for part in (before, after)
    ]
    return Difference(difference(*folders))
