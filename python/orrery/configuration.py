# SPDX-License-Identifier: Apache-2.0
"""Platforms, workloads and mappings as objects that can be looked at and changed."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Iterator
from collections.abc import Mapping as Map
from typing import Any, ClassVar, Self, TypeVar

from orrery import _core
from orrery.errors import UserError


def _step(tree: Any, word: str, path: str) -> Any:
    """What stands under one word of a path: a key, or the number of a list's item."""
    if isinstance(tree, list) and word.isdigit() and int(word) < len(tree):
        return tree[int(word)]
    if isinstance(tree, dict) and word in tree:
        return tree[word]
    known = list(tree) if isinstance(tree, dict) else []
    nearest = difflib.get_close_matches(word, known, 1)
    hint = f"; did you mean '{nearest[0]}'?" if nearest else ""
    raise KeyError(f"{path}: there is no '{word}'{hint}")


class Configuration:
    """A file with every default written out, naming no other file.

    Parts are addressed by path, as in `platform["engines.array.rows"]`; maps and lists come as
    dicts and lists of the object itself, so that changing them changes it. What a key means, and
    its unit, stands in docs/parameters.md. Nothing is checked before the object is used.
    """

    kind: ClassVar[str]

    def __init__(self, tree: Map[str, Any]):
        """Args: tree: the content of a file of this kind as nested dicts and lists."""
        self._tree: dict[str, Any] = copy.deepcopy(dict(tree))

    @classmethod
    def load(cls, name: str) -> Self:
        """Reads a file, or the shipped one of that name.

        Raises:
            UserError: with every mistake in it.
        """
        return cls(_core.load(cls.kind, str(name)))

    @classmethod
    def shipped(cls) -> list[str]:
        """Names of the files that come with Orrery."""
        return _core.shipped(cls.kind)

    @property
    def name(self) -> str:
        """What it is called in results."""
        return str(self._tree.get("name", ""))

    def to_dict(self) -> dict[str, Any]:
        """A copy as nested dicts and lists."""
        return copy.deepcopy(self._tree)

    def copy(self) -> Self:
        """Another object of the same content."""
        return type(self)(self._tree)

    def with_(self, changes: Map[str, Any]) -> Self:
        """A copy with other values at some paths."""
        changed = self.copy()
        for path, value in changes.items():
            changed[path] = value
        return changed

    def __getitem__(self, path: str) -> Any:
        tree: Any = self._tree
        for word in path.split("."):
            tree = _step(tree, word, path)
        return tree

    def __setitem__(self, path: str, value: Any) -> None:
        *outer, last = path.split(".")
        tree: Any = self._tree
        for word in outer:
            tree = _step(tree, word, path)
        if isinstance(tree, list):
            _step(tree, last, path)
            tree[int(last)] = value
        else:
            tree[last] = value

    def __contains__(self, path: str) -> bool:
        try:
            self[path]
        except KeyError:
            return False
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(self._tree)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._tree == other._tree

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name or ', '.join(self._tree)}>"


class Platform(Configuration):
    """Hardware: clocks, engines, scratchpad, memories, coefficients of energy."""

    kind = "platform"


class Workload(Configuration):
    """A model with its shapes and types, or a graph of operators."""

    kind = "workload"


class Mapping(Configuration):
    """How operators are laid out: dataflow, fusion, tiles, placement."""

    kind = "mapping"

    @classmethod
    def default(cls) -> Mapping:
        """What holds where no mapping is given."""
        return cls(_core.load("mapping", ""))


Kind = TypeVar("Kind", bound=Configuration)


def as_configuration(kind: type[Kind], value: Kind | str | Map[str, Any]) -> Kind:
    """An object of that kind from itself, from a name or a path, or from nested dicts."""
    if isinstance(value, kind):
        return value
    if isinstance(value, Configuration):
        raise UserError(f"found {value!r}; expected a {kind.kind}")
    return kind(value) if isinstance(value, Map) else kind.load(str(value))
