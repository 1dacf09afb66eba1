# SPDX-License-Identifier: Apache-2.0
"""What Orrery raises."""


class UserError(ValueError):
    """Mistakes in what was asked for, all that could be found.

    The text is that of the command line: a line for each mistake, with file, line and key path
    where there are some, what was expected and the nearest known name.

    Attributes:
        diagnostics: a dict for each mistake with `file`, `line`, `column` (0: none), `path`,
            `message`, `expected`, `suggestion` and the whole `text`.
    """

    def __init__(self, text: str, diagnostics: list[dict] | None = None):
        super().__init__(text)
        self.diagnostics = diagnostics or []


class InternalError(RuntimeError):
    """A mistake of Orrery's, with the name of the broken invariant. Please report it."""
