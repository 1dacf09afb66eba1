# SPDX-License-Identifier: Apache-2.0
"""orrery study: what it writes, and that nothing stops it for good."""

import contextlib
import csv
import functools
import json
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import time

import pytest
from conftest import EXECUTABLE, ROOT, check_study_schema, derived_values

EXPORTS = ["study.json", "results.csv", "study.md"]

# 3 x 8 points, each of some tens of milliseconds.
STUDY = """
base: {platform: edge, workload: tiny_conv}
axes:
  dataflow: {path: mapping.dataflow, values: [{value: os, quick: true}, ws, is]}
  buffers:
    path: platform.scratchpad.capacity
    values: [64 KiB, 128 KiB, 256 KiB, 512 KiB, 1 MiB, 2 MiB, 3 MiB, 4 MiB]
metrics:
  cycles: {path: latency.cycles, unit: cycles}
  energy: {path: energy.total_pj, unit: pJ}
derived:
  ratio: cycles / cycles[dataflow=os]
  mean: geomean(ratio over buffers)
published:
  - {figure: mean, at: {dataflow: os}, value: 1, tolerance: 0 %, source: by definition}
"""


@pytest.fixture
def study(run_points):
    """Calls `orrery study` on a file with this text."""
    return functools.partial(run_points, "study")


def exports(folder) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in EXPORTS}


def stored(folder) -> dict[str, tuple[str, int]]:
    """{point: (status, attempts)}."""
    with sqlite3.connect(folder / "store.sqlite") as database:
        return {
            name: (status, attempts)
            for name, status, attempts in database.execute("SELECT id, status, attempts FROM point")
        }


def test_mobilenet_study_gives_the_figures_of_its_page(orrery, tmp_path):
    outcome = orrery("study", "mobilenet_dataflows", "--quick", "-o", tmp_path / "out")
    assert outcome.code == 0, outcome.stderr
    with (outcome.folder / "results.csv").open() as file:
        cycles = {row["dataflow"]: int(float(row["cycles"])) for row in csv.DictReader(file)}
    # docs/studies/mobilenet_dataflows.md
    assert cycles == {"rs": 279514, "ws": 502388, "os": 2150442}
    assert (outcome.folder / "cycles.png").stat().st_size > 5000
    assert "<svg" in (outcome.folder / "cycles.svg").read_text()


def test_mixed_platform_study_gives_the_figures_of_its_page(orrery, tmp_path):
    outcome = orrery("study", "mixed_platform", "--quick", "-o", tmp_path / "out", "--no-figures")
    assert outcome.code == 0, outcome.stderr
    with (outcome.folder / "results.csv").open() as file:
        rows = {row["configuration"]: row for row in csv.DictReader(file)}
    cycles = [int(float(rows[f"tables; {where}; INT8"]["cycles"])) for where in ("banks", "arrays")]
    # docs/mixed_platform.md
    page = (ROOT / "docs" / "mixed_platform.md").read_text()
    assert cycles == [760456, 1272083]
    assert all(f"{value:,}" in page for value in cycles)
    # On arrays all of the cache crosses the interface: 8,192 bytes of each of 77,265 tokens but the
    # new ones.
    read = [
        int(float(rows[f"tables; {where}; INT8"]["bytes_read"])) for where in ("banks", "arrays")
    ]
    assert read[1] - read[0] < 77265 * 8192
    assert read[1] > (77265 - 256) * 8192


@pytest.fixture
def silicon_study(orrery, tmp_path):
    """Runs the quick points of the study of a measured chip; they stand in its page."""

    def call(chip, points) -> dict:
        name = f"silicon_{chip}"
        outcome = orrery("study", name, "--quick", "-o", tmp_path / "out", "--no-figures")
        assert outcome.code == 0, outcome.stderr
        result = json.loads((outcome.folder / "study.json").read_text())
        page = (ROOT / "docs" / "validation" / f"{name}.md").read_text()
        simulated = derived_values(result, "simulated", "point")
        measured = derived_values(result, "published", "point")
        assert len(simulated) == points
        for point, nanoseconds in simulated.items():
            # A row for each point, or one for each number of tokens: "gate and up of 136".
            times = measured[point] / 1e3, nanoseconds / 1e3
            row = f"| {point} | {times[0]:.2f} | {times[1]:.2f} |"
            tokens = point.rsplit(" ", 1)[-1]
            cell = f"| {times[0]:.1f}, {times[1]:.1f}, "
            assert row in page or any(
                line.startswith(f"| {tokens} |") and cell in line for line in page.splitlines()
            ), point
        return result

    return call


def test_h100_study_gives_the_rows_of_its_page(silicon_study):
    simulated = derived_values(silicon_study("h100", 4), "simulated", "point")
    # 86 result tiles of 128 x 128 are one round over 132 multiprocessors; with those of 8 more rows
    # there are two. Measured: 1.38.
    stair = simulated["gate and up of 136"] / simulated["gate and up of 128"]
    assert stair == pytest.approx(1.38, rel=0.1)


