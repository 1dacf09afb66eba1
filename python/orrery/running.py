# SPDX-License-Identifier: Apache-2.0
"""Runs, comparisons and lowering in this process."""

from __future__ import annotations

import pathlib
import tempfile
from collections.abc import Iterable
from collections.abc import Mapping as Map
from typing import TYPE_CHECKING, Any, TypeAlias

from orrery import _core
from orrery.configuration import Mapping, Platform, Workload, as_configuration
from orrery.result import Result

if TYPE_CHECKING:
    import pandas

PlatformLike: TypeAlias = Platform | str | Map[str, Any]
WorkloadLike: TypeAlias = Workload | str | Map[str, Any]
MappingLike: TypeAlias = Mapping | str | Map[str, Any] | None


def _document(platform: PlatformLike, workload: WorkloadLike, mapping: MappingLike) -> dict:
    chosen = Mapping.default() if mapping is None else as_configuration(Mapping, mapping)
    return {
        "schema": "orrery-resolved-1",
        "platform": as_configuration(Platform, platform).to_dict(),
        "workload": as_configuration(Workload, workload).to_dict(),
        "mapping": chosen.to_dict(),
    }


def run(
    platform: PlatformLike,
    workload: WorkloadLike,
    mapping: MappingLike = None,
    *,
    settings: Map[str, Any] | None = None,
    limit_seconds: float | None = None,
) -> Result:
    """Simulates a workload on a platform.

    Other threads go on meanwhile; runs of several threads take turns. Ctrl-C ends a run.

    Args:
        platform, workload, mapping: objects, names of shipped files, paths, or nested dicts.
        settings: values by path, as `--set` takes them: `{"platform.engines.array.rows": 64}`.
        limit_seconds: of host time; the result is partial where it is reached.

    Raises:
        UserError: with every mistake in what was given.
        InternalError: where figures contradict each other.
    """
    return Result(
        _core.run(_document(platform, workload, mapping), dict(settings or {}), limit_seconds)
    )


def run_streams(
    platform: str | pathlib.Path, *streams: str, limit_seconds: float | None = None
) -> Result:
    """Runs command streams, written by hand or by `lower()`, at once on one platform.

    Args:
        platform: name of a shipped file, or a path.
        streams: their texts; docs/command_stream.md has the form.
        limit_seconds: of host time; the result is partial where it is reached.

    Raises:
        UserError: with every mistake; files are called `stream 1` and so on in the folder of the
            moment.
    """
    with tempfile.TemporaryDirectory(prefix="orrery-") as folder:
        files = []
        for number, text in enumerate(streams, 1):
            file = pathlib.Path(folder) / f"stream {number}"
            file.write_text(text)
            files.append(str(file))
        return Result(_core.run_streams(str(platform), files, limit_seconds))


def lower(
    platform: PlatformLike,
    workload: WorkloadLike,
    mapping: MappingLike = None,
    *,
    settings: Map[str, Any] | None = None,
) -> str:
    """The command stream of a workload on a platform as text; see docs/command_stream.md.

    Raises:
        UserError: with every mistake in what was given.
    """
    return _core.lower(_document(platform, workload, mapping), dict(settings or {}))


def compare(
    platform: PlatformLike,
    workload: WorkloadLike,
    mapping: MappingLike = None,
    *,
    dataflows: Iterable[str] = ("os", "ws", "is"),
    settings: Map[str, Any] | None = None,
) -> pandas.DataFrame:
    """One run for each dataflow, side by side.

    Returns:
        One row a dataflow: `cycles`, `seconds`, `picojoules`, then the cycles of each layer.

    Raises:
        UserError: with every mistake in what was given.
    """
    import pandas

    document = _document(platform, workload, mapping)
    rows = {}
    for dataflow in dataflows:
        result = Result(
            _core.run(document, {**(settings or {}), "mapping.dataflow": dataflow}, None)
        )
        layers = {layer["name"]: layer["cycles"] for layer in result.json["layers"]}
        rows[dataflow] = {
            "cycles": result.cycles,
            "seconds": result.seconds,
            "picojoules": result.picojoules,
            **layers,
        }
    return pandas.DataFrame.from_dict(rows, orient="index").rename_axis("dataflow")
