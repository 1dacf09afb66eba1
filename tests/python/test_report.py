# SPDX-License-Identifier: Apache-2.0
"""`orrery report`: in a browser, against the results, and where there is nothing to report."""

import concurrent.futures
import csv
import json
import os
import pathlib
import re
import subprocess

import pytest
from browser import DrawnMarks, Tables, open_page
from conftest import EXECUTABLE, PACKAGE_PATHS, ROOT

SWEEP = """\
title: Two parameters
base: {platform: edge, workload: tiny_gemm}
parameters:
  platform.engines.array.rows: [8, 16, 32]
  platform.memory.dram.channels: [1, 2]
objectives: {seconds: minimize, picojoules: minimize}
plots:
  latency: {figure: seconds, x: rows, series: channels, kind: line, title: Latency}
  scatter: {kind: scatter, figure: seconds, x: cycles, beside: picojoules, groups: {all: cycles},
            diagonal: true, logarithmic: true, logarithmic_x: true}
"""
STUDY = f"""\
title: One axis
base: {{platform: edge}}
axes:
  workload:
    path: workload
    values:
      - {{label: small, value: tiny_gemm}}
      - {{label: convolution, value: tiny_conv}}
      - {{label: large, value: {ROOT}/tests/bad_input/cli_model_larger_than_memory.yaml}}
metrics: {{cycles: {{path: latency.cycles, unit: cycles}}}}
published:
  - {{figure: cycles, at: {{workload: small}}, value: 1000, tolerance: 50 %, source: nobody}}
plots:
  cycles: {{figure: cycles, x: workload, logarithmic: true}}
"""
RUN = {"engine_states", "roofline", "time_by_layer", "utilization_over_time",
       "bandwidth_over_time", "energy_by_component", "energy_by_layer"}  # fmt: skip


def call(*arguments, code=0) -> subprocess.CompletedProcess:
    done = subprocess.run(
        [EXECUTABLE, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    return done


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> dict[str, pathlib.Path]:
    """A folder with results, and its report, of each kind."""
    root = tmp_path_factory.mktemp("results")
    (root / "sweep.yaml").write_text(SWEEP)
    (root / "study.yaml").write_text(STUDY)
    one_layer = ["--set", "workload.layers=1", "--set", "workload.lm_head=false"]
    short = ["--set", "workload.prompt=32", "--set", "workload.lm_head=false"]
    closed_forms = ["--set", "mapping.execution.kind=analytical"]
    commands = {
        "run": ["run", "-p", "edge", "-w", "resnet18"],
        "layers": ["run", "-p", "tpu_like", "-w", "gpt2_prefill", *short],
        "tiers": ["run", "-p", "hbm_ddr", "-w", "tiny_attention"],
        "banks": ["run", "-p", "neupims", "-m", "neupims_pim", "-w", "gpt2_decode", *one_layer],
        "gpu": ["run", "-p", "a100", "-w", "tiny_gemm"],
        "analytical": ["run", "-p", "edge", "-w", "tiny_gemm", *closed_forms],
        "compare": ["compare", "-p", "edge", "-w", "tiny_conv", "--dataflow", "os,ws,is"],
        "sweep": ["sweep", root / "sweep.yaml", "-j", "2", "--no-figures"],
        "study": ["study", root / "study.yaml", "-j", "2", "--no-figures"],
    }  # fmt: skip
    for name, command in commands.items():
        call(*command, "-o", root / name, code=1 if name == "study" else 0)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda name: call("report", root / name), commands))
    return {name: root / name for name in commands}


def charts_of(page: str) -> dict[str, dict]:
    """The charts that a report asks Plotly to draw, by name."""
    text = re.search(r'<script type="application/json" id="charts">(.*?)</script>', page, re.DOTALL)
    return {chart["name"]: chart for chart in json.loads(text.group(1))}


def tables_of(folder: pathlib.Path) -> dict[str, list]:
    return Tables((folder / "report.html").read_text("utf-8")).rows