def test_tpu_study_gives_the_rows_of_its_page(silicon_study):
    result = silicon_study("tpu_v6e", 7)
    # As others found, a data-sheet roofline is about a third off on these rows.
    (roofline,) = (d for d in result["derived"] if d["name"] == "ceiling_error")
    assert roofline["values"][0]["value"] == pytest.approx(0.31, abs=0.005)


def test_scale_sim_study_agrees_with_every_published_figure(orrery, tmp_path):
    outcome = orrery("study", "scalesim", "-o", tmp_path / "out", "--no-figures", "--json")
    assert outcome.code == 0, outcome.stderr
    result = json.loads(outcome.stdout)
    assert [row["within_tolerance"] for row in result["published"]] == [True] * 12
    assert result == json.loads((outcome.folder / "study.json").read_text())
    check_study_schema(result)
    assert not (outcome.folder / "utilization.png").exists()


def test_token_of_llama_takes_what_its_closed_forms_say(orrery, tmp_path):
    outcome = orrery("study", "decode_bounds", "--quick", "-o", tmp_path / "out", "--no-figures")
    assert outcome.code == 0, outcome.stderr
    result = json.loads((outcome.folder / "study.json").read_text())
    bounds = derived_values(result, "bound", "memory")
    # HBM2, the array: 535,822,336 weights / 128 a cycle at 940 MHz. DDR5, the memory: with
    # 8,388,608 bytes of cache, at 2 x 25.6 GB/s.
    assert bounds["HBM2"] == pytest.approx(535822336 / 128 / 940e6, rel=1e-9)
    assert bounds["DDR5"] == pytest.approx((535822336 + 8388608) / 51.2e9, rel=1e-9)
    within = [row["within_tolerance"] for row in result["published"]]
    assert within == [True, True, None, None]


def test_tables_and_multipliers_cross_where_their_areas_say(orrery, tmp_path):
    outcome = orrery("study", "who_wins", "--quick", "-o", tmp_path / "out", "--no-figures")
    assert outcome.code == 0, outcome.stderr
    with (outcome.folder / "results.csv").open() as file:
        rows = {(row["design"], row["weights"]): row for row in csv.DictReader(file)}
    density = {at: float(row["density"]) for at, row in rows.items()}
    seconds = {at: float(row["seconds"]) for at, row in rows.items()}
    # 2 x 1.41 GHz for each product of 152 um2, or of 11,991 / 512 um2 and a bit.
    for weights, bits in [("W2", 2), ("W8", 8)]:
        assert density["MAC", weights] == pytest.approx(2 * 1.41e9 / 152e-6 / 1e12)
        assert density["LUT-TC", weights] == pytest.approx(
            2 * 1.41e9 / (11991e-6 / 512 * bits) / 1e12
        )
    # Decode: the array decides with 2-bit weights, with 8-bit weights their 202 MB at 256 GB/s.
    assert seconds["LUT-TC", "W2"] < 0.9 * seconds["MAC", "W2"]
    assert seconds["LUT-TC", "W8"] == pytest.approx(seconds["MAC", "W8"], rel=0.03)
    assert seconds["LUT-TC", "W8"] > (4 * 4096 * 4096 + 3 * 4096 * 11008) / 256e9


def test_number_of_workers_changes_nothing(study):
    one = study(STUDY, "-j", "1", folder="one")
    two = study(STUDY, "-j", "2", folder="two")
    assert (one.code, two.code) == (0, 0), one.stderr + two.stderr
    assert exports(one.folder) == exports(two.folder)
    assert len(stored(one.folder)) == 24


def test_second_call_runs_nothing_and_writes_the_same(study):
    first = study(STUDY)
    before = exports(first.folder)
    again = study(STUDY)
    assert "24 points, 24 of them run now" in first.stdout
    assert "24 points, 0 of them run now" in again.stdout
    assert exports(again.folder) == before
    assert set(stored(again.folder).values()) == {("done", 1)}


def test_only_what_changed_is_run_again(study):
    study(STUDY)
    # A new metric, another label order and a note change no point.
    text = STUDY.replace("metrics:", "metrics:\n  seconds: latency.seconds")
    assert "24 points, 0 of them run now" in study(text).stdout
    # One size of eight, under three dataflows; the four others keep their labels.
    text = STUDY.replace("64 KiB,", "{value: 80 KiB, label: 64 KiB},")
    assert "24 points, 3 of them run now" in study(text).stdout


