# SPDX-License-Identifier: Apache-2.0
"""`orrery memory`: against other simulators, in bounded memory, the same bytes twice."""

import gzip
import importlib.util
import json
import os
import pathlib
import random
import subprocess
import threading
import time

import jsonschema
import pytest
from conftest import EXECUTABLE, ROOT

SPECIFICATION = importlib.util.spec_from_file_location(
    "validate_memory", ROOT / "scripts" / "validate_memory.py"
)
validate = importlib.util.module_from_spec(SPECIFICATION)
SPECIFICATION.loader.exec_module(validate)

EXAMPLE = "workloads/traces/example.txt"


@pytest.mark.parametrize(
    "case", validate.cases(), ids=lambda case: f"{case.device}-{case.refresh}-{case.trace}"
)
def test_totals_lie_within_the_range_of_three_simulators(case, tmp_path):
    cycles = validate.cycles_of(case, tmp_path)
    assert case.least <= cycles <= case.most
    assert case.exact in (None, cycles)


def test_the_table_in_the_documentation_is_that_of_this_program(tmp_path):
    page = validate.PAGE.read_text()
    for case in validate.cases():
        assert validate.row_of(case, validate.cycles_of(case, tmp_path)) in page


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(
    ("device", "rows", "window"), [("ddr4_2400", 2**27, 26), ("hbm2", 2**24, 30)]
)
def test_random_reads_run_at_the_limit_of_four_activations(device, rows, window, seed, tmp_path):
    """Four activations a window: 10,000 reads of other rows take 2,500 windows and a little."""
    source = random.Random(seed)
    trace = tmp_path / "trace.txt"
    trace.write_text("".join(f"{source.randrange(rows) * 64} R\n" for _ in range(10_000)))
    result = validate.run(f"comparison_{device}", trace, "off")
    # 2,499 windows lie between the first activations of the first and the last four.
    assert 2499 * window <= result["time"]["cycles"] <= 1.02 * 2500 * window


@pytest.mark.parametrize(("device", "banks"), [("ddr4_2400", 16), ("hbm2", 16)])
@pytest.mark.parametrize("bank", [1, 7])
@pytest.mark.parametrize("step", [1, 3])
def test_other_row_strides_equal_the_closed_form(device, banks, bank, step, tmp_path):
    stride = validate.ROW_STRIDE[device]
    trace = tmp_path / "trace.txt"
    first = bank * stride // banks
    trace.write_text("".join(f"{first + i * step * stride} R\n" for i in range(1000)))
    row_cycle, row_to_column, latency, burst = validate.CLOSED_FORM[device]
    result = validate.run(f"comparison_{device}", trace, "off")
    assert result["time"]["cycles"] == 999 * row_cycle + row_to_column + latency + burst


def write_sequence(path: pathlib.Path, requests: int) -> None:
    """Feeds a pipe, piece by piece."""
    piece = 50_000
    with path.open("w") as pipe:
        for begin in range(0, requests, piece):
            pipe.write("".join(f"{i % 65536 * 64} R\n" for i in range(begin, begin + piece)))


def peak_memory(process: subprocess.Popen) -> int:
    """Kilobytes of resident memory at most, seen until the process ends.

    Not getrusage(): its maximum begins with that of the process that started this one.
    """
    peak = 0
    while process.poll() is None:
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
        for line in status.splitlines():
            if line.startswith("VmHWM:"):
                peak = max(peak, int(line.split()[1]))
        time.sleep(0.02)
    return peak


def test_memory_does_not_grow_with_the_length_of_the_trace(tmp_path):
    """Five million lines through a pipe; the peak of the resident memory stays below 60 MB."""
    requests = 5_000_000
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    feeder = threading.Thread(target=write_sequence, args=(pipe, requests), daemon=True)
    feeder.start()
    with (tmp_path / "out.json").open("w") as output:
        process = subprocess.Popen(
            [EXECUTABLE, "memory", "hbm2_2000", pipe, "--json"], cwd=ROOT, stdout=output
        )
        peak = peak_memory(process)
    feeder.join()
    assert process.returncode == 0
    result = json.loads((tmp_path / "out.json").read_text())
    assert result["trace"]["reads"] == requests
    assert 1_000 < peak < 60_000


