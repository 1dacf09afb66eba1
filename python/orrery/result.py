# SPDX-License-Identifier: Apache-2.0
"""What a run gave, as numbers and pandas tables."""

from __future__ import annotations

import functools
import html
import json
import os
import pathlib
import tempfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas

    from orrery.results.folder import ResultFolder


class Result:
    """One run. `json` is the content of result.json, whose keys docs/result.md explains."""

    def __init__(self, texts: dict[str, str]):
        """Args: texts: contents of `result`, `layers`, `activity`, `host`, `resolved`, `loops`."""
        self._texts = texts

    @functools.cached_property
    def json(self) -> dict[str, Any]:
        """result.json as nested dicts and lists."""
        return json.loads(self._texts["result"])

    @property
    def cycles(self) -> int:
        """Latency in cycles of the platform's reference clock."""
        return self.json["latency"]["cycles"]

    @property
    def seconds(self) -> float:
        """Latency in seconds."""
        return self.json["latency"]["seconds"]

    @property
    def picojoules(self) -> float:
        """Energy of all components in picojoules."""
        return self.json["energy"]["total_pj"]

    @property
    def resolved(self) -> str:
        """The complete configuration as YAML; `orrery run --resolved` gives this result again."""
        return self._texts["resolved"]

    @property
    def loops(self) -> str:
        """The loop nest of each layer; empty where nothing was lowered."""
        return self._texts["loops"]

    @property
    def host(self) -> dict[str, Any]:
        """What the run cost this machine: `seconds`, `peak_memory_bytes` and the like."""
        return json.loads(self._texts["host"])

    @functools.cached_property
    def layers(self) -> pandas.DataFrame:
        """One row a layer, units in the names of the columns: layers.csv."""
        import io

        import pandas

        return pandas.read_csv(io.StringIO(self._texts["layers"]))

    @functools.cached_property
    def engines(self) -> pandas.DataFrame:
        """One row an engine, in cycles of its own clock; why it stalled in `stall_causes.CAUSE`."""
        return _table(self.json["engines"])

    @functools.cached_property
    def memory(self) -> pandas.DataFrame:
        """One row a memory: bytes, bursts, rows hit and missed, latencies, bandwidth."""
        return _table(self.json["memory"])

    @functools.cached_property
    def energy(self) -> pandas.Series:
        """Picojoules by component; those of a memory by cause, as `MEMORY.CAUSE`."""
        import pandas

        flat = _flat(self.json["energy"]["components"])
        return pandas.Series(flat, name="picojoules", dtype=float)

    def save(self, folder: str | os.PathLike[str]) -> pathlib.Path:
        """Writes the files of `orrery run -o` but for the timeline. Returns the folder, which is
        made where its parent exists.

        Raises:
            OSError: where that is not possible; no file is half-written then.
        """
        target = pathlib.Path(folder)
        target.mkdir(exist_ok=True)
        files = {
            "result.json": "result",
            "layers.csv": "layers",
            **({"activity.csv": "activity"} if self._texts["activity"] else {}),
            "resolved.yaml": "resolved",
            "host.json": "host",
            **({"loops.txt": "loops"} if self.loops else {}),
        }
        with tempfile.TemporaryDirectory(dir=target, prefix=".writing-") as new:
            for name, text in files.items():
                (pathlib.Path(new) / name).write_text(self._texts[text])
            for name in files:
                (pathlib.Path(new) / name).replace(target / name)
        return target

    def as_folder(self) -> ResultFolder:
        """What reports and differences read, without a folder on the disk."""
        from orrery.results.folder import KINDS, ResultFolder

        kind = next(kind for kind in KINDS if kind.name == "run")
        names = {"activity.csv": "activity", "resolved.yaml": "resolved", "loops.txt": "loops"}
        texts = {name: self._texts[text] for name, text in names.items()}
        texts[kind.file] = self._texts["result"]
        return ResultFolder(pathlib.Path(), kind, self.json, texts)

    def report(
        self, path: str | os.PathLike[str] = "report.html", *, figures: bool = False
    ) -> pathlib.Path:
        """Writes a report: one HTML file; see `orrery.report`."""
        from orrery.reporting import report

        return report(self, path, figures=figures)

    def _summary(self) -> list[tuple[str, str]]:
        lines = [
            ("platform", self.json["platform"]),
            ("workload", self.json["workload"]),
            ("latency", f"{self.seconds:.6g} s, {self.cycles:,} cycles"),
            ("energy", f"{self.picojoules:.6g} pJ"),
        ]
        for engine in self.json["engines"]:
            if engine.get("macs_possible"):
                lines.append((f"utilization of {engine['name']}", f"{engine['utilization']:.1%}"))
        for memory in self.json["memory"]:
            share = memory["bandwidth_utilization"]
            lines.append((f"bandwidth of {memory['name']}", f"{share:.1%} of its peak"))
        return lines

    def __repr__(self) -> str:
        return "\n".join(f"{name}: {value}" for name, value in self._summary())

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th style='text-align:left'>{html.escape(name)}</th>"
            f"<td style='text-align:left'>{html.escape(value)}</td></tr>"
            for name, value in self._summary()
        )
        return f"<table>{rows}</table>{self.layers.to_html(index=False, max_rows=12)}"


def _flat(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested dicts as one, the names joined by dots."""
    flat: dict[str, Any] = {}
    for name, value in tree.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat


def _table(rows: list[dict[str, Any]]) -> pandas.DataFrame:
    import pandas

    return pandas.DataFrame([_flat(row) for row in rows]).set_index("name")