def test_changed_workload_file_invalidates_its_points(study, tmp_path):
    shutil.copy(ROOT / "workloads/layers/tiny_gemm.yaml", tmp_path / "mine.yaml")
    text = STUDY.replace("tiny_conv", "mine.yaml").replace("[64 KiB, 128 KiB,", "[")
    assert "18 of them run now" in study(text).stdout
    assert " 0 of them run now" in study(text).stdout
    with (tmp_path / "mine.yaml").open("a") as file:
        file.write("\n# A comment is no change.\n")
    assert " 0 of them run now" in study(text).stdout
    with (tmp_path / "mine.yaml").open("a") as file:
        file.write("seed: 2\n")
    assert "18 of them run now" in study(text).stdout


def test_quick_points_are_part_of_the_whole(study):
    quick = study(STUDY, "--quick")
    assert "8 points, 8 of them run now" in quick.stdout
    assert json.loads((quick.folder / "study.json").read_text())["quick"] is True
    whole = study(STUDY)
    assert "24 points, 16 of them run now" in whole.stdout
    assert exports(whole.folder) == exports(study(STUDY, folder="fresh").folder)


def kill_at_random(command, generator) -> bool:
    """Starts the command and kills its process without warning. False: it had ended before."""
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    time.sleep(generator.uniform(0.02, 0.4))
    ended = process.poll() is not None
    process.kill()
    process.wait()
    return not ended


def test_killed_study_goes_on_and_ends_the_same(study, tmp_path):
    undisturbed = study(STUDY, folder="undisturbed")
    assert undisturbed.code == 0, undisturbed.stderr
    command = [EXECUTABLE, "study", tmp_path / "example.yaml", "-o", tmp_path / "killed", "-j", "2"]
    generator = random.Random(7)
    kills = sum(kill_at_random(command, generator) for _ in range(8))
    assert kills > 0
    resumed = study(STUDY, folder="killed")
    assert resumed.code == 0, resumed.stderr
    assert exports(resumed.folder) == exports(undisturbed.folder)
    points = stored(resumed.folder)
    assert {status for status, _ in points.values()} == {"done"}
    assert all(attempts <= 1 + kills for _, attempts in points.values())
    # At most the two points in flight are lost by each kill.
    assert sum(attempts for _, attempts in points.values()) <= len(points) + 2 * kills


