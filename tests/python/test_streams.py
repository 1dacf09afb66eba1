# SPDX-License-Identifier: Apache-2.0
"""A command stream gives the result of the workload it was lowered from."""

import json
import re

import pytest
from conftest import ROOT

WORKLOADS = ["tiny_gemm", "tiny_conv", "tiny_attention"]


def result_without_hash(outcome) -> dict:
    """result.json without the hash of the configuration, which names the stream's file."""
    result = outcome.result
    assert result.pop("config_hash")
    return result


@pytest.fixture
def lower(orrery, tmp_path):
    """Writes the stream of a workload on edge; gives its path."""

    def call(workload, form):
        path = tmp_path / f"{workload}.{form}"
        outcome = orrery("lower", "-p", "edge", "-w", workload, "-o", path, "--format", form)
        assert outcome.code == 0, outcome.stderr
        return path

    return call


@pytest.fixture
def run_stream(orrery, tmp_path):
    """Calls `orrery run -p edge --stream STREAM -o FOLDER`."""

    def call(stream, folder="stream"):
        return orrery(
            "run", "-p", "edge", "--stream", stream, "-o", tmp_path / folder, folder=folder
        )

    return call


@pytest.mark.parametrize("form", ["text", "binary"])
@pytest.mark.parametrize("workload", WORKLOADS)
def test_a_stream_gives_the_result_of_its_workload(run, lower, run_stream, workload, form):
    direct = run("edge", workload, folder="direct")
    assert direct.code == 0, direct.stderr
    streamed = run_stream(lower(workload, form))
    assert streamed.code == 0, streamed.stderr
    assert result_without_hash(streamed) == result_without_hash(direct)
    layers = "layers.csv"
    assert (streamed.folder / layers).read_bytes() == (direct.folder / layers).read_bytes()


@pytest.mark.parametrize("workload", WORKLOADS)
def test_both_forms_are_valid(orrery, lower, workload):
    for form in ["text", "binary"]:
        path = lower(workload, form)
        outcome = orrery("validate", path)
        assert outcome.stdout == f"OK {path} (command stream)\n", outcome.stderr


def test_engines_may_be_named_in_any_order(lower, run_stream, tmp_path):
    """Indices are the file's own: turning its engine lines round changes nothing."""
    lines = lower("tiny_conv", "text").read_text().splitlines()
    engines = [line for line in lines if line.startswith("engine ")]
    first = lines.index(engines[0])
    lines[first : first + len(engines)] = reversed(engines)
    turned = tmp_path / "turned.txt"
    turned.write_text("\n".join(lines) + "\n")
    straight = run_stream(tmp_path / "tiny_conv.text", "straight")
    outcome = run_stream(turned, "turned")
    assert outcome.code == 0, outcome.stderr
    assert result_without_hash(outcome) == result_without_hash(straight)


def test_the_worked_example_runs(run_stream, tmp_path):
    page = (ROOT / "docs" / "command_stream.md").read_text()
    stream = tmp_path / "example.txt"
    stream.write_text(re.search(r"```text\n(.*?)```", page, re.DOTALL).group(1))
    outcome = run_stream(stream)
    assert outcome.code == 0, outcome.stderr
    result = outcome.result
    assert result["commands"] == 5
    assert result["layers"][0]["macs_useful"] == 32 * 32 * 32
    assert result["layers"][0]["tiling"] == "m 32 n 32 k 32"
    # a: 1024 bytes in whole bursts; b: 32 rows of 32 bytes in as many bursts of 64.
    assert result["memory"][0]["bytes_read"] == 1024 + 32 * 64
    assert result["memory"][0]["bytes_written"] == 1024


def test_waiting_for_nothing_is_faster_and_wrong(run_stream, tmp_path):
    """What the page says of `after=`: without it, the array does not wait for its operands."""
    page = (ROOT / "docs" / "command_stream.md").read_text()
    text = re.search(r"```text\n(.*?)```", page, re.DOTALL).group(1)
    cycles = []
    for number, content in enumerate([text, text.replace("after=load0:1,load1:2 ", "")]):
        stream = tmp_path / f"{number}.txt"
        stream.write_text(content)
        outcome = run_stream(stream, str(number))
        assert outcome.code == 0, outcome.stderr
        cycles.append(json.loads((outcome.folder / "result.json").read_text())["latency"]["cycles"])
    assert cycles[1] < cycles[0]


def test_a_damaged_stream_leaves_nothing(lower, run_stream):
    path = lower("tiny_attention", "binary")
    path.write_bytes(path.read_bytes()[:-100])
    outcome = run_stream(path)
    assert outcome.code == 2
    assert re.fullmatch(
        r"error: .*tiny_attention\.binary: command \d+ at byte \d+: the file ends early; .*\n",
        outcome.stderr,
    )
    assert not list(outcome.folder.glob("*"))
