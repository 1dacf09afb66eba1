# SPDX-License-Identifier: Apache-2.0
"""What Orrery raises."""

import dataclasses
import os


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


@dataclasses.dataclass(frozen=True)
class Mistake:
    """One line of a UserError, for mistakes that Python finds."""

    file: str | os.PathLike[str]
    message: str
    expected: str = ""
    line: int = 0
    column: int = 0
    path: str = ""
    suggestion: str = ""

    @property
    def text(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else str(self.file)
        parts = [place, *filter(None, [self.path]), self.message]
        text = ": ".join(parts)
        text += f"; expected {self.expected}" if self.expected else ""
        return text + (f"; did you mean '{self.suggestion}'?" if self.suggestion else "")


def user_error(*mistakes: Mistake) -> UserError:
    """All mistakes as one exception."""
    diagnostics = [
        {**dataclasses.asdict(mistake), "file": str(mistake.file), "text": mistake.text}
        for mistake in mistakes
    ]
    return UserError("\n".join(mistake.text for mistake in mistakes), diagnostics)


class InternalError(RuntimeError):
    """A mistake of Orrery's, with the name of the broken invariant. Please report it."""
