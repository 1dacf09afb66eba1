# SPDX-License-Identifier: Apache-2.0
"""orrery sweep: every combination once, whatever happens; the best points."""

import contextlib
import csv
import ctypes
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
parameters: {workload: [tiny_gemm, llama2_7b_prefill], platform.engines.array.rows: [8, 64]}
objectives: {cycles: minimize}
""")
    ours, terminal = os.openpty()
    process = subprocess.Popen(
        # The two long points run to the limit, while the short ones have ended.
        [EXECUTABLE, "sweep", file, "-o", tmp_path / "out", "-j", "3", "--limit-seconds", "4"],
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
    assert process.wait() == 1
    assert b"2 of 4 points, 0 failed" in shown
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


SMALL = """
base: {platform: edge, workload: tiny_gemm}
parameters: {platform.engines.array.rows: [8, 16]}
"""


def store_bytes(folder) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def test_store_of_a_newer_version_is_refused_and_left_alone(sweep):
    first = sweep(SMALL, "--no-figures")
    with contextlib.closing(sqlite3.connect(first.folder / "store.sqlite")) as database:
        database.execute("PRAGMA user_version = 2")
    before = store_bytes(first.folder)
    outcome = sweep(SMALL, "--no-figures")
    assert outcome.code == 2
    assert outcome.stderr == (
        f"error: {first.folder}/store.sqlite: this store has version 2; "
        "expected version 1: it was written by another release\n"
    )
    assert store_bytes(first.folder) == before


def obey_permissions():
    """Before a program of root's begins: permissions then hold for it, too."""
    drop_from_bounding_set, override_permissions = 24, 1  # linux/prctl.h, linux/capability.h
    ctypes.CDLL(None).prctl(drop_from_bounding_set, override_permissions, 0, 0, 0)


@contextlib.contextmanager
def read_only(path):
    mode = path.stat().st_mode
    path.chmod(mode & ~0o222)
    yield
    path.chmod(mode)


@pytest.mark.parametrize(
    ("locked", "error"),
    [
        ("", "out: cannot be created: Permission denied"),
        ("out", "out: cannot be written to: Permission denied"),
        ("out/store.sqlite", "out/store.sqlite: this store is read-only"),
    ],
)
def test_read_only_folder_is_named_and_its_store_intact(sweep, tmp_path, locked, error):
    (tmp_path / "example.yaml").write_text(SMALL)
    if locked:
        assert sweep(SMALL, "--no-figures").code == 0
    before = store_bytes(tmp_path / "out") if locked else {}
    command = [EXECUTABLE, "sweep", tmp_path / "example.yaml", "-o", tmp_path / "out", "--retry"]
    with read_only(tmp_path / locked):
        outcome = subprocess.run(
            command,
            cwd=ROOT,
            preexec_fn=obey_permissions,
            capture_output=True,
            text=True,
            check=False,
        )
    assert outcome.returncode == 2
    assert outcome.stderr.startswith(f"error: {tmp_path}/{error}")
    assert (store_bytes(tmp_path / "out") if locked else {}) == before
    again = sweep(SMALL, "--no-figures")
    assert again.code == 0
    assert f"{0 if locked else 2} of them run now" in again.stdout
