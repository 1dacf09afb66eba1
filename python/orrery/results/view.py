# SPDX-License-Identifier: Apache-2.0
"""A run's figures as people look at them: engines by name, layers that repeat as one."""

from __future__ import annotations

import collections
import dataclasses
import re
from collections.abc import Sequence
from typing import Any

Json = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class EngineGroup:
    """Engines whose names differ by a number, as one. Cycles are sums over them, in their clock."""

    name: str
    engines: list[Json]

    @property
    def label(self) -> str:
        return self.name if len(self.engines) == 1 else f"{self.name} ({len(self.engines)})"

    @property
    def kind(self) -> str:
        return self.engines[0]["kind"]

    @property
    def multiplies(self) -> bool:
        return self.total("macs_possible") > 0

    def total(self, key: str) -> float:
        """The sum of a figure over the engines."""
        return sum(engine[key] for engine in self.engines)

    def share(self, key: str) -> float:
        """Cycles of a state over all cycles; 0 of an engine that never saw one."""
        return self.total(key) / self.total("total") if self.total("total") else 0.0

    @property
    def utilization(self) -> float:
        """Useful over possible multiply-accumulates."""
        return self.total("macs_useful") / self.total("macs_possible") if self.multiplies else 0.0

    @property
    def stall_causes(self) -> dict[str, int]:
        """Cycles by cause, the longest first."""
        causes: collections.Counter = collections.Counter()
        for engine in self.engines:
            causes.update(engine["stall_causes"])
        return dict(sorted(causes.items(), key=lambda item: (-item[1], item[0])))

    @property
    def names(self) -> list[str]:
        return [engine["name"] for engine in self.engines]


def engine_groups(result: Json) -> list[EngineGroup]:
    """In the order of the result."""
    stems = collections.Counter(
        (re.sub(r"\d+$", "", engine["name"]), engine["kind"]) for engine in result["engines"]
    )
    groups: dict[tuple[str, str], EngineGroup] = {}
    for engine in result["engines"]:
        stem = (re.sub(r"\d+$", "", engine["name"]), engine["kind"])
        name = stem[0] if stems[stem] > 1 else engine["name"]
        groups.setdefault((name, stem[1]), EngineGroup(name, [])).engines.append(engine)
    return list(groups.values())


def limits_of(result: Json) -> list[str]:
    """What the lowering expected to limit layers: one order, so that charts agree in colours."""
    return sorted({layer["limited_by"] or "not known" for layer in result["layers"]})


def layer_share(result: Json, layer: Json) -> float:
    """The layer's part of the latency."""
    whole = result["latency"]["seconds"]
    return layer["seconds"] / whole if whole else 0.0


def layer_bytes(layer: Json) -> int:
    """Of all memories, read and written."""
    return sum(memory["bytes_read"] + memory["bytes_written"] for memory in layer["memory"])


@dataclasses.dataclass(frozen=True)
class LayerRow:
    """One layer, or layers whose names differ by numbers."""

    name: str
    layers: list[Json]

    @property
    def label(self) -> str:
        return self.name if len(self.layers) == 1 else f"{self.name} \u00d7{len(self.layers)}"

    @property
    def seconds(self) -> float:
        return sum(layer["seconds"] for layer in self.layers)

    @property
    def picojoules(self) -> float:
        return sum(layer["energy"]["total_pj"] for layer in self.layers)

    @property
    def components(self) -> dict[str, float]:
        """Picojoules by component."""
        sums: collections.Counter = collections.Counter()
        for layer in self.layers:
            sums.update(layer["energy"]["components"])
        return dict(sums)

    @property
    def seconds_by_limit(self) -> dict[str, float]:
        """By what the lowering expected to limit the layers."""
        sums: dict[str, float] = {}
        for layer in self.layers:
            limit = layer["limited_by"] or "not known"
            sums[limit] = sums.get(limit, 0.0) + layer["seconds"]
        return sums


def pattern_of(name: str) -> str:
    """layer12.mlp.up gives layer*.mlp.up: the first number of each name that was fused."""
    return "+".join(re.sub(r"\d+", "*", part, count=1) for part in name.split("+"))


def layer_rows(layers: Sequence[Json], most: int) -> list[LayerRow]:
    """In the order of the run. More than `most` layers are merged where their names differ by
    a number; of what are still too many, the shortest become one row."""
    if len(layers) <= most:
        return [LayerRow(layer["name"], [layer]) for layer in layers]
    merged: dict[str, list[Json]] = {}
    for layer in layers:
        merged.setdefault(pattern_of(layer["name"]), []).append(layer)
    rows = [
        LayerRow(name if len(same) > 1 else same[0]["name"], same) for name, same in merged.items()
    ]
    if len(rows) <= most:
        return rows
    shortest = sorted(rows, key=lambda row: row.seconds)[: len(rows) - most + 1]
    names = {row.name for row in shortest}
    rest = LayerRow("all others", [layer for row in shortest for layer in row.layers])
    return [*(row for row in rows if row.name not in names), rest]