def outputs(orrery, folder: pathlib.Path, trace) -> dict[str, bytes]:
    folder.mkdir()
    done = orrery(
        "memory",
        "ddr4_2400",
        trace,
        *("--channels", 2, "--check"),
        *("--log", folder / "log", "--vcd", folder / "vcd"),
        *("--timeline", folder / "timeline.json.gz", "-o", folder / "out"),
    )
    assert done.code == 0, done.stderr
    files = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    files["stdout"] = done.stdout.encode()
    return files


def test_two_runs_give_the_same_bytes(orrery, tmp_path):
    first = outputs(orrery, tmp_path / "first", EXAMPLE)
    second = outputs(orrery, tmp_path / "second", EXAMPLE)
    assert sorted(first) == [
        "log",
        "memory.json",
        "resolved.yaml",
        "stdout",
        "timeline.json.gz",
        "vcd",
    ]
    assert first == second


def test_gzip_makes_no_difference(orrery, tmp_path):
    packed = tmp_path / "example.gz"
    packed.write_bytes(gzip.compress((ROOT / EXAMPLE).read_bytes()))
    plain = json.loads(orrery("memory", "ddr4_2400", EXAMPLE, "--json").stdout)
    result = json.loads(orrery("memory", "ddr4_2400", packed, "--json").stdout)
    for key in ["time", "read_latency", "accesses", "commands", "energy"]:
        assert result[key] == plain[key]


STANDARDS = sorted(path.stem for path in (ROOT / "configs" / "dram").glob("*.yaml"))


@pytest.mark.parametrize("standard", STANDARDS)
def test_the_example_runs_on_every_standard(orrery, standard):
    done = orrery("memory", standard, EXAMPLE, "--json", "--check")
    assert done.code == 0, done.stderr
    result = json.loads(done.stdout)
    schema = json.loads((ROOT / "docs" / "schemas" / "memory.schema.json").read_text())
    jsonschema.validate(result, schema)
    assert sum(result["check"]["findings"].values()) == 0
    assert result["bandwidth"]["utilization"] <= 1
    # Every burst is a hit, a miss or a conflict, unless a queued write answered it.
    accesses = result["accesses"]
    assert accesses["row_hits"] + accesses["row_misses"] + accesses["row_conflicts"] == (
        accesses["read_bursts"] + accesses["write_bursts"] - accesses["forwarded"]
    )
    histogram = result["read_latency"]["histogram"]
    assert sum(bucket["count"] for bucket in histogram) == accesses["read_bursts"]


def test_the_timeline_has_a_track_for_every_bank(orrery, tmp_path):
    file = tmp_path / "timeline.json"
    done = orrery("memory", "ddr4_2400", EXAMPLE, "--timeline", file)
    assert done.code == 0, done.stderr
    events = json.loads(file.read_text())["traceEvents"]
    tracks = {
        event["tid"]: event["args"]["name"] for event in events if event["name"] == "thread_name"
    }
    assert len(tracks) == 16 + 1
    assert "data bus" in tracks.values()
    ends = {}
    spans = [event for event in events if event["ph"] == "X"]
    for event in sorted(spans, key=lambda event: event["ts"]):
        assert event["ts"] >= ends.get(event["tid"], 0) - 1e-9, "spans of a track lie apart"
        ends[event["tid"]] = event["ts"] + event["dur"]
    result = json.loads(orrery("memory", "ddr4_2400", EXAMPLE, "--json").stdout)
    names = [event["name"] for event in spans]
    assert names.count("read") == result["commands"]["RD"]
    assert names.count("write") == result["commands"]["WR"]
    assert sum(name.startswith("row ") for name in names) == result["commands"]["ACT"]


def test_a_mistake_late_in_the_trace_leaves_nothing(orrery, tmp_path):
    trace = tmp_path / "trace.txt"
    trace.write_text("".join(f"{i * 64} R\n" for i in range(20_000)) + "oops R\n")
    before = sorted(tmp_path.rglob("*"))
    done = orrery(
        "memory",
        "ddr4_2400",
        trace,
        *("--log", tmp_path / "log", "--vcd", tmp_path / "vcd"),
        *("--timeline", tmp_path / "timeline.json", "-o", tmp_path / "out"),
    )
    assert done.code == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"error: {trace}:20001:1: found 'oops'")
    assert sorted(tmp_path.rglob("*")) == before
