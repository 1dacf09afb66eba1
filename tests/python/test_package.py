# SPDX-License-Identifier: Apache-2.0
"""The Python package: objects, runs in process, tables, errors, sweeps."""

import ast
import importlib
import json
import re
import signal
import subprocess
import sys
import threading
import time

import numpy
import orrery
import pytest
import yaml
from conftest import PACKAGE_PATHS, ROOT
from orrery import _core


def test_result_is_that_of_the_command_line(run):
    outcome = run("edge", "tiny_conv")
    assert outcome.code == 0, outcome.stderr
    result = orrery.run("edge", "tiny_conv")
    assert result.json == outcome.result
    assert result.resolved == (outcome.folder / "resolved.yaml").read_text()
    assert result.loops == (outcome.folder / "loops.txt").read_text()


def test_saved_files_are_those_of_the_command_line(run, tmp_path):
    outcome = run("edge", "tiny_conv")
    folder = orrery.run("edge", "tiny_conv").save(tmp_path / "saved")
    names = {file.name for file in folder.iterdir()}
    assert names == {file.name for file in outcome.folder.iterdir()}
    for name in names - {"host.json"}:
        assert (folder / name).read_bytes() == (outcome.folder / name).read_bytes()


def test_changed_platform_gives_what_set_gives(run):
    setting = "platform.engines.array.rows"
    outcome = run("edge", "tiny_gemm", "--set", f"{setting}=8")
    platform = orrery.Platform.load("edge")
    platform["engines.array.rows"] = 8
    assert orrery.run(platform, "tiny_gemm").json == outcome.result
    assert orrery.run("edge", "tiny_gemm", settings={setting: 8}).json == outcome.result
    changed = orrery.Platform.load("edge").with_({"engines.array.rows": numpy.int64(8)})
    assert orrery.run(changed, "tiny_gemm").json == outcome.result
    # What was loaded from a name did not change with its copy.
    assert orrery.run("edge", "tiny_gemm").cycles != 0
    assert orrery.Platform.load("edge")["engines.array.rows"] == 32


def test_every_shipped_file_is_itself_after_a_round_trip():
    for kind in (orrery.Platform, orrery.Mapping):
        for name in kind.shipped():
            loaded = kind.load(name)
            text = yaml.safe_dump(loaded.to_dict())
            assert kind(yaml.safe_load(text)) == loaded, name


def test_mapping_and_dataflow(run):
    outcome = run("edge", "tiny_gemm", "--dataflow", "ws")
    mapping = orrery.Mapping.default()
    mapping["dataflow"] = "ws"
    assert orrery.run("edge", "tiny_gemm", mapping).json == outcome.result
    with pytest.raises(orrery.UserError, match="expected a mapping"):
        orrery.run("edge", "tiny_gemm", orrery.Platform.load("edge"))


def test_tables_agree_with_result_json():
    result = orrery.run("edge", "resnet18", settings={"workload.batch": 1})
    assert result.layers["cycles"].sum() == result.cycles
    assert list(result.layers["layer"]) == [layer["name"] for layer in result.json["layers"]]
    for engine in result.json["engines"]:
        row = result.engines.loc[engine["name"]]
        assert row["busy"] + row["stalled"] + row["idle"] == row["total"] == engine["total"]
    for memory in result.json["memory"]:
        assert result.memory.loc[memory["name"], "row_hits"] == memory["row_hits"]
    assert result.energy.sum() == pytest.approx(result.picojoules, rel=1e-12)
    assert result.picojoules == result.json["energy"]["total_pj"]


def test_shows_itself():
    result = orrery.run("edge", "tiny_gemm")
    assert f"{result.cycles:,} cycles" in repr(result)
    page = result._repr_html_()
    assert page.count("<table") == 2
    assert all(name in page for name in result.layers["layer"])
    assert repr(orrery.Platform.load("edge")) == "<Platform edge>"


def test_compare_is_a_run_for_each_dataflow():
    table = orrery.compare("edge", "tiny_gemm", dataflows=["os", "ws"])
    for dataflow in ("os", "ws"):
        result = orrery.run("edge", "tiny_gemm", settings={"mapping.dataflow": dataflow})
        assert table.loc[dataflow, "cycles"] == result.cycles
        assert table.loc[dataflow, "picojoules"] == result.picojoules
        for layer in result.json["layers"]:
            assert table.loc[dataflow, layer["name"]] == layer["cycles"]


def test_lowered_stream_runs_as_its_workload():
    stream = orrery.lower("edge", "tiny_gemm")
    again = orrery.run_streams("edge", stream)
    assert again.cycles == orrery.run("edge", "tiny_gemm").cycles
    assert len(orrery.run_streams("edge", stream, limit_seconds=60).json["layers"]) == 1