def test_killed_workers_cost_nothing_but_time(study, tmp_path):
    text = STUDY.replace("tiny_conv", "alexnet").replace("64 KiB, 128 KiB, 256 KiB,", "")
    undisturbed = study(text, folder="undisturbed")
    process = subprocess.Popen(
        [EXECUTABLE, "study", tmp_path / "example.yaml", "-o", tmp_path / "killed", "-j", "2"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    kills = 0
    while kills < 3 and (worker := first_worker(process)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(worker), signal.SIGKILL)
            kills += 1
        time.sleep(0.2)
    assert process.wait() == 0
    assert kills > 0
    assert exports(tmp_path / "killed") == exports(undisturbed.folder)
    points = stored(tmp_path / "killed")
    assert {status for status, _ in points.values()} == {"done"}
    assert sum(attempts for _, attempts in points.values()) <= len(points) + kills


def test_full_disk_leaves_the_store_intact(study, tmp_path):
    (tmp_path / "example.yaml").write_text(STUDY)

    def small_files():
        # Writing beyond the limit then fails as on a full disk.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))

    full = subprocess.run(
        [EXECUTABLE, "study", tmp_path / "example.yaml", "-o", tmp_path / "out"],
        cwd=ROOT,
        preexec_fn=small_files,
        capture_output=True,
        text=True,
        check=False,
    )
    assert full.returncode == 2
    assert full.stderr.startswith(f"error: {tmp_path}/out/store.sqlite: cannot be written: ")
    again = study(STUDY)
    assert again.code == 0, again.stderr
    assert exports(again.folder) == exports(study(STUDY, folder="fresh").folder)
    # What was stored before the disk was full is not run again.
    assert 0 < int(re.search(r"(\d+) of them run now", again.stdout)[1]) < 24


def first_worker(process) -> str:
    """The process number of a worker of the study, "" where it ended without one."""
    children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while process.poll() is None:
        if workers := children.read_text().split():
            return workers[0]
    return ""


def test_no_worker_outlives_a_killed_study(study, tmp_path):
    text = "base: {platform: tpu_like, workload: resnet50}\nmetrics: {cycles: latency.cycles}\n"
    (tmp_path / "example.yaml").write_text(text)
    process = subprocess.Popen(
        [EXECUTABLE, "study", tmp_path / "example.yaml", "-o", tmp_path / "out"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    worker = first_worker(process)
    process.kill()
    process.wait()
    deadline = time.monotonic() + 10
    while os.path.exists(f"/proc/{worker}/exe") and time.monotonic() < deadline:
        time.sleep(0.01)
    assert worker
    assert not os.path.exists(f"/proc/{worker}/exe")


def test_interrupted_study_says_so_and_goes_on(study, tmp_path):
    text = STUDY.replace("tiny_conv", "resnet18")
    (tmp_path / "example.yaml").write_text(text)
    process = subprocess.Popen(
        [EXECUTABLE, "study", tmp_path / "example.yaml", "-o", tmp_path / "out", "-j", "1"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    worker = first_worker(process)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert output == ""
    assert errors.startswith("error: interrupted after ")
    assert not os.path.exists(f"/proc/{worker}/exe")
    assert not (tmp_path / "out" / "study.json").exists()


FAILING = f"""
base: {{platform: {ROOT}/tests/bad_input/base_platform.yaml}}
axes:
  workload:
    path: workload
    values:
      - {{label: large, value: {ROOT}/tests/bad_input/cli_model_larger_than_memory.yaml}}
      - {{label: small, value: tiny_gemm}}
metrics: {{cycles: latency.cycles}}
derived:
  points: count(cycles over workload)
"""


def test_failed_point_stops_nobody_else(study):
    outcome = study(FAILING)
    assert outcome.code == 1
    result = json.loads((outcome.folder / "study.json").read_text())
    assert [point["status"] for point in result["points"]] == ["failed", "done"]
    # 131,072 x 131,072 bytes.
    assert "tensor 'product.weight' of 16 GiB does not fit" in result["points"][0]["error"]
    assert "tensor 'product.weight' of 16 GiB does not fit" in outcome.stdout
    assert result["derived"][0]["values"] == [{"at": {}, "value": None, "absence": "failed"}]
    check_study_schema(result)
    # It is kept, and run again only when asked for.
    assert " 0 of them run now" in study(FAILING).stdout
    assert " 1 of them run now" in study(FAILING, "--retry").stdout
    assert stored(outcome.folder)["workload=large"] == ("failed", 2)


def test_expected_mistake_is_left_out_of_averages(study):
    outcome = study(FAILING + "not_applicable: [does not fit]\n")
    assert outcome.code == 0, outcome.stdout
    result = json.loads((outcome.folder / "study.json").read_text())
    assert [point["status"] for point in result["points"]] == ["not applicable", "done"]
    assert result["derived"][0]["values"] == [{"at": {}, "value": 1}]
    assert study(FAILING + "not_applicable: [is no reason]\n", folder="other").code == 1


def test_streams_are_points_too(orrery, study, tmp_path):
    stream = tmp_path / "tiny.txt"
    lowered = orrery("lower", "-p", "edge", "-w", "tiny_gemm", "--format", "text", "-o", stream)
    assert lowered.code == 0, lowered.stderr
    text = """
base: {platform: edge}
axes:
  form:
    values:
      - {label: stream, streams: [tiny.txt]}
      - {label: workload, workload: tiny_gemm}
metrics: {cycles: latency.cycles}
derived: {ratio: "cycles[form=stream] / cycles[form=workload]"}
"""
    outcome = study(text)
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    result = json.loads((outcome.folder / "study.json").read_text())
    assert result["derived"][0]["values"] == [{"at": {}, "value": 1}]
    wrong = study(text.replace("tiny.txt", "tinny.txt"))
    assert wrong.code == 2
    assert "no such file" in wrong.stderr


def test_point_that_takes_too_long_has_failed(study):
    text = "base: {platform: tpu_like, workload: resnet50}\nmetrics: {cycles: latency.cycles}\n"
    outcome = study(text, "--limit-seconds", "0.05")
    assert outcome.code == 1
    assert "stopped at the time limit of 0.05 s" in outcome.stdout


def test_missing_metric_is_a_mistake_and_loses_nothing(study):
    outcome = study(STUDY.replace("latency.cycles", "latency.cycle"))
    assert outcome.code == 2
    assert "did you mean 'cycles'?" in outcome.stderr
    assert not (outcome.folder / "study.json").exists()
    assert "24 points, 0 of them run now" in study(STUDY).stdout


def test_study_without_python_is_still_a_study(tmp_path):
    outcome = subprocess.run(
        [EXECUTABLE, "study", "mobilenet_dataflows", "--quick", "-o", tmp_path / "out"],
        cwd=ROOT,
        env={**os.environ, "ORRERY_PYTHON": "/nonexistent/python"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 0
    assert outcome.stdout.endswith("No figures were drawn: Python cannot be started\n")


def test_shipped_studies_are_listed(orrery):
    names = [study["name"] for study in json.loads(orrery("list", "studies", "--json").stdout)]
    assert names == sorted(path.stem for path in (ROOT / "configs" / "studies").glob("*.yaml"))


def test_second_study_in_the_folder_of_another_is_refused(study, tmp_path):
    assert study(STUDY, "--quick").code == 0
    outcome = study("name: other\n" + STUDY, "--quick")
    assert outcome.code == 2
    assert "this is the store of 'example'" in outcome.stderr
