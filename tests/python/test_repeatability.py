# SPDX-License-Identifier: Apache-2.0
"""The same input gives the same bytes, and results say what they are."""

import json

FILES = ["result.json", "layers.csv", "activity.csv", "resolved.yaml"]


def contents(outcome) -> dict:
    return {name: (outcome.folder / name).read_bytes() for name in FILES}


def test_two_runs_give_the_same_bytes(run):
    first = run("edge", "tiny_conv", "--timeline", folder="first")
    second = run("edge", "tiny_conv", "--timeline", folder="second")
    assert first.code == second.code == 0, first.stderr
    assert contents(first) == contents(second)
    timeline = "timeline.json.gz"
    assert (first.folder / timeline).read_bytes() == (second.folder / timeline).read_bytes()


def test_an_ideal_memory_is_named_in_the_result(run):
    outcome = run("edge", "tiny_gemm", "--set", "platform.memory.dram.model=ideal")
    assert outcome.code == 0, outcome.stderr
    assert any("ideal" in note for note in outcome.result["notes"])
    assert outcome.result["memory"][0]["model"] == "ideal"


def test_a_closer_model_is_never_faster(run):
    """Ideal memory bounds bandwidth-limited memory, which bounds DRAM (to within its start-up)."""
    cycles = {}
    for model in ["ideal", "bandwidth", "dram"]:
        outcome = run(
            "edge",
            "resnet18",
            "--set",
            f"platform.memory.dram.model={model}",
            "--set",
            "platform.memory.dram.latency=0 ns",
            folder=model,
        )
        assert outcome.code == 0, outcome.stderr
        cycles[model] = outcome.result["latency"]["cycles"]
    assert cycles["ideal"] <= cycles["bandwidth"] <= cycles["dram"]


def test_doubling_every_clock_keeps_the_cycles(run):
    """With memory out of the loop nothing but clocks decides."""
    cycles = set()
    for clock in ["500 MHz", "1 GHz"]:
        outcome = run(
            "edge",
            "tiny_conv",
            "--set",
            "platform.memory.dram.model=ideal",
            "--set",
            f"platform.clocks.core={clock}",
            folder=clock.replace(" ", ""),
        )
        assert outcome.code == 0, outcome.stderr
        cycles.add(outcome.result["latency"]["cycles"])
    assert len(cycles) == 1


def test_the_resolved_configuration_gives_the_same_result(run, orrery, tmp_path):
    first = run("edge", "tiny_gemm", "--set", "platform.engines.array.rows=16", folder="first")
    resolved = first.folder / "resolved.yaml"
    again = orrery("run", "--resolved", resolved, "-o", tmp_path / "again", folder="again")
    assert again.code == 0, again.stderr
    assert contents(first) == contents(again)


def test_a_time_limit_leaves_a_partial_result(run):
    outcome = run("tpu_like", "llama2_7b_decode", "--limit-seconds", "0.5")
    assert outcome.result["partial"]
    assert "0.5" in outcome.result["partial_reason"]


def test_json_on_request(orrery):
    outcome = orrery("describe", "resnet18", "--json")
    assert outcome.code == 0, outcome.stderr
    assert json.loads(outcome.stdout)