def test_mistakes_have_the_text_of_the_command_line(orrery_call, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(f"extends: {ROOT}/configs/platforms/edge.yaml\nengine: {{}}\nscratchpadd: 3\n")
    outcome = orrery_call("validate", file)
    with pytest.raises(orrery.UserError) as raised:
        orrery.Platform.load(str(file))
    lines = [line.removeprefix("error: ") for line in outcome.stderr.splitlines()]
    assert [one["text"] for one in raised.value.diagnostics] == lines
    assert all(line in str(raised.value) for line in lines)
    assert raised.value.diagnostics[0]["line"] == 2
    assert raised.value.diagnostics[0]["suggestion"] == "engines"


def test_mistakes_in_objects_have_their_path():
    platform = orrery.Platform.load("edge")
    with pytest.raises(KeyError, match="did you mean 'rows'"):
        platform["engines.array.row"]
    with pytest.raises(KeyError, match="there is no 'engine'; did you mean 'engines'"):
        platform["engine.array.rows"] = 4
    platform["engines.array.row"] = 4
    platform["clocks.core"] = "fast"
    with pytest.raises(orrery.UserError) as raised:
        orrery.run(platform, "tiny_gemm")
    paths = [one["path"] for one in raised.value.diagnostics]
    assert paths == ["platform.clocks.core", "platform.engines.array"]
    with pytest.raises(TypeError, match="configuration.platform.name"):
        orrery.run(platform.with_({"name": object()}), "tiny_gemm")
    with pytest.raises(orrery.UserError, match="did you mean 'tpu_like'"):
        orrery.run("tpu_lik", "tiny_gemm")


def test_runs_of_several_threads_take_turns_and_give_the_same():
    expected = [orrery.run("edge", name).cycles for name in ("tiny_gemm", "tiny_conv")] * 3
    found = [0] * 6

    def work(index):
        found[index] = orrery.run("edge", ("tiny_gemm", "tiny_conv")[index % 2]).cycles

    threads = [threading.Thread(target=work, args=(index,)) for index in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == expected


def test_other_threads_go_on_during_a_run():
    ticks = []
    done = threading.Event()

    def tick():
        while not done.wait(0.005):
            ticks.append(time.monotonic())

    thread = threading.Thread(target=tick)
    thread.start()
    result = orrery.run("tpu_like", "llama2_7b_prefill", limit_seconds=1.0)
    done.set()
    thread.join()
    assert result.json["partial"]
    assert len(ticks) > 20


def test_control_c_ends_a_run():
    code = (
        "import orrery, signal\n"
        # Background jobs of a shell begin with Ctrl-C ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "print('begins', flush=True)\n"
        "try:\n"
        "    orrery.run('tpu_like', 'llama2_7b_prefill')\n"
        "except KeyboardInterrupt:\n"
        "    print('interrupted', flush=True)\n"
        "    print(orrery.run('edge', 'tiny_gemm').cycles > 0)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": ":".join(PACKAGE_PATHS), "PATH": "/usr/bin:/bin"},
    )
    assert process.stdout.readline() == "begins\n"
    time.sleep(4)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert output == "interrupted\nTrue\n"


def test_module_is_the_command_line():
    done = subprocess.run(
        [sys.executable, "-m", "orrery", "run", "-p", "edge", "-w", "tiny_gemm", "--json"],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(PACKAGE_PATHS), "PATH": "/usr/bin:/bin"},
    )
    assert json.loads(done.stdout) == orrery.run("edge", "tiny_gemm").json


SWEEP = """
base: {platform: edge, workload: tiny_gemm}
parameters: {platform.engines.array.rows: [8, 16]}
objectives: {cycles: minimize}
"""


def test_sweep_is_that_of_the_command_line(orrery_call, tmp_path):
    (tmp_path / "small.yaml").write_text(SWEEP)
    outcome = orrery_call("sweep", tmp_path / "small.yaml", "-o", tmp_path / "out")
    assert outcome.code == 0, outcome.stderr
    found = orrery.sweep(tmp_path / "small.yaml", tmp_path / "python", jobs=2)
    assert found.report == (tmp_path / "out" / "sweep.md").read_text()
    assert list(found.points["rows"]) == [8, 16]
    assert len(found.pareto) >= 1
    assert found.json["objectives"][0]["best"]["value"] == found.points["cycles"].min()
    (tmp_path / "small.yaml").write_text(SWEEP.replace("rows", "row"))
    with pytest.raises(orrery.UserError, match="did you mean 'rows'"):
        orrery.sweep(tmp_path / "small.yaml", tmp_path / "python")


def test_public_names_are_there_for_type_checkers_too():
    tree = ast.parse((ROOT / "python/orrery/__init__.py").read_text())
    (checked,) = (node for node in tree.body if isinstance(node, ast.If))
    declared = {
        alias.name: statement.module
        for statement in checked.body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }
    assert sorted(declared) == sorted(orrery.__all__)
    for name, module in declared.items():
        assert getattr(orrery, name) is getattr(importlib.import_module(module), name)


def test_stub_has_the_functions_of_the_extension_module():
    stub = ast.parse((ROOT / "python/orrery/_core.pyi").read_text())
    declared = {
        node.name: [argument.arg for argument in node.args.args]
        for node in stub.body
        if isinstance(node, ast.FunctionDef)
    }
    # pybind11 begins each docstring with the signature.
    found = {
        name: re.findall(r"(\w+):", value.__doc__.partition("->")[0])
        for name, value in vars(_core).items()
        if callable(value)
    }
    assert declared == found
