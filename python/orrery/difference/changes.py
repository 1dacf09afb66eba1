# SPDX-License-Identifier: Apache-2.0
"""Where two results differ, as numbers."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Sequence
from typing import Any

from orrery.errors import Mistake, user_error
from orrery.results.folder import ResultFolder
from orrery.results.view import Json, engine_groups

# What makes two folders the same where it is equal byte for byte.
_CANONICAL = ("resolved.yaml",)
_RUN_KEYS = ("workload", "platform", "dataflow", "seed", "fidelity", "config_hash", "partial",
             "partial_reason")  # fmt: skip


def change(before: float | None, after: float | None) -> Json:
    """Two values, `difference` = after - before, and `ratio` = after / before; None where one is
    missing, or the ratio of 0."""
    known = before is not None and after is not None
    return {
        "before": before,
        "after": after,
        "difference": after - before if known else None,
        "ratio": after / before if known and before else None,
    }


def _with_shares(rows: list[Json], whole: float) -> list[Json]:
    """The largest difference first, each with its share of the whole one."""
    for row in rows:
        missing = row["difference"] is None
        row["difference"] = (row["after"] or 0) - (row["before"] or 0)
        row["share"] = row["difference"] / whole if whole else None
        if missing:
            row["only"] = "before" if row["after"] is None else "after"
    return sorted(
        (row for row in rows if row["difference"] or "only" in row),
        key=lambda row: (-abs(row["difference"]), row["name"]),
    )


def _changes(before: Json, after: Json, whole: float) -> list[Json]:
    """Values by name, in whichever of the two they are."""
    rows = [
        {"name": name, **change(before.get(name), after.get(name))} for name in {**before, **after}
    ]
    return _with_shares(rows, whole)


def _numbered(names: Iterable[str]) -> list[str]:
    """Names that come again get a number."""
    seen: collections.Counter = collections.Counter()
    result = []
    for name in names:
        seen[name] += 1
        result.append(name if seen[name] == 1 else f"{name} #{seen[name]}")
    return result


def _layer_cycles(layers: Sequence[Json]) -> dict[str, int]:
    names = _numbered(layer["name"] for layer in layers)
    return {name: layer["cycles"] for name, layer in zip(names, layers, strict=True)}


def _engine_cycles(result: Json) -> dict[str, float]:
    """Seconds by engine and state, stalls by cause; many engines of a name as one."""
    seconds = {}
    for group in engine_groups(result):
        states = {"busy": group.total("busy"), **group.stall_causes, "idle": group.total("idle")}
        hertz = group.engines[0]["clock_hz"]
        for state, cycles in states.items():
            seconds[f"{group.name}: {state}"] = cycles / hertz
    return seconds


def _memory_figures(result: Json) -> dict[str, float]:
    keys = ("bytes_read", "bytes_written", "row_hits", "row_misses", "row_conflicts",
            "average_read_latency_ns", "bandwidth_utilization")  # fmt: skip
    return {f"{memory['name']}: {key}": memory[key] for memory in result["memory"] for key in keys}


def _flat(tree: Any, path: str = "") -> dict[str, Any]:
    """Leaves by path: `platform.engines.array.rows`, lists by number."""
    if isinstance(tree, dict):
        items = [(f"{path}.{key}" if path else str(key), value) for key, value in tree.items()]
    elif isinstance(tree, list):
        items = [(f"{path}[{number}]", value) for number, value in enumerate(tree)]
    else:
        return {path: tree}
    flat = {}
    for name, value in items:
        flat |= _flat(value, name)
    return flat


def configuration_changes(before: str, after: str) -> list[Json]:
    """Keys of two resolved.yaml with other values, in the order of the files; None where a file
    lacks one."""
    if before == after:
        return []
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    old, new = (_flat(yaml.load(text, loader) or {}) for text in (before, after))
    return [
        {"path": path, "before": old.get(path), "after": new.get(path)}
        for path in {**old, **new}
        if old.get(path) != new.get(path)
    ]


def _provenance(before: Json, after: Json, keys: Sequence[str]) -> list[Json]:
    rows = [(f"orrery.{key}", before["orrery"][key], after["orrery"][key])
            for key in ("version", "commit")]  # fmt: skip
    rows += [(key, before.get(key), after.get(key)) for key in keys]
    return [{"name": name, "before": a, "after": b} for name, a, b in rows if a != b]


def _run_changes(before: ResultFolder, after: ResultFolder) -> Json:
    a, b = before.json, after.json
    cycles = change(a["latency"]["cycles"], b["latency"]["cycles"])
    seconds = change(a["latency"]["seconds"], b["latency"]["seconds"])
    energy = change(a["energy"]["total_pj"], b["energy"]["total_pj"])
    return {
        "total": {"cycles": cycles, "seconds": seconds, "picojoules": energy},
        "reference_clocks_hz": [
            part["latency"]["reference_clock"]["frequency_hz"] for part in (a, b)
        ],
        "layers": _changes(
            _layer_cycles(a["layers"]), _layer_cycles(b["layers"]), cycles["difference"]
        ),
        "engines": _changes(_engine_cycles(a), _engine_cycles(b), seconds["difference"]),
        "energy": _changes(
            a["energy"]["components"], b["energy"]["components"], energy["difference"]
        ),
        "memory": _changes(_memory_figures(a), _memory_figures(b), 0),
        "configuration": configuration_changes(
            before.text("resolved.yaml"), after.text("resolved.yaml")
        ),
        "provenance": _provenance(a, b, _RUN_KEYS),
    }


def _comparison_changes(before: ResultFolder, after: ResultFolder) -> Json:
    a, b = before.json, after.json

    def case(result: Json) -> str:
        return " ".join(filter(None, [result["dataflow"], result.get("variant", "")]))

    def layers(comparison: Json) -> dict[str, int]:
        return {
            f"{case(result)}: {layer['name']}": result["cycles"]
            for layer in comparison["layers"]
            for result in layer["results"]
        }

    totals = [{case(result): result["cycles"] for result in part["total"]} for part in (a, b)]
    energies = [{case(result): result["energy_pj"] for result in part["total"]} for part in (a, b)]
    whole = sum(totals[1].values()) - sum(totals[0].values())
    return {
        "cases": _changes(*totals, whole),
        "energy": _changes(*energies, sum(energies[1].values()) - sum(energies[0].values())),
        "layers": _changes(layers(a), layers(b), whole),
        "provenance": _provenance(a, b, ("workload", "platform", "seed", "partial")),
    }


def _points(study: Json) -> dict[str, Json]:
    return {
        ", ".join(f"{axis} {label}" for axis, label in point["labels"].items()): point
        for point in study["points"]
    }


def _same_axes(before: ResultFolder, after: ResultFolder) -> None:
    axes = [[axis["name"] for axis in folder.json["axes"]] for folder in (before, after)]
    if axes[0] != axes[1]:
        names = [", ".join(part) for part in axes]
        file = after.path / after.kind.file
        message = f"points of {names[1]} are not those of {names[0]}"
        raise user_error(Mistake(file, message, f"the axes of {before.path}", path="axes"))


def _study_changes(before: ResultFolder, after: ResultFolder) -> Json:
    _same_axes(before, after)
    a, b = before.json, after.json
    old, new = _points(a), _points(b)
    figures = []
    for metric in {**{m["name"]: 0 for m in a["metrics"]}, **{m["name"]: 0 for m in b["metrics"]}}:
        rows = [
            {"name": name, **change(*(part[name].get("metrics", {}).get(metric)
                                      for part in (old, new)))}
            for name in old
            if name in new
        ]  # fmt: skip
        differing = [row for row in rows if row["before"] != row["after"]]
        differing.sort(key=_by_ratio)
        figures.append({"name": metric, "points": differing})
    return {
        "points": {"before": len(old), "after": len(new), "matched": len(old.keys() & new.keys())},
        "only_before": [name for name in old if name not in new],
        "only_after": [name for name in new if name not in old],
        "status": [
            {"name": name, "before": old[name]["status"], "after": new[name]["status"]}
            for name in old
            if name in new and old[name]["status"] != new[name]["status"]
        ],
        "figures": figures,
        "configurations": [
            name for name in old
            if name in new and old[name]["config_hash"] != new[name]["config_hash"]
        ],
        "provenance": _provenance(a, b, ("name", "quick")),
    }  # fmt: skip


def _by_ratio(row: Json) -> tuple[float, str]:
    """The largest relative difference first; points of which one has no value before all."""
    if row["ratio"] is None:
        return (float("-inf"), row["name"])
    return (-abs(row["ratio"] - 1), row["name"])


_CHANGES = {
    "orrery-result-1": _run_changes,
    "orrery-comparison-1": _comparison_changes,
    "orrery-study-1": _study_changes,
}


def difference(before: ResultFolder, after: ResultFolder) -> Json:
    """Everything that differs; lists begin with what contributes most.

    Raises:
        UserError: where the two are not of one kind, or sweeps not of the same axes.
    """
    if before.kind.schema != after.kind.schema:
        message = f"is that of a {after.kind.name}, {before.path} that of a {before.kind.name}"
        raise user_error(Mistake(after.path, message, "two results of one kind"))
    files = (before.kind.file, *_CANONICAL)
    names = [(before.text(name), after.text(name.replace(before.kind.file, after.kind.file)))
             for name in files]  # fmt: skip
    result = {
        "schema": "orrery-difference-1",
        "kind": before.kind.name,
        "before": str(before.path),
        "after": str(after.path),
        "same": all(a == b for a, b in names),
    }
    return {**result, **_CHANGES[before.kind.schema](before, after)}
