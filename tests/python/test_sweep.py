# SPDX-License-Identifier: Apache-2.0
"""orrery sweep: every combination once, whatever happens; the best points."""

import contextlib
import csv
import functools
import json
import os
import random
import re
import sqlite3
import subprocess
import time

import pytest
from conftest import EXECUTABLE, ROOT, check_study_schema
from pyarrow import parquet

EXPORTS = ["sweep.json", "results.csv", "results.parquet", "sweep.md"]

# Array size x dataflow x memory x model: 5 x 5 x 2 x 4 = 200 points of some tens of milliseconds.
SWEEP = """
parameters:
  shape:
    paths: [platform.engines.array.rows, platform.engines.array.columns]
    values: [[8, 8], [16, 16], [32, 32], [16, 64], [64, 16]]
  mapping.dataflow: [os, ws]
  platform.scratchpad.capacity: {from: 128, to: 2048, factor: 2, unit: KiB}
  platform: [edge, tpu_like]
  workload: [tiny_conv, tiny_gemm]
constraints: [rows * columns > 0]
objectives: {seconds: minimize, picojoules: minimize}
"""


@pytest.fixture
def sweep(run_points):
    """Calls `orrery sweep` on a file with this text."""
    return functools.partial(run_points, "sweep")


def exports(folder) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in EXPORTS}


def test_shipped_sweep_names_its_best_points(orrery, tmp_path):
    outcome = orrery("sweep", "array_shape", "--quick", "-o", tmp_path / "out", "--no-figures")
    assert outcome.code == 0, outcome.stderr
    result = json.loads((outcome.folder / "sweep.json").read_text())
    check_study_schema(result)
    with (outcome.folder / "results.csv").open() as file:
        rows = list(csv.DictReader(file))
    for objective in result["objectives"]:
        figure = objective["figure"]
        assert objective["best"]["value"] == pytest.approx(
            min(float(row[figure]) for row in rows), rel=1e-11
        )
    # None of the front is beaten, all others are.
    for row in rows:
        beaten = any(
            float(other["seconds"]) <= float(row["seconds"])
            and float(other["picojoules"]) <= float(row["picojoules"])
            and (other["seconds"], other["picojoules"]) != (row["seconds"], row["picojoules"])
            for other in rows
        )
        assert row["pareto"] == ("no" if beaten else "yes")


def test_two_hundred_points_survive_ten_kills(sweep, tmp_path):
    undisturbed = sweep(SWEEP, "--no-figures", folder="undisturbed")
    assert undisturbed.code == 0, undisturbed.stderr
    command = [EXECUTABLE, "sweep", tmp_path / "example.yaml", "-o", tmp_path / "killed", "-j", "2"]
    generator = random.Random(11)
    kills = 0
    while kills < 10:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(generator.uniform(0.05, 0.6))
        if process.poll() is not None:
            break
        process.kill()
        process.wait()
        kills += 1
    resumed = sweep(SWEEP, "--no-figures", folder="killed")
    assert resumed.code == 0, resumed.stderr
    assert exports(resumed.folder) == exports(undisturbed.folder)
    with sqlite3.connect(resumed.folder / "store.sqlite") as database:
        points = database.execute("SELECT status, attempts FROM point").fetchall()
    assert len(points) == 200
    assert {status for status, _ in points} == {"done"}
    assert max(attempts for _, attempts in points) <= 1 + kills
    # Each kill loses at most the two points in flight.
    assert sum(attempts for _, attempts in points) <= 200 + 2 * kills
    assert kills >= 5


TYPED = """
base: {platform: edge}
parameters:
  platform.engines.array.rows: [8, 16]
  platform.memory.dram.channels: [1, 2]
  platform.scratchpad.capacity: [512 KiB, 1 MiB]
  workload: [tiny_gemm, LARGE]
constraints: [rows * channels < 32]
metrics: {cycles: {path: latency.cycles, unit: cycles}, seconds: {path: latency.seconds, unit: s}}
derived:
  rate: {value: "1e6 / cycles", unit: runs}
  total: sum(cycles over workload)
objectives: {cycles: minimize}
""".replace("LARGE", f"{ROOT}/tests/bad_input/cli_model_larger_than_memory.yaml")


def test_parquet_is_the_csv_with_types_and_units(sweep):
    outcome = sweep(TYPED)
    assert outcome.code == 1, outcome.stderr
    table = parquet.read_table(outcome.folder / "results.parquet")
    with (outcome.folder / "results.csv").open() as file:
        rows = list(csv.DictReader(file))
    kinds = {field.name: str(field.type) for field in table.schema}
    assert list(kinds) == list(rows[0])
    assert {"rows": "int64", "capacity": "string", "cycles": "double"}.items() <= kinds.items()
    assert kinds["rate"] == "double"
    assert kinds["pareto"] == "bool"
    assert table.schema.field("seconds").metadata == {b"unit": b"s"}
    assert table.schema.field("rate").metadata == {b"unit": b"runs"}
    written = {"True": "yes", "False": "no", "None": ""}
    for row, typed in zip(rows, table.to_pylist(), strict=True):
        for name, text in row.items():
            value = typed[name]
            if isinstance(value, float):
                assert float(text) == value
            elif name == "pareto" and value is None:
                assert text == "no"
            else:
                assert written.get(str(value), str(value)) == text
    again = sweep(TYPED, folder="again")
    assert exports(again.folder) == exports(outcome.folder)


def test_progress_tells_the_best_point_so_far(tmp_path):
    file = tmp_path / "long.yaml"
    file.write_text("""
base: {platform: edge}
parameters: {workload: [tiny_gemm, gpt2_decode], platform.engines.array.rows: [8, 64]}
objectives: {cycles: minimize}
""")
    ours, terminal = os.openpty()
    process = subprocess.Popen(
        [EXECUTABLE, "sweep", file, "-o", tmp_path / "out", "-j", "1"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=terminal,
    )
    os.close(terminal)
    shown = b""
    with contextlib.suppress(OSError):  # its end
        while block := os.read(ours, 4096):
            shown += block
    os.close(ours)
    assert process.wait() == 0
    assert b" of 4 points, 0 failed" in shown
    assert re.search(rb", best cycles [\d.e+]+ \(", shown)
    assert shown.endswith(b"\r\x1b[K")


def test_parameter_that_does_not_exist_is_named_with_the_nearest(sweep):
    outcome = sweep(SWEEP.replace("scratchpad.capacity", "scratchpad.capacty"))
    assert outcome.code == 2
    assert "did you mean 'capacity'?" in outcome.stderr
    assert not outcome.folder.exists()


def test_constraints_that_leave_nothing_say_so(sweep):
    outcome = sweep(SWEEP.replace("> 0", "> 9999"))
    assert outcome.code == 2
    assert (
        "constraints: no point is left: 'rows * columns > 9999' leaves out 200 of 200"
        in outcome.stderr
    )
    assert not outcome.folder.exists()