CHARTS = {
    "run": RUN,
    "layers": RUN,
    "tiers": RUN,
    "banks": RUN,
    "gpu": RUN,
    # Closed forms know no intervals.
    "analytical": RUN - {"utilization_over_time", "bandwidth_over_time"},
    "compare": {"total_cycles", "time_against_energy", "cycles_by_layer", "utilization_by_layer"},
    "sweep": {"pareto", "plot_latency", "plot_scatter", "parallel_coordinates"},
    "study": {"published", "plot_cycles", "parallel_coordinates"},
}


@pytest.fixture(scope="module")
def pages(folders, tmp_path_factory):
    """Each report after its scripts ran. A browser mostly waits: several at once."""
    profiles = tmp_path_factory.mktemp("profiles")
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        opened = {
            name: pool.submit(open_page, folder / "report.html", profiles / name)
            for name, folder in folders.items()
        }
        return {name: page.result() for name, page in opened.items()}


@pytest.mark.parametrize("name", CHARTS)
def test_browser_draws_every_chart_without_a_message(pages, name):
    page = pages[name]
    assert page.messages == []
    assert set(charts_of(page.document)) == CHARTS[name]
    for chart in charts_of(page.document).values():
        assert any(len(trace["x"]) > 0 for trace in chart["data"]), chart["name"]
        assert chart["layout"]["xaxis"]["title"]["text"] or chart["name"] == "parallel_coordinates"
    marks = DrawnMarks(page.document).marks
    assert marks.keys() == CHARTS[name]
    assert all(number > 0 for number in marks.values()), marks


def test_browser_check_sees_errors_and_what_a_page_loads(folders, tmp_path):
    text = (folders["sweep"] / "report.html").read_text("utf-8")
    broken = tmp_path / "broken.html"
    addition = '<main><img src="http://localhost:9/x.png"><script>nothing();</script>'
    broken.write_text(text.replace("<main>", addition, 1).replace('"Plotly.newPlot"', ""))
    messages = " ".join(open_page(broken, tmp_path / "profile").messages)
    assert "http://localhost:9/x.png" in messages
    assert "nothing is not defined" in messages


@pytest.mark.parametrize("name", CHARTS)
def test_report_names_no_address_to_load_from(folders, name):
    page = (folders[name] / "report.html").read_text("utf-8")
    assert "default-src 'none'" in page
    own = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert re.findall(r"""(?:src|href)=["'](?!#)""", own) == []


def test_report_is_the_same_bytes_again(folders, tmp_path):
    call("report", folders["run"], "-o", tmp_path / "again.html")
    assert (tmp_path / "again.html").read_bytes() == (folders["run"] / "report.html").read_bytes()


