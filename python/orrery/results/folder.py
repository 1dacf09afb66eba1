# SPDX-License-Identifier: Apache-2.0
"""Folders that runs, comparisons, sweeps and studies have written."""

from __future__ import annotations

import csv
import dataclasses
import functools
import json
import os
import pathlib
from typing import Any

from orrery.errors import Mistake, user_error


@dataclasses.dataclass(frozen=True)
class Kind:
    """What a folder is known by. `keys` are those of its file that every reader needs."""

    name: str
    file: str
    schema: str
    keys: tuple[str, ...]


_POINT_KEYS = ("orrery", "name", "axes", "metrics", "points", "derived")
KINDS = (
    Kind("comparison", "comparison.json", "orrery-comparison-1", ("orrery", "total", "layers")),
    Kind(
        "run",
        "result.json",
        "orrery-result-1",
        ("orrery", "workload", "platform", "latency", "energy", "engines", "memory", "layers"),
    ),
    Kind("sweep", "sweep.json", "orrery-study-1", _POINT_KEYS),
    Kind("study", "study.json", "orrery-study-1", _POINT_KEYS),
)
_WRITTEN_BY = "a folder that 'orrery run', 'compare', 'sweep' or 'study' has written with -o"


@dataclasses.dataclass(frozen=True)
class ResultFolder:
    """A folder with results, or a result in memory.

    Attributes:
        path: of the folder; empty in memory.
        json: the content of the file that the kind is known by.
        texts: files by name, of a result in memory.
    """

    path: pathlib.Path
    kind: Kind
    json: dict[str, Any]
    texts: dict[str, str] | None = None

    def text(self, name: str) -> str:
        """A file of the folder; empty where it has none of this name."""
        if self.texts is not None:
            return self.texts.get(name, "")
        file = self.path / name
        return file.read_text("utf-8") if file.is_file() else ""

    @functools.cached_property
    def activity(self) -> dict[str, list[int]]:
        """activity.csv of a run by column; empty where there is none."""
        rows = list(csv.reader(self.text("activity.csv").splitlines()))
        columns = zip(*rows[1:], strict=True)
        return {
            name: [int(value) for value in values]
            for name, values in zip(rows[0] if rows else [], columns, strict=True)
        }


def _parse(file: pathlib.Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise user_error(Mistake(file, f"cannot be read: {error.strerror}")) from error
    except UnicodeDecodeError as error:
        raise user_error(Mistake(file, "is no text")) from error
    except json.JSONDecodeError as error:
        mistake = Mistake(
            file, f"no JSON: {error.msg}", "a whole file", line=error.lineno, column=error.colno
        )
        raise user_error(mistake) from error
    if not isinstance(content, dict):
        raise user_error(Mistake(file, "no JSON object", "what Orrery has written"))
    return content


def _check(file: pathlib.Path, kind: Kind, content: dict[str, Any]) -> None:
    schema = content.get("schema", "")
    if schema != kind.schema:
        message = f"schema '{schema}' is not known to this version"
        raise user_error(Mistake(file, message, f"'{kind.schema}'", path="schema"))
    missing = [
        Mistake(file, "the key is missing", "a whole result", path=key)
        for key in kind.keys
        if key not in content
    ]
    if missing:
        raise user_error(*missing)


def load_folder(path: str | os.PathLike[str]) -> ResultFolder:
    """What a folder holds.

    Raises:
        UserError: where it holds no result, half a result, or one that another version has written.
    """
    folder = pathlib.Path(path)
    if not folder.is_dir():
        what = "not a folder" if folder.exists() else "no such folder"
        raise user_error(Mistake(folder, what, _WRITTEN_BY))
    for kind in KINDS:
        file = folder / kind.file
        if file.is_file():
            content = _parse(file)
            _check(file, kind, content)
            return ResultFolder(folder, kind, content)
    if (folder / "store.sqlite").is_file():
        message = "holds a sweep or study that has not ended"
        expected = "its results: the command that began it goes on where it was stopped"
        raise user_error(Mistake(folder, message, expected))
    raise user_error(Mistake(folder, "holds no result", _WRITTEN_BY))
