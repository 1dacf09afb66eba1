# SPDX-License-Identifier: Apache-2.0
"""`orrery diff`: against the results themselves."""

import json
import shutil

import pytest

SWEEP = """\
base: {{platform: edge, workload: tiny_gemm}}
parameters:
  platform.engines.array.rows: {rows}
  platform.memory.dram.channels: [1, 2]
"""


@pytest.fixture
def two_runs(run):
    """ResNet-18 on the array of `edge`, and on one of twice the rows."""
    before = run("edge", "resnet18", folder="before")
    after = run("edge", "resnet18", "--set", "platform.engines.array.rows=64", folder="after")
    return before, after


def test_equal_results_are_the_same(run, orrery):
    first = run("edge", "tiny_gemm", folder="first")
    second = run("edge", "tiny_gemm", folder="second")
    outcome = orrery("diff", first.folder, second.folder)
    assert (outcome.code, outcome.stdout) == (0, "The same, byte for byte.\n")
    assert json.loads(orrery("diff", first.folder, second.folder, "--json").stdout)["same"]
    # One letter of the configuration that no figure shows.
    file = second.folder / "resolved.yaml"
    file.write_text(file.read_text().replace("description: ", "description: 2", 1))
    assert "The same" not in orrery("diff", first.folder, second.folder).stdout


def test_differences_add_up_and_the_largest_come_first(two_runs, orrery):
    before, after = two_runs
    found = json.loads(orrery("diff", before.folder, after.folder, "--json").stdout)
    a, b = before.result, after.result
    cycles = found["total"]["cycles"]
    assert cycles["difference"] == b["latency"]["cycles"] - a["latency"]["cycles"]
    assert cycles["ratio"] == b["latency"]["cycles"] / a["latency"]["cycles"]
    for key, whole in (("layers", cycles), ("energy", found["total"]["picojoules"])):
        rows = found[key]
        assert sum(row["difference"] for row in rows) == pytest.approx(whole["difference"])
        assert sum(row["share"] for row in rows) == pytest.approx(1)
        sizes = [abs(row["difference"]) for row in rows]
        assert sizes == sorted(sizes, reverse=True)
    layers = {layer["name"]: layer["cycles"] for layer in a["layers"]}
    assert all(row["before"] == layers[row["name"]] for row in found["layers"])
    assert found["configuration"] == [
        {"path": "platform.engines.array.rows", "before": 32, "after": 64}
    ]
    assert [row["name"] for row in found["provenance"]] == ["config_hash"]


def test_text_names_the_reason_first(two_runs, orrery):
    before, after = two_runs
    lines = orrery("diff", before.folder, after.folder, "--most", "3").stdout.splitlines()
    change = after.result["latency"]["cycles"] / before.result["latency"]["cycles"] - 1
    assert lines[0].startswith(
        f"{after.folder} takes {-100 * change:.2f} % fewer cycles than {before.folder}"
    )
    layers = lines[lines.index("Layers, cycles") + 2 :]
    assert [line.strip() == "" for line in layers[:4]] == [False] * 4
    assert layers[3].startswith("  and ")
    assert any(line.split() == ["platform.engines.array.rows", "32", "64"] for line in lines)


def test_layers_of_only_one_result_are_named(run, orrery):
    one = run("tpu_like", "gpt2_decode", "--set", "workload.layers=1", folder="one")
    two = run("tpu_like", "gpt2_decode", "--set", "workload.layers=2", folder="two")
    found = json.loads(orrery("diff", one.folder, two.folder, "--json").stdout)
    only = {row["name"] for row in found["layers"] if row.get("only") == "after"}
    names = [{layer["name"] for layer in part.result["layers"]} for part in (one, two)]
    assert only == names[1] - names[0]
    assert len(only) > 5
    assert not any(row.get("only") == "before" for row in found["layers"])


def test_points_of_sweeps_are_matched_by_labels(run_points, orrery):
    before = run_points("sweep", SWEEP.format(rows="[8, 16]"), folder="before")
    after = run_points("sweep", SWEEP.format(rows="[16, 32]"), folder="after")
    found = json.loads(orrery("diff", before.folder, after.folder, "--json").stdout)
    assert found["points"] == {"before": 4, "after": 4, "matched": 2}
    assert found["only_before"] == ["rows 8, channels 1", "rows 8, channels 2"]
    assert found["only_after"] == ["rows 32, channels 1", "rows 32, channels 2"]
    assert all(figure["points"] == [] for figure in found["figures"])
    # The same points with another figure.
    changed = json.loads((after.folder / "sweep.json").read_text())
    changed["points"][0]["metrics"]["cycles"] *= 3
    (after.folder / "sweep.json").write_text(json.dumps(changed))
    found = json.loads(orrery("diff", before.folder, after.folder, "--json").stdout)
    cycles = next(figure for figure in found["figures"] if figure["name"] == "cycles")
    assert [(row["name"], row["ratio"]) for row in cycles["points"]] == [("rows 16, channels 1", 3)]
    text = orrery("diff", before.folder, after.folder).stdout
    assert "cycles, at 1 of 2 points" in text
    assert "+200.00 %" in text


def test_comparisons_are_matched_by_dataflow(orrery, tmp_path):
    arguments = ["compare", "-p", "edge", "-w", "tiny_conv"]
    for name, dataflows in (("before", "os,ws"), ("after", "ws,is")):
        orrery(*arguments, "--dataflow", dataflows, "-o", tmp_path / name)
    found = json.loads(orrery("diff", tmp_path / "before", tmp_path / "after", "--json").stdout)
    assert {row["name"]: row["only"] for row in found["cases"]} == {"os": "before", "is": "after"}


def test_what_cannot_be_compared_is_refused(run, run_points, orrery, tmp_path):
    a_run = run("edge", "tiny_gemm", folder="run").folder
    sweep = run_points("sweep", SWEEP.format(rows="[8, 16]"), folder="sweep").folder
    outcome = orrery("diff", a_run, sweep)
    assert outcome.code == 2
    assert outcome.stderr == (
        f"error: {sweep}: is that of a sweep, {a_run} that of a run; "
        "expected two results of one kind\n"
    )
    other = SWEEP.format(rows="[8, 16]").replace("array.rows", "array.columns")
    columns = run_points("sweep", other, folder="columns").folder
    outcome = orrery("diff", sweep, columns)
    assert outcome.code == 2
    assert "sweep.json: axes: points of columns, channels are not those of rows" in outcome.stderr
    outcome = orrery("diff", a_run, tmp_path / "nowhere")
    assert outcome.code == 2
    assert f"error: {tmp_path / 'nowhere'}: no such folder; expected a folder" in outcome.stderr
    newer = tmp_path / "newer"
    shutil.copytree(a_run, newer)
    text = (newer / "result.json").read_text()
    (newer / "result.json").write_text(text.replace("orrery-result-1", "orrery-result-9"))
    outcome = orrery("diff", a_run, newer)
    assert outcome.code == 2
    assert "schema: schema 'orrery-result-9' is not known to this version" in outcome.stderr


def test_python_gives_the_same_difference(two_runs, orrery):
    import orrery as package

    before, after = two_runs
    printed = json.loads(orrery("diff", before.folder, after.folder, "--json").stdout)
    found = package.diff(before.folder, after.folder)
    assert found.json == printed
    assert not found.same
    with pytest.raises(package.UserError, match="no such folder"):
        package.diff(before.folder, before.folder / "nowhere")