def test_report_agrees_with_result_compare_and_python(folders, tmp_path):
    """One run: result.json, layers.csv, the Python tables, `orrery compare`, and the report."""
    result = json.loads((folders["run"] / "result.json").read_text())
    tables = tables_of(folders["run"])
    totals = {row[0]: row[1] for row in tables["totals"] if row}
    assert totals["latency"] == result["latency"]["seconds"]
    assert totals["cycles of core (800.0 MHz)"] == result["latency"]["cycles"]
    assert totals["energy"] == result["energy"]["total_pj"]
    assert totals["utilization of array"] == result["engines"][0]["utilization"]
    layers = [row for row in tables["layers"] if row]
    lines = list(csv.DictReader((folders["run"] / "layers.csv").open()))
    for row, line, layer in zip(layers, lines, result["layers"], strict=True):
        assert row[0] == line["layer"] == layer["name"]
        assert row[5] == int(line["cycles"]) == layer["cycles"]
        assert row[8] == layer["energy"]["total_pj"]
    assert sum(row[5] for row in layers) == result["latency"]["cycles"]
    energy = {row[0]: row[1] for row in tables["energy"] if row}
    assert energy == result["energy"]["components"]

    compared = call("compare", "-p", "edge", "-w", "resnet18", "--dataflow", "os,ws",
                    "-o", tmp_path / "compared", "--json")  # fmt: skip
    call("report", tmp_path / "compared")
    of_default = next(
        part for part in json.loads(compared.stdout)["total"]
        if part["dataflow"] == result["dataflow"]
    )  # fmt: skip
    assert of_default["cycles"] == result["latency"]["cycles"]
    assert of_default["energy_pj"] == result["energy"]["total_pj"]
    in_report = {row[0]: row for row in tables_of(tmp_path / "compared")["totals"] if row}
    assert in_report[result["dataflow"]][1] == of_default["cycles"]

    script = (
        "import orrery, json; r = orrery.run('edge', 'resnet18');"
        "r.report('from_python.html');"
        "print(json.dumps([r.cycles, r.seconds, r.picojoules, r.energy.to_dict(),"
        "r.layers['cycles'].tolist()]))"
    )
    done = subprocess.run(
        [os.environ.get("ORRERY_PYTHON", ROOT / ".venv" / "bin" / "python"), "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(PACKAGE_PATHS)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == [
        result["latency"]["cycles"],
        result["latency"]["seconds"],
        result["energy"]["total_pj"],
        result["energy"]["components"],
        [layer["cycles"] for layer in result["layers"]],
    ]
    of_python = Tables((tmp_path / "from_python.html").read_text("utf-8")).rows
    assert of_python["layers"] == tables["layers"]
    assert of_python["totals"] == tables["totals"]


def test_activity_adds_up_to_the_result(folders):
    """What the charts over time show: busy and stalled time and products of each engine, bytes of
    each memory, and in no interval more than the memory could move."""
    for name in ("run", "layers", "tiers", "banks"):
        result = json.loads((folders[name] / "result.json").read_text())
        rows = list(csv.DictReader((folders[name] / "activity.csv").open()))
        assert 128 <= len(rows) <= 256
        assert int(rows[-1]["end_fs"]) == result["latency"]["femtoseconds"]
        for engine in result["engines"]:
            for state in ("busy", "stalled"):
                total = sum(int(row[f"{engine['name']}_{state}_fs"]) for row in rows)
                cycles = total * 1e-15 * engine["clock_hz"]
                # Edges of clocks whose period is no whole number of femtoseconds are rounded down.
                assert cycles == pytest.approx(engine[state], abs=1e-3)
            if engine["macs_possible"]:
                macs = sum(int(row[f"{engine['name']}_macs_useful"]) for row in rows)
                assert macs == engine["macs_useful"]
        for memory in result["memory"]:
            moved = [int(row[f"{memory['name']}_bytes"]) for row in rows]
            # Reads that queued writes answer need no data bus.
            total = memory["bytes_read"] + memory["bytes_written"]
            columns = sum(memory["commands"].get(name, 0) for name in ("RD", "RDA", "WR", "WRA"))
            on_the_bus = columns * total // memory["bursts"] if columns else total
            assert sum(moved) == on_the_bus
            seconds = (int(rows[0]["end_fs"]) - int(rows[0]["begin_fs"])) * 1e-15
            # The last one is shorter, and has writes that come after the end.
            assert max(moved[:-1]) <= 1.01 * memory["peak_bytes_per_second"] * seconds


def test_report_of_a_comparison_says_what_limits_each_run(folders):
    page = (folders["compare"] / "report.html").read_text("utf-8")
    found = re.findall(r"<li>(\w+): (?:Limited by|No part is used)", page)
    comparison = json.loads((folders["compare"] / "comparison.json").read_text())
    assert found == [part["dataflow"] for part in comparison["total"]] == ["os", "ws", "is"]


def test_report_of_a_sweep_has_all_points_and_the_front(folders):
    sweep = json.loads((folders["sweep"] / "sweep.json").read_text())
    tables = tables_of(folders["sweep"])
    points = [row for row in tables["points"] if row]
    assert [row[2] for row in points] == [point["metrics"]["cycles"] for point in sweep["points"]]
    assert len([row for row in tables["front"] if row]) == sum(
        point["pareto"] for point in sweep["points"]
    )


def test_report_of_a_study_names_points_that_failed(folders):
    page = (folders["study"] / "report.html").read_text("utf-8")
    assert "1 of 3 points have failed." in page
    failures = [row for row in tables_of(folders["study"])["failures"] if row]
    assert failures[0][:2] == ["workload large", "failed"]
    assert "tensor 'product.weight' of 16 GiB does not fit" in failures[0][2]


def test_partial_result_is_marked(tmp_path):
    call("run", "-p", "tpu_like", "-w", "llama2_7b_decode", "--limit-seconds", "0.3",
         "-o", tmp_path / "run")  # fmt: skip
    call("report", tmp_path / "run")
    page = (tmp_path / "run" / "report.html").read_text("utf-8")
    assert "PARTIAL: time limit of 0.3 s; the figures cover only what was simulated." in page


def test_headline_says_what_limits(folders):
    limits = {"run": "Limited by array: busy ", "analytical": "Limited by memory dram: it moves "}
    for name, expected in limits.items():
        page = (folders[name] / "report.html").read_text("utf-8")
        headline = re.search(r'id="headline">(.*?)</p>', page).group(1)
        assert headline.startswith(expected), headline


def copy_with(folder: pathlib.Path, to: pathlib.Path, change) -> pathlib.Path:
    """A run's folder whose result.json is changed as text."""
    to.mkdir()
    (to / "result.json").write_text(change((folder / "result.json").read_text()))
    return to


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text[: len(text) // 2], "result.json:"),
        (lambda text: text.replace("orrery-result-1", "orrery-result-2"),
         "result.json: schema: schema 'orrery-result-2' is not known to this version; "
         "expected 'orrery-result-1'"),
        (lambda text: json.dumps({"schema": "orrery-result-1"}),
         "result.json: engines: the key is missing; expected a whole result"),
        (lambda text: "[]", "result.json: no JSON object; expected what Orrery has written"),
    ],
)  # fmt: skip
def test_results_that_are_none_are_refused(folders, tmp_path, change, message):
    folder = copy_with(folders["run"], tmp_path / "copy", change)
    assert message in call("report", folder, code=2).stderr
    assert not (folder / "report.html").exists()


def test_folders_without_a_result_are_refused(folders, tmp_path):
    expected = "expected a folder that 'orrery run', 'compare', 'sweep' or 'study' has written"
    for path, message in (
        (tmp_path / "nowhere", "no such folder"),
        (tmp_path, "holds no result"),
        (folders["run"] / "result.json", "not a folder"),
    ):
        assert f"error: {path}: {message}; {expected}" in call("report", path, code=2).stderr
    (tmp_path / "store.sqlite").touch()
    stopped = call("report", tmp_path, code=2).stderr
    assert "holds a sweep or study that has not ended" in stopped


def test_report_that_cannot_be_written_leaves_nothing(folders, tmp_path):
    missing = tmp_path / "nowhere" / "report.html"
    error = call("report", folders["run"], "-o", missing, code=2).stderr
    assert error == f"error: {missing}: cannot be written: No such file or directory\n"
    (tmp_path / "taken").mkdir()
    error = call("report", folders["run"], "-o", tmp_path / "taken", code=2).stderr
    assert error == f"error: {tmp_path / 'taken'}: cannot be written: Is a directory\n"
    assert list(tmp_path.iterdir()) == [tmp_path / "taken"]


def test_figures_are_png_and_svg_and_the_same_again(folders, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        call("report", folders["study"], "--figures", "-o", tmp_path / name / "report.html")
    first = sorted((tmp_path / "a" / "figures").iterdir())
    expected = {f"{chart}.{form}" for chart in CHARTS["study"] for form in ("png", "svg")}
    assert {path.name for path in first} == expected
    for path in first:
        content = path.read_bytes()
        assert content[:4] == (b"\x89PNG" if path.suffix == ".png" else b"<svg")
        assert content == (tmp_path / "b" / "figures" / path.name).read_bytes()


def test_figures_need_a_browser(folders, tmp_path, monkeypatch):
    monkeypatch.setenv("BROWSER_PATH", str(tmp_path / "nowhere"))
    output = tmp_path / "report.html"
    error = call("report", folders["run"], "--figures", "-o", output, code=2).stderr
    assert "error: --figures: there is no Chromium; expected Debian's package chromium" in error
